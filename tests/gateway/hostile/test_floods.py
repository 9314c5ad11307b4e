"""A flood on one websocket: what is over the bound is refused in little time and memory, and then the socket is closed."""

import contextlib
import tracemalloc
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from gateway import inquiry
from gateway.allowance import Rate
from gateway.bounds import SUBSCRIPTIONS
from services.intake.main import SERVICE as INTAKE
from tests.gateway.hostile.spent import MOST_SECONDS, TRIES, spent
from tests.gateway.hostile.test_refused import MOST_BYTES
from tests.gateway.running import Running, kring
from tests.gateway.talking import INBOX, closed, heard, say, talking

pytestmark = pytest.mark.asyncio(loop_scope="module")
FLOOD = 100


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with kring(tmp_path_factory.mktemp("kring"), [INTAKE]) as running:
        await running.seen('"nodes"', "{ referrals { nodes { id } } }", running.token("welzin"))
        yield running


@contextlib.asynccontextmanager
async def full(running: Running, user: str) -> AsyncIterator[ClientConnection]:
    """A socket with as many subscriptions as there may be, of somebody who has asked nothing yet."""
    async with talking(running, user) as socket:
        for number in range(SUBSCRIPTIONS):
            await say(socket, "subscribe", id=f"s{number}", payload={"query": INBOX})
            assert "errors" not in (await heard(socket))["payload"]
        yield socket


async def one_more(socket: ClientConnection, name: str) -> None:
    """It is refused."""
    await say(socket, "subscribe", id=name, payload={"query": INBOX})
    assert (await heard(socket))["payload"][0]["extensions"]["code"] == "too-many-subscriptions"


async def test_each_subscription_over_the_bound_is_refused_in_little_processor_time(running: Running) -> None:
    async with full(running, "swift") as socket:
        for number in range(FLOOD // TRIES):
            assert await spent(lambda again: one_more(socket, f"more{number}-{again}")) < MOST_SECONDS  # noqa: B023


async def test_subscriptions_over_the_bound_are_refused_in_little_memory(running: Running) -> None:
    async with full(running, "small") as socket:
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            for number in range(FLOOD):
                await one_more(socket, f"more{number}")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak - before < MOST_BYTES


async def test_who_goes_on_is_closed(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inquiry, "KNOWN", Rate(a_second=0.01, at_once=30))
    async with talking(running, user="flood") as socket:
        with contextlib.suppress(ConnectionClosed):
            for number in range(500):
                await say(socket, "subscribe", id=f"s{number}", payload={"query": INBOX})
        assert await closed(socket) == (4429, "too-many-requests")
    monkeypatch.undo()
    async with talking(running, user="somebody else") as socket:
        await say(socket, "ping")
        assert (await heard(socket))["type"] == "pong"
