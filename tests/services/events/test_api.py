"""The routes of events, through the ASGI application, on a real log."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from services.events.domain import participant
from services.events.main import SERVICE
from shared.eventlog.types import Step
from shared.identity import Role
from tests.services.events.examples import AANEEN, KLIK, NOON, TWENTY7
from tests.support.served import Served, served

PLACE = {
    "id": str(AANEEN),
    "name": "Restaurant AanEen",
    "address": "Emmeloord",
    "area": "GM0171",
    "accessibility": ["step-free"],
}
SERIES = {
    "id": str(KLIK),
    "place": str(AANEEN),
    "title": "KL!K",
    "kind": "evening",
    "rule": "FREQ=MONTHLY;BYDAY=2SA",
    "firstDate": "2026-01-01",
    "start": "20:00:00",
    "minutes": 180,
}


@pytest.fixture
async def node(tmp_path: Path) -> AsyncGenerator[Served]:
    async with served(SERVICE, tmp_path) as running:
        yield running


async def klik(node: Served) -> None:
    assert (await node.ask("POST", "/v1/places", PLACE)).status_code == 201
    assert (await node.ask("POST", "/v1/series", SERIES)).status_code == 201


async def test_everybody_sees_the_agenda_of_what_a_coordinator_planned(node: Served) -> None:
    await klik(node)
    page = (await node.ask("GET", "/v1/occurrences?from=2026-01-01&until=2026-12-31&first=100", role=None)).json()
    assert [one["date"][5:] for one in page["items"]][:3] == ["01-10", "02-14", "03-14"]
    assert page["items"][0]["startsAt"] == "2026-01-10T19:00:00Z"
    assert (len(page["items"]), page["next"]) == (12, None)


async def test_the_agenda_goes_on_where_a_page_ended(node: Served) -> None:
    await klik(node)
    asked = "/v1/occurrences?from=2026-01-01&until=2026-12-31&first=7"
    first = (await node.ask("GET", asked)).json()
    second = (await node.ask("GET", f"{asked}&after={first['next']}")).json()
    assert [one["date"][5:7] for one in first["items"] + second["items"]] == [f"{month:02}" for month in range(1, 13)]


async def test_a_skipped_date_and_a_cancelled_series_leave_the_agenda(node: Served) -> None:
    await klik(node)
    answer = await node.ask("POST", f"/v1/series/{KLIK}/skip-date", {"date": "2026-01-10"})
    assert (answer.status_code, answer.json()["skipped"]) == (200, ["2026-01-10"])
    assert [
        one["date"]
        for one in (await node.ask("GET", "/v1/occurrences?from=2026-01-01&until=2026-02-28")).json()["items"]
    ] == ["2026-02-14"]
    answer = await node.ask("POST", f"/v1/series/{KLIK}/cancel")
    assert (answer.status_code, answer.json()["cancelledAt"]) == (200, "2026-01-05T12:00:00Z")
    assert (await node.ask("GET", "/v1/occurrences?from=2026-01-01")).json()["items"] == []


async def test_a_place_changes_and_is_found_by_area(node: Served) -> None:
    await klik(node)
    changed = {name: value for name, value in PLACE.items() if name != "id"} | {
        "area": "GM0361",
        "activities": ["walk"],
    }
    answer = await node.ask("PUT", f"/v1/places/{AANEEN}", changed)
    assert (answer.status_code, answer.json()["activities"]) == (200, ["walk"])
    found = (await node.ask("GET", "/v1/places?area=GM0361", role=None)).json()
    assert [one["id"] for one in found["items"]] == [str(AANEEN)]
    assert (await node.ask("GET", "/v1/places?area=GM0171", role=None)).json()["items"] == []
    assert (await node.ask("GET", f"/v1/places/{AANEEN}", role=None)).json() == answer.json()
    [series] = (await node.ask("GET", f"/v1/series?place={AANEEN}", role=None)).json()["items"]
    assert (await node.ask("GET", f"/v1/series/{KLIK}", role=None)).json() == series


async def test_text_is_kept_in_one_form_of_unicode(node: Served) -> None:
    answer = await node.ask("POST", "/v1/places", PLACE | {"name": " Cafe\u0301 "})
    assert answer.json()["name"] == "Café"


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"rule": "FREQ=SECONDLY"}, "rule", "rule-frequency"),
        ({"rule": "2nd Saturday"}, "rule", "rule-unreadable"),
        ({"zone": "Emmeloord"}, "zone", "zone-unknown"),
        ({"firstDate": "0026-01-01"}, "firstDate", "date-out-of-range"),
        ({"start": "20:00:00+01:00"}, "start", "start-with-zone"),
        ({"minutes": 1}, "minutes", "minutes-out-of-range"),
        ({"title": ""}, "title", "text-missing"),
        ({"text": "x" * 2001}, "text", "text-too-long"),
        ({"kind": "party"}, "kind", "choice-unknown"),
        ({"colour": "red"}, "colour", "field-unknown"),
    ],
)
async def test_bad_input_names_the_field_and_says_what_to_do(
    node: Served, change: dict[str, Any], field: str, code: str
) -> None:
    await node.ask("POST", "/v1/places", PLACE)
    answer = await node.ask("POST", "/v1/series", SERIES | change)
    assert answer.status_code == 422
    assert [(fault["field"], fault["code"]) for fault in answer.json()["errors"]] == [(field, code)]
    assert answer.json()["errors"][0]["detail"] != code
    assert (await node.ask("GET", "/v1/series")).json()["items"] == []


async def test_a_series_needs_a_place_that_is_there(node: Served) -> None:
    answer = await node.ask("POST", "/v1/series", SERIES | {"place": str(TWENTY7)})
    assert (answer.status_code, answer.json()["code"]) == (404, "place-unknown")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("from=2026-01-01&until=2027-01-03", "agenda-too-long"),
        ("from=2026-02-01&until=2026-01-01", "agenda-backwards"),
        ("from=9999-01-01", "date-out-of-range"),
        ("from=2026-01-01&after=nonsense", "cursor-invalid"),
        ("from=2026-01-01&after=MjAyNi0wMS0wMVQwMDowMDowMCB4", "cursor-invalid"),
        ("from=2026-01-01&after=é", "cursor-invalid"),
        ("from=2026-01-01&first=101", "number-most"),
        ("from=yesterday", "type-other"),
        ("until=2026-01-01", "not-valid"),
    ],
)
async def test_an_agenda_out_of_bounds_is_refused(node: Served, query: str, code: str) -> None:
    answer = await node.ask("GET", f"/v1/occurrences?{query}", role=None)
    assert answer.status_code in {400, 422}
    assert code in {answer.json()["code"], *(fault["code"] for fault in answer.json().get("errors", []))}


GUARDED = [
    ("POST", "/v1/places", PLACE),
    ("PUT", f"/v1/places/{AANEEN}", {name: value for name, value in PLACE.items() if name != "id"}),
    ("POST", "/v1/series", SERIES),
    ("POST", f"/v1/series/{KLIK}/skip-date", {"date": "2026-01-10"}),
    ("POST", f"/v1/series/{KLIK}/cancel", None),
    ("GET", f"/v1/participants/{AANEEN}", None),
]


@pytest.mark.parametrize("role", [Role.HOST, Role.FINDER, Role.POLICY_OFFICER, None])
async def test_only_some_may_plan_and_see_who_is_known(node: Served, role: Role | None) -> None:
    for method, path, body in GUARDED:
        answer = await node.ask(method, path, body, role=role)
        assert answer.status_code == (401 if role is None else 403), path


async def test_intakes_participants_are_known_until_they_end(node: Served) -> None:
    path = f"/v1/participants/{TWENTY7}"
    await node.take([Step(participant, TWENTY7, participant.Know(NOON))])
    assert (await node.ask("GET", path)).json() == {"id": str(TWENTY7), "since": "2026-01-05T12:00:00Z"}
    await node.take([Step(participant, TWENTY7, participant.Forget(NOON))])
    assert (await node.ask("GET", path)).json()["code"] == "participant-unknown"


async def test_a_place_planned_twice_is_there_once_and_another_is_refused(node: Served) -> None:
    assert (await node.ask("POST", "/v1/places", PLACE)).status_code == 201
    assert (await node.ask("POST", "/v1/places", PLACE)).status_code == 201
    answer = await node.ask("POST", "/v1/places", PLACE | {"name": "Elsewhere"})
    assert (answer.status_code, answer.json()["code"]) == (409, "place-exists")
