"""A participant's file at network: their own words, and kliks as they may see them."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import pytest

from services.network.domain import participant
from services.network.domain.klik import Blocked, ContactChanged, Ended, Formed
from services.network.main import SERVICE
from services.network.views.file import TOLD, kliks
from shared.contracts.file import FiledKlik
from shared.eventlog.types import Step
from shared.identity import Role
from tests.services.network.examples import ANN, BOB, CAS, KLIK, NOON, PAIR, formed, said
from tests.support.projected import recorded
from tests.support.served import Served, served

NOT_TOLD = {participant.KlikJoined, participant.KlikLeft, participant.Ended}
"""A yes of somebody else makes somebody join too; whoever has ended has no file here."""
BOTH = formed(one_contact="06-1", two_contact="06-2")


def filed(person: UUID, *events: Any) -> list[FiledKlik]:
    return list(kliks([recorded(event, PAIR) for event in events], person))


def test_each_sees_the_contact_that_the_other_chose_and_their_own() -> None:
    [ann], [bob] = filed(ANN, said(ANN, BOB), BOTH), filed(BOB, said(ANN, BOB), BOTH)
    assert (ann.contact, ann.own_contact) == ("06-2", "06-1")
    assert (bob.contact, bob.own_contact) == ("06-1", "06-2")
    changed = ContactChanged(BOB, "06-3", NOON)
    [ann], [bob] = filed(ANN, BOTH, changed), filed(BOB, BOTH, changed)
    assert (ann.contact, bob.own_contact) == ("06-3", "06-3")


def test_a_yes_without_answer_is_in_nobodys_file() -> None:
    assert filed(ANN, said(ANN, BOB)) == filed(BOB, said(ANN, BOB)) == []
    assert filed(ANN, said(ANN, BOB), Ended(None, ANN, NOON), ContactChanged(ANN, "06", NOON)) == []


def test_an_end_and_a_block_look_alike_and_the_others_contact_goes() -> None:
    ended, blocked = filed(ANN, BOTH, Ended(KLIK, BOB, NOON)), filed(ANN, BOTH, Blocked(KLIK, BOB, NOON))
    assert ended == blocked == [FiledKlik(since=NOON, until=NOON, contact=None, own_contact="06-1")]


def test_who_says_yes_again_has_two_kliks_in_a_row() -> None:
    assert [one.until for one in filed(ANN, BOTH, Ended(KLIK, ANN, NOON), said(ANN, BOB), BOTH)] == [NOON, None]


def test_who_is_gone_left_no_contact() -> None:
    gone = Formed(klik=KLIK, one=ANN, one_contact="06-1", two=BOB, two_contact=None, at=NOON)
    assert [one.contact for one in filed(ANN, gone)] == [None]


def test_of_every_event_it_is_said_whether_a_file_tells_it() -> None:
    assert {*TOLD} | NOT_TOLD == set(get_args(participant.Event))


@pytest.fixture
async def node(tmp_path: Path) -> AsyncGenerator[Served]:
    async with served(SERVICE, tmp_path) as running:
        await running.take([Step(participant, person, participant.Know(NOON)) for person in (ANN, BOB, CAS)])
        yield running


async def said_yes(node: Served, who: UUID, other: UUID, contact: str) -> None:
    body = {"id": str(KLIK), "participant": str(who), "other": str(other), "contact": contact}
    assert (await node.ask("POST", "/v1/kliks/yes", body)).status_code == 200
    for person in (who, other):  # as the policy does, in a moment
        await node.take([Step(participant, person, participant.Join(PAIR, NOON))])


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.PRIVACY_OFFICER])
async def test_a_file_names_no_other_participant(node: Served, role: Role) -> None:
    await node.ask("PUT", f"/v1/participants/{ANN}/interests", {"likes": "schaken"})
    await said_yes(node, ANN, BOB, "06-1")
    await said_yes(node, BOB, ANN, "elke dinsdag")
    answer = await node.ask("GET", f"/v1/participants/{ANN}/file", role=role)
    assert (answer.status_code, answer.json()["interests"]["likes"]) == (200, "schaken")
    [klik] = answer.json()["kliks"]
    assert (klik["contact"], klik["ownContact"]) == ("elke dinsdag", "06-1")
    assert str(BOB) not in answer.text
    assert str(PAIR) not in answer.text, "from the pair's number it can be tried who the other is"


async def told(node: Served, person: UUID) -> dict[str, Any]:
    """All but who read it."""
    file: dict[str, Any] = (await node.ask("GET", f"/v1/participants/{person}/file")).json()
    return {name: part for name, part in file.items() if name != "reads"}


async def test_nobody_learns_of_a_yes_or_a_block_from_their_file(node: Served) -> None:
    await said_yes(node, CAS, BOB, "06-3")
    before = await told(node, BOB)
    await node.ask("POST", "/v1/kliks/block", {"participant": str(ANN), "other": str(BOB)})
    await said_yes(node, BOB, ANN, "06-2")
    after = await told(node, BOB)
    assert before == after
    assert [one["what"] for one in after["history"]] == ["participant-known"]
