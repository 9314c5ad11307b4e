"""Two organisations with a covenant, and one without."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from shared.register import Register
from tests.support.correspondents import Correspondent, Keys, connected, correspondent
from tests.support.nats import NatsServer, nats_server


class World:
    """What the correspondents of a test share."""

    def __init__(self, nats: NatsServer, keys: Keys, folder: Path) -> None:
        self.nats = nats
        self.keys = keys
        self.folder = folder
        self.register: Register = keys.register("alpha", "beta")
        self.stack = AsyncExitStack()

    def url(self, slug: str) -> str:
        """An organisation's database."""
        return f"sqlite:///{self.folder / slug}.db"

    async def open(self, slug: str, **more: Any) -> Correspondent:
        """One organisation's node."""
        connection = await connected(self.nats, self.keys, slug)
        self.stack.push_async_callback(connection.close)
        node = correspondent(slug, self.url(slug), connection, self.keys, lambda: self.register, **more)
        return await self.stack.enter_async_context(node)


Opening = Callable[..., Awaitable[Correspondent]]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A server that knows all organisations."""
    keys = Keys()
    async with nats_server(keys.accounts()) as nats:
        made = World(nats, keys, tmp_path)
        async with made.stack:
            yield made


@pytest.fixture
async def alpha(world: World) -> Correspondent:
    """The first organisation's node."""
    return await world.open("alpha")


@pytest.fixture
async def beta(world: World) -> Correspondent:
    """The second organisation's node."""
    return await world.open("beta")
