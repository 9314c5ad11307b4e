"""The public agenda, through GraphQL over real nodes."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import pytest_asyncio

from services.events.main import SERVICE as EVENTS
from shared.identity import Role
from shared.ids import uuid7
from tests.gateway.running import Running, kring

PLACE = """
mutation ($input: RegisterPlaceInput!) { registerPlace(input: $input) { id name accessibility languages changedAt } }
"""
SERIES = """
mutation ($input: PlanSeriesInput!) { planSeries(input: $input) { id title kind rule zone start minutes skipped } }
"""
AGENDA = """
query ($after: String, $place: UUID) {
  agenda(from: "2026-01-01", until: "2026-12-31", organisation: "carrefour", atPlace: $place, first: 5, after: $after) {
    nodes { date startsAt title placeName }
    pageInfo { hasNextPage endCursor }
  }
}
"""


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with kring(tmp_path_factory.mktemp("kring"), [EVENTS]) as running:
        yield running


def _series(place: UUID, **other: object) -> dict[str, object]:
    series: dict[str, object] = {
        "id": str(uuid7()),
        "place": str(place),
        "title": "An evening among people",
        "kind": "EVENING",
        "rule": "FREQ=MONTHLY;BYDAY=2SA",
        "firstDate": "2026-01-10",
        "start": "19:30:00",
        "minutes": 150,
    }
    return series | other


async def _klik(running: Running) -> tuple[str, UUID]:
    coordinator, place = running.token("carrefour"), uuid7()
    where = {
        "id": str(place),
        "name": "AanEen",
        "address": "Emmeloord",
        "area": "GM0171",
        "accessibility": ["STEP_FREE"],
    }
    registered = await running.done(PLACE, coordinator, input=where)
    assert registered["registerPlace"]["accessibility"] == ["step-free"]
    planned = (await running.done(SERIES, coordinator, input=_series(place)))["planSeries"]
    assert planned["zone"] == "Europe/Amsterdam", "what is left out takes the contract's default"
    series: str = planned["id"]
    return series, place


async def test_anybody_reads_the_agenda_of_a_year_page_by_page(running: Running) -> None:
    _, place = await _klik(running)
    dates: list[str] = []
    after = None
    while True:
        agenda = (await running.done(AGENDA, after=after, place=str(place)))["agenda"]
        dates += [meeting["date"] for meeting in agenda["nodes"]]
        after = agenda["pageInfo"]["endCursor"]
        if not agenda["pageInfo"]["hasNextPage"]:
            break
    days = ("01-10", "02-14", "03-14", "04-11", "05-09", "06-13", "07-11", "08-08", "09-12", "10-10", "11-14", "12-12")
    assert dates == [f"2026-{day}" for day in days]


async def test_planning_needs_the_right_role_and_a_token(running: Running) -> None:
    question = 'mutation { cancelSeries(id: "018f4e4e-7a3c-7000-8000-000000000001") { id } }'
    for token, code, status in (
        (None, "token-missing", 401),
        ("nonsense", "token-invalid", 401),
        (running.token("carrefour", hours=-1), "token-expired", 401),
        (running.token("carrefour", Role.HOST), "role-missing", 403),
    ):
        [error] = (await running.ask(question, token))["errors"]
        assert (error["extensions"]["code"], error["extensions"]["status"]) == (code, status)


async def test_a_refusal_of_a_node_comes_with_its_sentence_in_the_callers_language(running: Running) -> None:
    series, _ = await _klik(running)
    question = 'query ($id: UUID!) { series(id: $id, organisation: "carrefour") { title } }'
    assert (await running.done(question, id=series))["series"]["title"] == "An evening among people"
    sentences = set()
    for language in ("en", "nl"):
        [error] = (await running.ask(question, language=language, id=str(uuid7())))["errors"]
        assert error["extensions"]["status"] == 404
        sentences.add(error["message"])
    assert len(sentences) == 2


async def test_an_invalid_rule_is_told_at_its_field(running: Running) -> None:
    _, place = await _klik(running)
    seconds = _series(place, rule="FREQ=SECONDLY")
    [error] = (await running.ask(SERIES, running.token("carrefour"), input=seconds))["errors"]
    [fault] = error["extensions"]["errors"]
    assert (fault["field"], fault["code"]) == ("rule", "rule-frequency")
    assert "SECONDLY" in fault["detail"]


async def test_an_unknown_organisation_is_named_and_the_known_ones_are_told(running: Running) -> None:
    [error] = (await running.ask('{ places(organisation: "nobody") { nodes { id } } }'))["errors"]
    assert error["extensions"]["code"] == "organisation-unknown"
    assert "welzin" in error["message"]


async def test_a_part_that_is_away_is_told_at_once(running: Running) -> None:
    [error] = (await running.ask("{ referrals { nodes { id } } }", running.token("welzin")))["errors"]
    assert (error["extensions"]["code"], error["extensions"]["status"]) == ("node-away", 503)
