"""What every answer of a service tells a browser: at every route, granted or refused, over HTTP and over NATS."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import httpx
import msgspec
import pytest

from services.intake.main import SERVICE
from shared.headers import completed
from shared.http import LARGEST, application
from shared.identity import Role
from shared.wire.calls import Answer, Call
from tests.access.examples import EXAMPLES
from tests.access.records import OTHER, OWN, Site, headers, site
from tests.shared.wire.test_calls import SUBJECT, asked

POLICY = "content-security-policy"
WANTED = {POLICY, "referrer-policy", "x-content-type-options", "cache-control", "api-version"}
ODD = [
    ("GET", "/nothing", b"", 404),
    ("DELETE", "/v1/openapi.json", b"", 405),
    ("POST", "/v1/participants", b"{", 400),
    ("POST", "/v1/participants", b'{"name": 1}', 422),
    ("POST", "/v1/participants", b" " * (LARGEST + 1), 413),
]


def bare(answers: Iterable[tuple[str, Mapping[str, str]]]) -> list[str]:
    """Those answers that do not say all of it."""
    return [
        name
        for name, said in answers
        if not said.keys() >= WANTED or said["cache-control"] != "no-store" or "default-src" not in said[POLICY]
    ]


async def _everything(running: Site, role: Role | None, team: str) -> list[tuple[str, httpx.Response]]:
    made = await running.made(OWN)
    who, found = headers(role, team), list[tuple[str, httpx.Response]]()
    for place, examples in EXAMPLES.items():
        for name, example in examples.items():
            path, body, _ = example(made)
            answer = await running.ask(who, place, name.partition(" ")[0], path, body)
            found.append((f"{role} at {place} {name}: {answer.status_code}", answer))
    return found


async def test_every_answer_at_every_route_says_what_a_browser_may_do_with_it(tmp_path: Path) -> None:
    async with site(tmp_path) as running:
        answers = [
            one
            for role, team in ((Role.COORDINATOR, OWN), (Role.COORDINATOR, OTHER), (Role.HOST, OWN), (None, OWN))
            for one in await _everything(running, role, team)
        ]
        who = headers(Role.COORDINATOR, OWN)
        for method, path, body, status in ODD:
            answer = await running.nodes["intake"].http.request(method, path, content=body, headers=who)
            assert answer.status_code == status
            answers.append((f"{method} {path}: {status}", answer))
    assert bare((name, one.headers) for name, one in answers) == []
    assert {one.status_code for _, one in answers} >= {200, 201, 401, 403, 404, 409}
    assert not any("strict-transport-security" in one.headers for _, one in answers)


async def test_what_goes_over_nats_says_the_same(tmp_path: Path) -> None:
    async with site(tmp_path) as running, asked(application(SERVICE), node=running.nodes["intake"]) as (caller, nc):
        paths = ("/v1/openapi.json", "/v1/participants", "/nothing")
        answers = [answer for path in paths for answer in await caller.call(SUBJECT, Call("GET", path))]
        garbage = await nc.request(SUBJECT, b"garbage")
        answers += msgspec.msgpack.decode(garbage.data, type=list[Answer])
    assert [one.status for one in answers] == [200, 401, 404, 400]
    said = [(str(one.status), {key.decode(): value.decode() for key, value in one.headers}) for one in answers]
    assert bare(said) == []


@pytest.mark.parametrize("https", [True, False])
def test_over_tls_it_is_asked_over_tls_from_then_on(https: bool) -> None:
    assert ("strict-transport-security" in {name.decode() for name, _ in completed((), https=https)}) == https


def test_what_an_answer_says_itself_stays() -> None:
    said = [value for name, value in completed([(b"Cache-Control", b"private")]) if name.lower() == b"cache-control"]
    assert said == [b"private"]
