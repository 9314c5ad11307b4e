"""Every role at every field, for a record of the own team, of another, and with another organisation's token: asked of a real gateway."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from services.events.main import SERVICE as EVENTS
from services.intake.letters import kept_as
from services.intake.main import SERVICE as INTAKE
from services.network.main import SERVICE as NETWORK
from shared.identity import Role
from shared.ids import uuid7
from tests.access.callers import holder, token_of
from tests.access.declared import PAIRS, Door, fields
from tests.access.owned import INTERVIEW, OWN, PLACE, PROGRAMME, SERIES, Owned, consent, person, refer
from tests.access.questions import Question, asking, evening, followed, questions
from tests.gateway.running import Running, kring

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]
OTHER = "zuid"
ACTING = (Role.COORDINATOR, Role.HOST, Role.ADMINISTRATOR, Role.PRIVACY_OFFICER, Role.PARTICIPANT)
"""Each has records of its own, because it changes them."""
OBJECTS = {"Participant", "Referral", "ReferralItem"}
"""Types whose fields are asked of what another field gave."""
DENIED = {"token-missing", "role-missing", "token-other-organisation"}
NEW = {("Mutation", name) for name in ("offerProgramme", "registerParticipant", "registerPlace", "planSeries")}
"""What is made of nothing: by another organisation's token there, and asked last, so that nothing else finds it."""
OF_THEIR_OWN = {
    *(("Query", name) for name in ("counts", "retention", "erasures", "accessLog", "participantAccessLog")),
    ("Mutation", "setRetention"),
    *NEW,
}
"""What somebody of another organisation gets or changes, of that organisation."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with kring(tmp_path_factory.mktemp("kring"), [INTAKE, EVENTS, NETWORK]) as running:
        yield running


async def test_every_field_has_a_question() -> None:
    one = Owned(**dict.fromkeys(Owned.__struct_fields__, str(uuid7())))
    assert {(door.place, door.name) for door in fields()} == {*questions(one), *followed(one)}


async def test_every_role_gets_at_every_field_what_the_table_says(running: Running) -> None:
    doors = {(one.place, one.name): one for one in fields()}
    owned = {(role, team): await _made(running, team) for role in (*ACTING, None) for team in (OWN, OTHER)}
    for one in owned.values():
        await _known(running, one)
    wrong: list[str] = []  # own records are asked for last: what the others would have reached is still there
    for role in (None, *Role):
        for pair in reversed(PAIRS if role else PAIRS[:1]):
            one = owned[role if role in ACTING else None, OTHER if pair == "other team" else OWN]
            found = await _asked(running, role, pair, one)
            wrong += [
                f"{role} at {door.place}.{door.name}, {pair}: {got}" for door, got in _unlike(doors, role, pair, found)
            ]
    assert wrong == [], "\n".join(wrong)


def _unlike(
    doors: Mapping[tuple[str, str], Door], role: Role | None, pair: str, found: Mapping[tuple[str, str], str]
) -> list[tuple[Door, str]]:
    """Another organisation's directory shows what it heard of this one's programmes: that is for everybody there, as its numbers are."""
    number, told = PAIRS.index(pair), {("Query", "directory"), ("Query", "programme"), ("Query", "me"), *OF_THEIR_OWN}
    unlike: list[tuple[Door, str]] = []
    for name, got in found.items():
        expected = doors[name].expected(role)[number]
        fine = {"elsewhere": {"filtered", *(["allowed"] if name in told else [])}}.get(expected, {expected})
        if name[0] in OBJECTS and number:
            fine.add("filtered")  # the object itself is not shown, so nothing more can be asked of it
        if got not in fine:
            unlike.append((doors[name], f"{got}, not {expected}"))
    return unlike


async def _asked(running: Running, role: Role | None, pair: str, one: Owned) -> dict[tuple[str, str], str]:
    elsewhere = pair == "other organisation"
    found: dict[tuple[str, str], str] = {}
    for name, question in sorted(questions(one).items(), key=lambda it: elsewhere and it[0] in NEW):
        token = token_of(running, role, "welzin" if elsewhere else "humanitas", by=holder(role, pair, one))
        found[name] = _got(await _answered(running, question, token), question.shows)
    for name, question in followed(one).items():
        token = token_of(running, role, "welzin" if elsewhere else "humanitas", by=holder(role, pair, one))
        found[name] = await _first(running, token, question)
    return found


async def _answered(running: Running, question: Question, token: str | None) -> dict[str, Any]:
    """Asked again while a node is slow: what was done is not done twice."""
    while True:
        answer = await running.ask(question.text, token, **question.variables)
        if all(error["extensions"]["status"] != 503 for error in answer.get("errors", ())):
            return answer


def _got(answer: Mapping[str, Any], shows: str) -> str:
    """A rule that refuses is told only to who may ask."""
    errors = [error["extensions"] for error in answer.get("errors", ())]
    codes = {error["code"] for error in errors}
    if codes & DENIED:
        return "denied"
    if any(code.endswith("-unknown") for code in codes):
        return "filtered"
    if errors:
        told = {error["status"] for error in errors} == {409} or codes == {"link-closed"}
        return "allowed" if told else f"{errors}"
    return "allowed" if shows in json.dumps(answer["data"]) else "filtered"


async def _first(running: Running, token: str | None, question: Question) -> str:
    """What a subscription gives first."""
    address = f"ws://127.0.0.1:{running.settings.port}/graphql"
    subscribe = {"query": question.text, "variables": question.variables}
    async with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        try:
            said = {"authorization": f"Bearer {token}"} if token else {}
            await socket.send(json.dumps({"type": "connection_init", "payload": said}))
            await socket.recv()
            await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": subscribe}))
            told = json.loads(await socket.recv())
        except ConnectionClosed:
            return "denied"
    return _got({"errors": told["payload"]} if told["type"] == "error" else told["payload"], question.shows)


async def _done(running: Running, organisation: str, team: str, name: str, **given: Any) -> None:
    token = token_of(running, Role.COORDINATOR, organisation, team)
    await running.done(asking("Mutation", name, "id", given).text, token, **given)


async def _made(running: Running, team: str) -> Owned:
    """New records of a team of Humanitas'; WELZIN refers somebody to it."""
    partner = Owned(**{name: str(uuid7()) for name in Owned.__struct_fields__})
    received = str(kept_as("welzin", UUID(partner.sent)))
    ids = {name: str(uuid7()) for name in Owned.__struct_fields__}
    one = Owned(**ids | {"received": received, "wanted": partner.programme})
    await _done(running, "welzin", "", "offerProgramme", input=PROGRAMME | {"id": one.wanted})
    for name, given in {
        "registerParticipant": person(one.person),
        "offerProgramme": PROGRAMME | {"id": one.programme},
        "registerPlace": PLACE | {"id": one.place},
        "planSeries": SERIES | {"id": one.series, "place": one.place},
    }.items():
        await _done(running, "humanitas", team, name, input=given)
    for somebody in (one.friend, one.closed):
        await _done(running, "humanitas", team, "registerParticipant", input=person(somebody))
    await _closed(running, team, one.closed)
    await _done(running, "humanitas", team, "giveConsent", participant=one.person, input=consent(one))
    await _done(
        running, "humanitas", team, "recordInterview", participant=one.person, input=INTERVIEW | {"id": one.interview}
    )
    await _done(running, "humanitas", team, "makeEveningLink", **evening(one), input={"id": one.evening_link})
    await _done(running, "humanitas", team, "makeParticipantLink", participant=one.person, input={"id": one.link})
    await _opened(running, one)
    await _referred(running, team, one, partner)
    return one


async def _opened(running: Running, one: Owned) -> None:
    """Somebody of a third team opens the file."""
    given = {"participant": one.person, "input": {"id": one.glass, "reason": "Brand"}}
    await _done(running, "humanitas", "west", "breakGlass", **given)


async def _closed(running: Running, team: str, person: str) -> None:
    """Somebody's file is closed, and goes within a year."""
    await _done(running, "humanitas", team, "endParticipant", id=person, input={"reason": ""})
    token, given = token_of(running, Role.ADMINISTRATOR, "humanitas", team), {"input": {"months": 1}}
    await running.done(asking("Mutation", "setRetention", "months", given).text, token, **given)


async def _referred(running: Running, team: str, one: Owned, partner: Owned) -> None:
    """Both ways, as soon as each knows the other's programme."""
    await _done(running, "welzin", "", "registerParticipant", input=person(partner.person))
    await _done(running, "welzin", "", "giveConsent", participant=partner.person, input=consent(partner, "humanitas"))
    for slug, offering, id_ in (("humanitas", "welzin", one.wanted), ("welzin", "humanitas", one.programme)):
        known = asking("Query", "programme", "name", {"organisation": offering, "id": id_})
        token = token_of(running, Role.COORDINATOR, slug)
        assert token
        await running.seen("Samen eten", known.text, token, **known.variables)
    for referral, send in ((one.draft, False), (one.sent, True)):
        await _done(running, "humanitas", team, "refer", input=refer(one, referral, send=send))
    asked = refer(partner, partner.sent) | {"to": "humanitas", "programme": one.programme}
    await _done(running, "welzin", "", "refer", input=asked)
    await _accepted(running, team, one, partner)


async def _accepted(running: Running, team: str, one: Owned, partner: Owned) -> None:
    """What came from the partner; then it asks to forget it, as consent was taken back."""
    asked, token = (
        asking("Query", "referral", "id status", {"id": one.received}),
        token_of(running, Role.COORDINATOR, "humanitas", team),
    )
    assert token
    await running.seen('"status":"RECEIVED"', asked.text, token, **asked.variables)
    await _done(running, "humanitas", team, "acceptReferral", id=one.received, input={"owner": "Ann"})
    await _done(running, "welzin", "", "withdrawConsent", id=partner.consent)


async def _known(running: Running, one: Owned) -> None:
    """Network has heard of its people, and the partner's wish has come."""
    token = token_of(running, Role.COORDINATOR, "humanitas", "")
    assert token
    for id_ in (one.person, one.friend):
        asked = asking("Mutation", "clearInterests", "", {"participant": id_})
        await running.seen('"clearInterests":true', asked.text, token, **asked.variables)
    asked = questions(one)["Query", "erasures"]
    await running.seen(one.received, asked.text, token, **asked.variables)
