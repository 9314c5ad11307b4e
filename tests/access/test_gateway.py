"""Every role at every route of the gateway itself, for a record of the own team, of another, and with another organisation's token."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.events.main import SERVICE as EVENTS
from services.intake.main import SERVICE as INTAKE
from services.network.main import SERVICE as NETWORK
from shared.identity import Role
from shared.ids import uuid7
from tests.access.callers import holder, token_of
from tests.access.declared import PAIRS, at_gateway
from tests.access.owned import OWN, Owned, person
from tests.access.questions import asking
from tests.gateway.running import Running, kring
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")
OTHER = "zuid"
ASKED = {"query": "{ __typename }"}
Example = tuple[str, Any, str]
"""Path, body, and what a good answer shows."""


def examples(one: Owned) -> Mapping[str, Example]:
    return {
        "GET /": ("/", None, "<html"),
        "GET /demo/tokens": ("/demo/tokens", None, '"tokens"'),
        "GET /graphql": ("/graphql", None, ""),
        "GET /healthz": ("/healthz", None, '"processes"'),
        "GET /metrics": ("/metrics", None, "kring_process_up"),
        "GET /participants/{id:uuid}/file": (f"/participants/{one.person}/file", None, one.person),
        "GET /portal/icon.svg": ("/portal/icon.svg", None, "<svg"),
        "GET /portal/start.css": ("/portal/start.css", None, "body"),
        "GET /portal/start.js": ("/portal/start.js", None, "fetch"),
        "GET /portal/story.json": ("/portal/story.json", None, "Humanitas"),
        "POST /graphql": ("/graphql", ASKED, "Query"),
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with kring(tmp_path_factory.mktemp("kring"), [INTAKE, EVENTS, NETWORK]) as running:
        yield running


async def test_every_route_has_an_example_and_says_who_may_use_it() -> None:
    nobody = Owned(**dict.fromkeys(Owned.__struct_fields__, ""))
    assert {one.name for one in at_gateway()} == examples(nobody).keys()
    assert [one.name for one in at_gateway() if one.access is None] == []


async def test_every_role_gets_at_every_route_what_the_table_says(running: Running) -> None:
    owned = {team: await _made(running, team) for team in (OWN, OTHER)}
    wrong: list[str] = []
    for role in (None, *Role):
        for number, pair in enumerate(PAIRS):
            one = owned[OTHER if pair == "other team" else OWN]
            slug = "welzin" if pair == "other organisation" else "humanitas"
            for door in at_gateway():
                token = token_of(running, role, slug, by=holder(role, pair, one))
                got = _got(await _answer(running, door.name, one, token), examples(one)[door.name][2])
                expected = {"elsewhere": "filtered"}.get(word := door.expected(role)[number], word)
                wrong += [] if got == expected else [f"{role} at {door.name}, {pair}: {got}, not {expected}"]
    assert wrong == [], "\n".join(wrong)


async def _answer(running: Running, name: str, one: Owned, token: str | None) -> httpx.Response:
    path, body, _ = examples(one)[name]
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return await running.http.request(name.partition(" ")[0], path, json=body, headers=headers)


def _got(answer: httpx.Response, shows: str) -> str:
    """A process that does not answer is what /healthz (503) tells."""
    if answer.status_code in (401, 403):
        return "denied"
    if answer.status_code == 404 and answer.json()["code"] == "participant-unknown":
        return "filtered"
    told = answer.status_code in (200, 503) and shows in answer.text
    return "allowed" if told or answer.status_code == 405 else f"{answer.status_code} {answer.text[:200]}"


async def _made(running: Running, team: str) -> Owned:
    """Two people of a team, whom all three services know."""
    one = Owned(**{name: str(uuid7()) for name in Owned.__struct_fields__})
    for id_ in (one.person, one.friend):
        token = token_of(running, Role.COORDINATOR, "humanitas", team)
        given = {"input": person(id_)}
        await running.done(asking("Mutation", "registerParticipant", "id", given).text, token, **given)
        await eventually(lambda: _whole(running, f"/participants/{id_}/file", team))  # noqa: B023
    return one


async def _whole(running: Running, path: str, team: str) -> bool:
    token = token_of(running, Role.COORDINATOR, "humanitas", team)
    return (await running.http.get(path, headers={"authorization": f"Bearer {token}"})).status_code == 200
