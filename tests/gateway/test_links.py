"""People without an account come by their link through a real gateway, with what is registered for the pages they come to."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from gateway.documents.registered import identified
from services.events.main import SERVICE as EVENTS
from services.intake.main import SERVICE as INTAKE
from services.network.main import SERVICE as NETWORK
from shared.identity import Evening, Holder, Role
from shared.ids import uuid7
from shared.linkkeys import LinkKey
from shared.settings import Environment
from tests.gateway.running import Running, kring
from tests.support.smtp import Mailbox, mailbox
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")
DOCUMENTS = Path("gateway/documents")
CONTACT = {"way": "EMAIL", "value": "bakker@example.org"}
EVIDENCE = {"form": "ORAL", "textVersion": "1", "askedOn": "2026-01-05", "askedBy": "Ann"}
TODAY = datetime.now(ZoneInfo("Europe/Amsterdam")).date()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def box() -> AsyncIterator[Mailbox]:
    with mailbox() as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory, box: Mailbox) -> AsyncIterator[Running]:
    async with kring(tmp_path_factory.mktemp("kring"), [INTAKE, EVENTS, NETWORK], smtp_url=box.url) as one:
        yield one


async def registered(running: Running, name: str, token: str | None = None, **variables: Any) -> Any:
    """Ask what stands in a document, by its hash."""
    body = {"documentId": identified((DOCUMENTS / f"{name}.graphql").read_text("utf-8")), "variables": variables}
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return (await running.http.post("/graphql", json=body, headers=headers)).json()


def code_of(answer: Any) -> str:
    return str(answer["errors"][0]["extensions"]["code"])


async def participant(running: Running) -> tuple[str, str, str]:
    """Somebody with a consent and a link; the ids of all three."""
    ids = {name: str(uuid7()) for name in ("person", "consent", "link")}
    until = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    told: dict[str, Any] = {
        "person": {"id": ids["person"], "nameToUse": "Mevrouw Bakker", "contact": CONTACT},
        "consent": {"id": ids["consent"], "recipient": "welzin", "until": until, "evidence": EVIDENCE},
        "link": {"id": ids["link"]},
        "id": ids["person"],
    }
    question = """mutation M($person: RegisterParticipantInput!, $consent: GiveConsentInput!, $link: MakeLinkInput!, $id: UUID!) {
      registerParticipant(input: $person) { id }
      giveConsent(participant: $id, input: $consent) { id }
      makeParticipantLink(participant: $id, input: $link) { id }
    }"""
    await running.done(question, running.token("humanitas"), **told)
    return ids["person"], ids["consent"], ids["link"]


async def test_a_participant_comes_by_a_mailed_code_and_takes_a_consent_back(running: Running, box: Mailbox) -> None:
    person, consent, link = await participant(running)
    at: dict[str, Any] = {"organisation": "humanitas", "link": link}
    assert await registered(running, "send-code", **at) == {"data": {"sendCode": True}}
    await eventually(lambda: box.mails)
    payload = box.mails[-1].get_payload(decode=True)
    assert isinstance(payload, bytes)
    [code] = re.findall(r"\b\d{6}\b", payload.decode())
    came = (await registered(running, "enter", code=code, **at))["data"]["enter"]
    assert came["participant"] == person
    seen = (await registered(running, "own-file", came["token"], participant=person))["data"]["participant"]
    assert (seen["nameToUse"], [one["id"] for one in seen["consents"]["nodes"]]) == ("Mevrouw Bakker", [consent])
    taken = (await registered(running, "withdraw-consent", came["token"], id=consent))["data"]["withdrawConsent"]
    assert taken["withdrawnAt"]
    receipt = (await registered(running, "consent-receipt", came["token"], id=consent))["data"]["consentReceipt"]
    assert (receipt["recordId"], receipt["eventState"]) == (consent, "WITHDRAWN")
    assert code_of(await registered(running, "enter", code=code, **at)) == "link-closed"


async def test_a_participants_token_shows_nobody_else(running: Running) -> None:
    person, _, link = await participant(running)
    other, consent, _ = await participant(running)
    now = datetime.now(UTC)
    key = LinkKey.open(running.settings.data, "humanitas")
    token = key.token(Holder(link=UUID(link), person=UUID(person)), now=now, until=now + timedelta(minutes=1))
    assert code_of(await registered(running, "own-file", token, participant=other)) == "participant-unknown"
    assert code_of(await registered(running, "withdraw-consent", token, id=consent)) == "consent-unknown"


async def this_evening(running: Running, link: str) -> Any:
    """A series that meets every day, and a link for today's host."""
    place, series = str(uuid7()), str(uuid7())
    start = {"rule": "FREQ=DAILY", "firstDate": str(TODAY), "start": "19:30:00", "minutes": 90}
    plan: dict[str, Any] = {
        "place": {"id": place, "name": "De Kandelaar", "address": "Kerkstraat 1", "area": "GM0307"},
        "series": {"id": series, "place": place, "title": "Koffie", "kind": "EVENING", **start},
        "link": {"id": link},
        "id": series,
        "day": str(TODAY),
    }
    question = """mutation M($place: RegisterPlaceInput!, $series: PlanSeriesInput!, $link: MakeLinkInput!, $id: UUID!, $day: Date!) {
      registerPlace(input: $place) { id }
      planSeries(input: $series) { id }
      makeEveningLink(series: $id, date: $day, input: $link) { code closesAt }
    }"""
    return (await running.done(question, running.token("humanitas"), **plan))["makeEveningLink"]


async def test_a_volunteer_comes_to_this_evening_by_a_link(running: Running) -> None:
    link = str(uuid7())
    made = await this_evening(running, link)
    came = await registered(running, "enter-evening", organisation="humanitas", link=link, code=made["code"])
    token = came["data"]["enterEvening"]["token"]
    seen = (await registered(running, "evening", token))["data"]["evening"]
    assert (seen["meeting"]["title"], seen["place"]["name"], seen["hosts"]) == ("Koffie", "De Kandelaar", 1)
    assert seen["closesAt"] == made["closesAt"] == came["data"]["enterEvening"]["expiresAt"]


async def test_who_holds_a_link_is_known_in_production_and_asks_what_is_registered(tmp_path: Path) -> None:
    async with kring(tmp_path, [INTAKE, EVENTS, NETWORK], Environment.PRODUCTION) as live:
        now, id_ = datetime.now(UTC), uuid7()
        key, until = LinkKey.open(live.settings.data, "humanitas"), now + timedelta(minutes=1)
        token = key.token(Holder(link=uuid7(), person=id_), now=now, until=until)
        seen = await registered(live, "own-file", token, participant=str(id_))
        assert code_of(seen) == "participant-unknown"
        host = key.token(Holder(link=uuid7(), evening=Evening(id_, TODAY)), now=now, until=until)
        assert code_of(await registered(live, "evening", host)) == "evening-unknown"
        local = live.token("humanitas", Role.COORDINATOR)
        assert code_of(await registered(live, "own-file", local, participant=str(id_))) == "token-issuer-unknown"
        free = await live.ask("{ me { user } }", token)
        assert free["code"] == "question-not-registered"
