"""Forgetting somebody through GraphQL: here, and at the partner that was told, which answers."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from gateway.documents.registered import registered
from gateway.question import may_ask
from services.events.main import SERVICE as EVENTS
from services.intake.main import SERVICE as INTAKE
from services.network.main import SERVICE as NETWORK
from shared.contracts.file import ParticipantFile
from shared.identity import Role
from shared.ids import uuid7
from tests.gateway.running import Running, kring
from tests.gateway.test_participant_file import read, whole
from tests.gateway.test_story import Player

pytestmark = pytest.mark.timeout(120)
FOLDER = Path("gateway/documents")
ERASE, LISTED, FORGET, REFUSE = (
    (FOLDER / f"{name}.graphql").read_text("utf-8")
    for name in ("erase-participant", "erasures", "forget-referral", "refuse-erasure")
)
KEPT = {"ground": "PUBLIC_TASK"}


@pytest_asyncio.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with kring(tmp_path, [INTAKE, EVENTS, NETWORK]) as running:
        yield running


async def accepted(running: Running) -> Player:
    """WELZIN took a referral of Humanitas'."""
    player = Player(running)
    for step in player.steps:
        await player.play(step)
        if step["title"] == "WELZIN accepts":
            return player
    raise AssertionError


async def listed(running: Running, organisation: str, way: str, text: str) -> dict[str, Any]:
    """The newest of the list, once it holds a text."""
    found = await running.seen(text, LISTED, running.token(organisation, Role.PRIVACY_OFFICER), direction=way)
    item: dict[str, Any] = found["data"]["erasures"]["nodes"][0]
    return item


async def test_a_partner_is_asked_to_forget_and_what_it_answers_is_listed(running: Running) -> None:
    player = await accepted(running)
    person, referral = player.kept["participant"], player.kept["referral"]
    done = await running.done(ERASE, running.token("humanitas"), id=person)
    assert (done["eraseParticipant"]["participant"], done["eraseParticipant"]["partners"]) == (person, ["welzin"])
    asked = await listed(running, "humanitas", "OUT", referral)
    assert (asked["partner"], asked["answeredAt"], asked["ground"]) == ("welzin", None, None)
    here = (await listed(running, "welzin", "IN", "humanitas"))["referral"]
    officer = running.token("welzin", Role.PRIVACY_OFFICER)
    await running.done(REFUSE, officer, id=here, input=KEPT)
    assert (await listed(running, "humanitas", "OUT", "PUBLIC_TASK"))["referral"] == referral
    assert (await running.done(FORGET, officer, id=here))["forgetReferral"]["letter"] is None
    answered = await listed(running, "humanitas", "OUT", '"ground":null')
    assert (answered["referral"], answered["answeredAt"] is None) == (referral, False)


async def test_who_was_told_is_named_in_the_file_until_it_is_erased(running: Running) -> None:
    player = await accepted(running)
    person = player.kept["participant"]
    file: ParticipantFile = read(await whole(running, person, '"what":"accepted"'))
    [recipient], [referral] = file.account.recipients, file.intake.referrals
    assert (recipient.name, recipient.told is not None, referral.letter is None) == ("WELZIN", True, False)
    await running.done(ERASE, running.token("humanitas"), id=person)
    gone = await running.http.get(
        f"/participants/{person}/file", headers={"authorization": f"Bearer {running.token('humanitas')}"}
    )
    assert (gone.status_code, gone.json()["code"]) == (404, "participant-unknown")


async def test_a_privacy_officer_may_ask_these_in_production() -> None:
    officer = frozenset({Role.PRIVACY_OFFICER})
    assert all(may_ask(text, registered(), officer) for text in (ERASE, LISTED, FORGET, REFUSE))
    assert not may_ask("{ erasures { nodes { id } } }", registered(), officer)


@pytest.mark.parametrize("role", [Role.HOST, Role.ADMINISTRATOR])
async def test_whoever_keeps_no_files_forgets_nobody(running: Running, role: Role) -> None:
    token, id_ = running.token("humanitas", role), str(uuid7())
    for question, given in (
        (ERASE, {"id": id_}),
        (FORGET, {"id": id_}),
        (REFUSE, {"id": id_, "input": KEPT}),
        (LISTED, {}),
    ):
        [error] = (await running.ask(question, token, **given))["errors"]
        assert error["extensions"]["code"] == "role-missing"
