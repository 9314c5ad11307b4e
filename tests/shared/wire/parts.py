"""A node's log and a broker, real ones. A test file makes fixtures of them: `opened = pytest.fixture(parts.opened)`."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from shared.eventlog.log import Log
from shared.wire.connection import Connection, connect
from tests.shared.wire import counting
from tests.support.nats import NatsServer, nats_server

Opening = Callable[..., Awaitable[Log]]
Connecting = Callable[..., Awaitable[Connection]]


async def server() -> AsyncGenerator[NatsServer]:
    """A broker with one open account."""
    async with nats_server() as started:
        yield started


async def opened(tmp_path: Path) -> AsyncGenerator[Opening]:
    """Opens a node's log; closed after the test."""
    async with AsyncExitStack() as stack:

        async def opening(node: str = "here.counting", **options: Any) -> Log:
            log = await Log.open(node, f"sqlite:///{tmp_path / node}.db", (counting,), **options)
            stack.push_async_callback(log.close)
            return log

        yield opening


async def connected(server: NatsServer) -> AsyncGenerator[Connecting]:
    """Connects to the broker; closed after the test."""
    async with AsyncExitStack() as stack:

        async def connecting(name: str = "test") -> Connection:
            nc = await connect(server.url, seed=None, name=name, inbox_prefix=f"_INBOX.{name}")
            stack.push_async_callback(nc.close)
            return nc

        yield connecting


@asynccontextmanager
async def running(*parts: Any) -> AsyncGenerator[None]:
    """While the block lasts, these run; they end promptly."""
    tasks = [asyncio.create_task(part.run()) for part in parts]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        async with asyncio.timeout(30):
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task


async def until(true: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(seconds):
        while not await true():  # noqa: ASYNC110  (a broker's state has no event to wait for)
            await asyncio.sleep(0.02)
