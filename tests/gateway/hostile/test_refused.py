"""Every hostile question is refused, in little time and memory, by a real gateway that asks nobody for it."""

import tracemalloc
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gateway import inquiry
from gateway.allowance import Rate
from gateway.bounds import LARGEST_BODY
from tests.gateway.hostile.corpus import BODIES, CORPUS, Hostile
from tests.gateway.hostile.spent import MOST_SECONDS, spent
from tests.gateway.running import Running, kring

MOST_BYTES = 8 * 1024 * 1024

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with kring(tmp_path_factory.mktemp("kring"), []) as running:
        await running.ask("{ __typename }")
        yield running


async def _sent(running: Running, body: bytes, user: str) -> httpx.Response:
    headers = {"content-type": "application/json", "authorization": f"Bearer {running.token('welzin', user=user)}"}
    return await running.http.post("/graphql", content=body, headers=headers)


def _codes(answer: dict[str, Any]) -> set[str]:
    assert not answer.get("data")
    return {error["extensions"]["code"] for error in answer.get("errors", [{"extensions": answer}])}


@pytest.mark.parametrize("hostile", CORPUS, ids=[one.name for one in CORPUS])
async def test_it_is_refused_with_its_code(running: Running, hostile: Hostile) -> None:
    answer = await _sent(running, hostile.body(), hostile.name)
    assert _codes(answer.json()) == {hostile.code}, answer.text


@pytest.mark.parametrize("hostile", CORPUS, ids=[one.name for one in CORPUS])
async def test_it_is_refused_in_little_processor_time(running: Running, hostile: Hostile) -> None:
    async def refused(number: int) -> None:
        answer = await _sent(running, hostile.body(), f"{number} {hostile.name}")
        assert _codes(answer.json()) == {hostile.code}

    assert await spent(refused) < MOST_SECONDS


@pytest.mark.parametrize("hostile", CORPUS, ids=[one.name for one in CORPUS])
async def test_it_is_refused_in_little_memory(running: Running, hostile: Hostile) -> None:
    body = hostile.body()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        await _sent(running, body, hostile.name)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before < MOST_BYTES


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_what_is_no_question_is_refused(running: Running, body: bytes) -> None:
    answer = await _sent(running, body, "nobody")
    assert (answer.status_code, answer.json()["code"]) == (400, "question-malformed")


async def test_a_body_larger_than_any_question_is_not_read(running: Running) -> None:
    answer = await _sent(running, b'{"query": "' + b"x" * LARGEST_BODY + b'"}', "large")
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


async def test_a_flood_of_requests_is_told_when_to_come_back(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inquiry, "KNOWN", Rate(a_second=0.01, at_once=3))
    codes = [(await _sent(running, b"{}", "flood")).status_code for _ in range(4)]
    assert codes == [400, 400, 400, 429]
    refused = await _sent(running, b"{}", "flood")
    assert refused.json()["code"] == "too-many-requests"
    assert 90 <= int(refused.headers["retry-after"]) <= 100
    assert (await _sent(running, b"{}", "somebody else")).status_code == 400
