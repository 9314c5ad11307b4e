"""Who saw what of whom, asked through the gateway: of each service by itself, by whom it is for, page after page without a gap."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from gateway.documents.registered import registered as documents
from gateway.question import may_ask
from gateway.schema.accesses import Service
from services.events.main import SERVICE as EVENTS
from services.intake.main import SERVICE as INTAKE
from services.network.main import SERVICE as NETWORK
from shared.identity import Holder, Role
from shared.ids import uuid7
from shared.linkkeys import LinkKey
from shared.register import SERVICES
from tests.gateway.running import Running, kring
from tests.gateway.test_participant_file import registered

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]
FOLDER = Path("gateway/documents")
LOG, OWN_LOG = ((FOLDER / f"{name}.graphql").read_text("utf-8") for name in ("access-log", "participant-access-log"))
OVERSIGHT = ("access-log", "participant-access-log", "openings", "participant-openings", "review-break-glass")
NUMBERS = ("counts", "retention", "set-retention")
PAGE = """query ($after: String) {
  accessLog(service: INTAKE, input: {}, first: 3, after: $after) { nodes { number } pageInfo { endCursor } }
}"""
READ = "query ($id: UUID!) { participant(id: $id) { id } }"
KLIKS = "query ($id: UUID!) { participant(id: $id) { kliks { nodes { id } } } }"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with kring(tmp_path_factory.mktemp("kring"), [INTAKE, EVENTS, NETWORK]) as running:
        yield running


def officer(running: Running) -> str:
    return running.token("humanitas", Role.PRIVACY_OFFICER)


def by_link(running: Running, person: str) -> str:
    """The token of a participant who came by their link."""
    now = datetime.now(UTC)
    holder = Holder(link=uuid7(), person=UUID(person))
    return LinkKey.open(running.settings.data, "humanitas").token(holder, now=now, until=now + timedelta(minutes=30))


async def logged(running: Running, service: str, **wanted: Any) -> list[dict[str, Any]]:
    """The newest entries, to a privacy officer."""
    found = await running.done(LOG, officer(running), service=service, input=wanted)
    nodes: list[dict[str, Any]] = found["accessLog"]["nodes"]
    return nodes


async def test_pages_follow_each_other_without_a_gap_while_the_log_grows(running: Running) -> None:
    person = await registered(running, "Bakker")
    numbers: list[int] = []
    after: str | None = None
    while after or not numbers:
        page = (await running.done(PAGE, officer(running), after=after))["accessLog"]
        numbers += [entry["number"] for entry in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        await running.done(READ, running.token("humanitas"), id=person)
    assert numbers == list(range(numbers[0], 0, -1))


async def test_each_service_is_asked_for_its_own_log(running: Running) -> None:
    assert {one.value for one in Service} == set(SERVICES)
    person = await registered(running, "Jansen")
    clear = "mutation ($id: UUID!) { clearInterests(participant: $id) }"
    await running.seen('"clearInterests":true', clear, running.token("humanitas"), id=person)
    await running.done(KLIKS, running.token("humanitas"), id=person)
    [newest, *_] = await logged(running, "NETWORK", participant=person)
    assert (newest["what"], newest["ground"], newest["client"].partition(" ")[0]) == (
        "GET /v1/participants/{id}/kliks",
        "CARE",
        "nats",
    )
    assert person in {one["participant"] for one in newest["persons"]}
    [known] = [one for one in await logged(running, "INTAKE", participant=person) if one["what"].startswith("POST")]
    assert known["what"] == "POST /v1/participants"
    assert await logged(running, "EVENTS", participant=person) == []


async def test_it_is_asked_by_whom_and_what(running: Running) -> None:
    person, reader = await registered(running, "Visser"), f"{uuid7()}@example.org"
    await running.done(READ, running.token("humanitas", user=reader), id=person)
    assert [one["what"] for one in await logged(running, "INTAKE", by=f"user:{reader}")] == [
        "GET /v1/participants/{id}"
    ]
    assert await logged(running, "INTAKE", by=f"user:{reader}", action="EXPORT") == []
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert await logged(running, "INTAKE", participant=person, since=later) == []
    assert [one["by"] for one in await logged(running, "INTAKE", participant=person, until=later, action="READ")]


@pytest.mark.parametrize("after", ["0", "-1", "\u0661", "abc", "9" * 19, "1 "])
async def test_a_cursor_that_no_list_gave_is_refused(running: Running, after: str) -> None:
    for question, given in ((LOG, {"input": {}}), (OWN_LOG, {"participant": str(uuid7())})):
        answer = await running.ask(question, officer(running), service="INTAKE", after=after, **given)
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["cursor-malformed"]


@pytest.mark.parametrize("more", [{}, {"by": "system"}])
async def test_a_moment_without_a_time_zone_is_named(running: Running, more: dict[str, str]) -> None:
    given = {"since": "2026-01-01T00:00:00", **more}
    [error] = (await running.ask(LOG, officer(running), service="EVENTS", input=given))["errors"]
    [fault] = error["extensions"]["errors"]
    assert (fault["field"], fault["code"]) == ("since", "time-zone-missing")


async def test_a_participant_reads_who_saw_them_and_nobody_else(running: Running) -> None:
    person, other = await registered(running, "Meijer"), await registered(running, "Mulder")
    token = by_link(running, person)
    await running.done(READ, running.token("humanitas"), id=person)
    found = (await running.done(OWN_LOG, token, service="INTAKE", participant=person))["participantAccessLog"]
    assert [one["what"] for one in found["nodes"]] == ["GET /v1/participants/{id}", "POST /v1/participants"]
    [refused] = (await running.ask(OWN_LOG, token, service="INTAKE", participant=other))["errors"]
    assert refused["extensions"]["code"] == "participant-unknown"
    [denied] = (await running.ask(LOG, token, service="INTAKE", input={}))["errors"]
    assert denied["extensions"]["code"] == "role-missing"


async def test_reading_the_log_stands_in_it(running: Running) -> None:
    person = await registered(running, "Smit")
    await running.done(OWN_LOG, officer(running), service="EVENTS", participant=person)
    [newest, *_] = await logged(running, "EVENTS", participant=person)
    assert (newest["what"], newest["ground"]) == ("GET /v1/participants/{id}/access-log", "OVERSIGHT")


async def test_what_oversight_asks_is_registered_for_production() -> None:
    for name in (*OVERSIGHT, *NUMBERS):
        text = (FOLDER / f"{name}.graphql").read_text("utf-8")
        assert may_ask(text, documents(), frozenset({Role.PRIVACY_OFFICER})), name


async def test_a_privacy_officer_asks_for_numbers_and_says_how_long_files_are_kept(running: Running) -> None:
    await registered(running, "Bos")
    counts, retention, keep = ((FOLDER / f"{name}.graphql").read_text("utf-8") for name in NUMBERS)
    for shown in ("byAgeBand", "byLifeEvent"):
        given = {"ageBands": shown == "byAgeBand", "lifeEvents": shown == "byLifeEvent"}
        [month] = (await running.done(counts, officer(running), **given))["counts"]
        assert (month["registered"] > 0, "byArea" in month, shown in month) == (True, True, True)
    await running.done(keep, officer(running), input={"months": 30})
    assert (await running.done(retention, officer(running)))["retention"]["months"] == 30
