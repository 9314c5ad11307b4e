"""Files, programmes, interests and kliks through GraphQL, over the real services."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from services.events.main import SERVICE as EVENTS
from services.intake.main import SERVICE as INTAKE
from services.network.main import SERVICE as NETWORK
from shared.ids import uuid7
from tests.gateway.running import Running, kring

pytestmark = pytest.mark.asyncio(loop_scope="module")
REGISTER = "mutation ($input: RegisterParticipantInput!) { registerParticipant(input: $input) { id } }"
CHANGE = """
mutation ($id: UUID!, $consent: GiveConsentInput!, $interests: InterestsInput!) {
  giveConsent(participant: $id, input: $consent) { recipient withdrawnAt }
  setInterests(participant: $id, input: $interests) { likes distanceKm }
}"""
FILE = """
query ($id: UUID!) {
  participant(id: $id) {
    nameToUse endedAt
    consents { nodes { id recipient withdrawnAt } pageInfo { hasNextPage } }
    interviews { nodes { by } }
    interests { likes company }
    kliks { nodes { other contact } }
  }
}"""
CLEAR = "mutation ($id: UUID!) { clearInterests(participant: $id) }"
"""Refused as long as the network has not heard of them."""
YES = "mutation ($input: SayYesInput!) { sayYes(input: $input) { other contact } }"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with kring(tmp_path_factory.mktemp("kring"), [INTAKE, EVENTS, NETWORK]) as running:
        yield running


async def _registered(running: Running, name: str) -> str:
    token, person = running.token("humanitas"), str(uuid7())
    contact = {"way": "EMAIL", "value": f"{name.lower()}@example.org"}
    await running.done(REGISTER, token, input={"id": person, "nameToUse": name, "contact": contact})
    await running.seen('"clearInterests":true', CLEAR, token, id=person)
    return person


def _consent() -> dict[str, Any]:
    today = datetime.now(UTC)
    evidence = {"form": "ORAL", "textVersion": "1", "askedOn": today.date().isoformat(), "askedBy": "Ann"}
    until = (today + timedelta(days=30)).isoformat()
    return {"id": str(uuid7()), "recipient": "welzin", "until": until, "evidence": evidence}


async def test_a_file_is_read_whole_in_one_question(running: Running) -> None:
    token, person = running.token("humanitas"), await _registered(running, "Rosa")
    await running.done(CHANGE, token, id=person, consent=_consent(), interests={"likes": "Chess"})
    found = (await running.done(FILE, token, id=person))["participant"]
    assert found["nameToUse"] == "Rosa"
    assert found["interests"] == {"likes": "Chess", "company": ""}
    assert (found["interviews"]["nodes"], found["kliks"]["nodes"]) == ([], [])
    [consent] = found["consents"]["nodes"]
    withdraw = "mutation ($id: UUID!) { withdrawConsent(id: $id) { withdrawnAt } }"
    assert (await running.done(withdraw, token, id=consent["id"]))["withdrawConsent"]["withdrawnAt"]
    assert await running.done(CLEAR, token, id=person) == {"clearInterests": True}
    assert (await running.done(FILE, token, id=person))["participant"]["interests"] is None


async def test_who_is_unknown_to_the_network_has_a_file_without_interests_and_kliks(running: Running) -> None:
    """Just registered, or ended: here the latter, because that lasts."""
    token, person = running.token("humanitas"), await _registered(running, "Sien")
    end = 'mutation ($id: UUID!) { endParticipant(id: $id, input: { reason: "" }) { id } }'
    await running.done(end, token, id=person)
    await running.seen("participant-unknown", CLEAR, token, id=person)
    found = (await running.done(FILE, token, id=person))["participant"]
    assert (found["nameToUse"], found["interests"], found["kliks"]["nodes"]) == ("Sien", None, [])


async def test_another_organisation_finds_nobodys_file(running: Running) -> None:
    person = await _registered(running, "Piet")
    [error] = (await running.ask(FILE, running.token("welzin"), id=person))["errors"]
    assert error["extensions"]["status"] == 404


async def test_a_registered_person_is_found_before_a_second_registration(running: Running) -> None:
    person = await _registered(running, "Wilhelmina")
    search = "query ($input: SearchParticipantsInput!) { searchParticipants(input: $input) { id } }"
    found = await running.done(search, running.token("humanitas"), input={"name": "Wilhelm"})
    assert {"id": person} in found["searchParticipants"]
    listed = await running.done(
        "{ participants(first: 1) { nodes { id } pageInfo { endCursor } } }", running.token("humanitas")
    )
    assert listed["participants"]["nodes"] == [{"id": person}]


async def test_a_klik_comes_back_only_when_both_said_yes(running: Running) -> None:
    token = running.token("humanitas")
    one, other = await _registered(running, "Els"), await _registered(running, "Bas")
    first = {"id": str(uuid7()), "participant": one, "other": other, "contact": "Tuesdays in the library"}
    second = {"id": str(uuid7()), "participant": other, "other": one, "contact": "06 11 11 11 11"}
    assert (await running.done(YES, token, input=first))["sayYes"] is None
    both = await running.done(YES, token, input=second)
    assert both["sayYes"] == {"other": one, "contact": "Tuesdays in the library"}
    ended = (
        "mutation ($input: EndKlikInput!, $block: BlockKlikInput!) { endKlik(input: $input) blockKlik(input: $block) }"
    )
    pair = {"participant": one, "other": other}
    assert await running.done(ended, token, input=pair, block=pair) == {"endKlik": True, "blockKlik": True}


async def test_a_programme_stops_and_opens_again(running: Running) -> None:
    token, programme = running.token("welzin"), str(uuid7())
    offer = "mutation ($input: OfferProgrammeInput!) { offerProgramme(input: $input) { status } }"
    await running.done(offer, token, input={"id": programme, "name": "Home visits", "kind": "HOME_SUPPORT"})
    steps = """
    mutation ($id: UUID!, $why: StopProgrammeInput!) {
      stopProgramme(id: $id, input: $why) { status reason }
      keepWaitingList(id: $id, input: $why) { status }
      reopenProgramme(id: $id) { status }
    }"""
    done = await running.done(steps, token, id=programme, why={"reason": "No volunteers"})
    assert [step["status"] for step in done.values()] == ["STOP", "WAITING_LIST", "OPEN"]
    read = 'query ($id: UUID!) { programme(organisation: "welzin", id: $id) { name own } programmes(first: 100) { nodes { id } } }'
    found = await running.done(read, token, id=programme)
    assert found["programme"] == {"name": "Home visits", "own": True}
    assert {"id": programme} in found["programmes"]["nodes"]


async def test_an_operation_sent_again_under_its_key_is_done_once(running: Running) -> None:
    token, key = running.token("humanitas"), str(uuid7())
    given = {"id": str(uuid7()), "nameToUse": "Ida", "contact": {"way": "PHONE", "value": "1"}}
    for _ in range(2):
        answer = await running.ask(REGISTER, token, key=key, input=given)
        assert answer["data"]["registerParticipant"]["id"] == given["id"]
    [error] = (await running.ask(REGISTER, token, key="no UUID", input=given))["errors"]
    assert error["extensions"]["errors"][0]["code"] == "idempotency-key-invalid"


async def test_half_a_character_is_told_as_the_callers_fault(running: Running) -> None:
    given = {"id": str(uuid7()), "nameToUse": "I\ud800da", "contact": {"way": "PHONE", "value": "1"}}
    headers = {"authorization": f"Bearer {running.token('humanitas')}", "content-type": "application/json"}
    asked = json.dumps({"query": REGISTER, "variables": {"input": given}})
    [error] = (await running.http.post("/graphql", content=asked, headers=headers)).json()["errors"]
    assert (error["extensions"]["code"], error["extensions"]["status"]) == ("text-unprintable", 400)


async def test_who_am_i(running: Running) -> None:
    me = (await running.done("{ me { organisation user team roles } }", running.token("carrefour")))["me"]
    assert me == {"organisation": "carrefour", "user": "ann", "team": None, "roles": ["COORDINATOR"]}
