"""Every role at every route, for a record of the own team, of another team, and with another organisation's token: really called."""

from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from shared.identity import Role
from tests.access.declared import PAIRS, Door, fields, routes, table
from tests.access.examples import CAME_IN, EXAMPLES
from tests.access.records import OTHER, OWN, Records, Site, headers, holder, site

CALLERS = (None, *Role)


def test_every_route_and_every_field_declares_who_may_use_it() -> None:
    doors = [*routes(), *fields()]
    assert [f"{one.place} {one.name}" for one in doors if one.access is None] == []
    assert len(doors) > 100


def test_the_committed_table_is_todays() -> None:
    assert Path("tests/access/table.md").read_text("utf-8") == table(), "python -m tests.access > tests/access/table.md"


def test_every_route_has_an_example() -> None:
    assert {(one.place, one.name) for one in routes()} == {
        (place, name) for place, examples in EXAMPLES.items() for name in examples
    }


@pytest.mark.timeout(240)
async def test_every_role_gets_at_every_route_what_the_table_says(tmp_path: Path) -> None:
    doors = {(one.place, one.name): one for one in routes()}
    wrong: list[str] = []
    async with site(tmp_path) as running:
        for role in CALLERS:
            for number, pair in enumerate(PAIRS):
                made = await running.made(OTHER if pair == "other team" else OWN)
                slug, held = "welzin" if pair == "other organisation" else "humanitas", pair != "other team"
                who = headers(role, OWN, slug, holder=holder(role, made, own=held))
                for place, name, got in await _answers(running, who, made):
                    expected = doors[place, name].expected(role)[number]
                    if got != expected:
                        wrong.append(f"{role} at {place} {name}, {pair}: {got}, not {expected}")
    assert wrong == []


async def _answers(running: Site, who: Mapping[str, str], made: Records) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    for place, examples in (("intake", CAME_IN), *EXAMPLES.items()):
        for name, example in examples.items():
            path, body, shows = example(made)
            answer = await running.ask(who, place, name.partition(" ")[0], path, body)
            found.append((place, name, _got(answer, shows, listed=path.partition("?")[0].count("/") == 2)))
    return found


def _got(answer: httpx.Response, shows: str, *, listed: bool) -> str:
    """An answer that a rule refuses (409) was allowed: only who may ask learns of the rule."""
    told = (
        answer.json().get("code", "") if answer.status_code >= 400 and "json" in answer.headers["content-type"] else ""
    )
    match answer.status_code:
        case 401 | 403:
            return "denied"
        case 404 if told.endswith("-unknown") and told != "route-unknown":
            return "filtered"
        case 200 | 201 if listed and shows and shows not in answer.text:
            return "filtered"
        case 200 | 201 | 202 | 204 | 409:
            return "allowed" if answer.status_code == 409 or shows in answer.text else f"without {shows}: {answer.text}"
        case 404 if answer.url.path.startswith("/openapi"):
            return "allowed"
        case _:
            return f"{answer.status_code} {answer.text}"


def test_a_declaration_says_what_it_says() -> None:
    [found] = [one for one in routes() if (one.place, one.name) == ("intake", "GET /v1/participants/{id:uuid}")]
    assert isinstance(found, Door)
    assert found.expected(Role.COORDINATOR) == ("allowed", "filtered", "denied")
    assert found.expected(Role.HOST) == found.expected(None) == ("denied", "denied", "denied")
