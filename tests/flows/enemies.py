"""A partner with real keys that does whatever it likes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
from msgspec.structs import replace

from shared.wire.handover import Batch, Receipt, Sealed
from shared.wire.seal import Route, seal
from tests.shared.wire.conftest import World
from tests.support.correspondents import Correspondent, Keys, at_work, connected
from tests.support.nats import nats_server

UNKNOWN = b'{"body":{"type":"sonnet.v1"},"subject":"00000000-0000-0000-0000-000000000005","at":"2026-01-05T00:00:00Z","trace":""}'
"""A letter of a kind that nobody knows."""


class Enemy:
    """Alpha's account and keys, in the wrong hands; beta and gamma are honest."""

    def __init__(self, world: World, nats: Any, beta: Correspondent, gamma: Correspondent) -> None:
        self.world = world
        self.nats = nats
        self.beta = beta
        self.gamma = gamma
        self.log = uuid4()
        self.notes: list[str] = []

    def letter(self, number: int, inside: bytes = UNKNOWN, **route: Any) -> Sealed:
        """An authentic letter, on this link unless told otherwise."""
        keys = self.world.keys.letters
        bound = replace(Route("alpha.intake", self.log, "beta.intake", number, keys["beta"].id), **route)
        return Sealed(number, bound.key, seal(inside, bound, keys["alpha"], keys["beta"]))

    def batch(self, *letters: Sealed) -> bytes:
        """As it goes over the wire."""
        return msgspec.msgpack.encode(Batch("alpha.intake", self.log, "beta.intake", letters, self.log))

    async def send(self, data: bytes) -> Receipt:
        """What beta says to it."""
        answer = await self.nats.request("to.beta.letters.intake", data, timeout=20)
        return msgspec.msgpack.decode(answer.data, type=Receipt)

    async def others_go_on(self) -> None:
        """Gamma writes to beta, and beta to gamma."""
        self.notes.append(f"note {len(self.notes)}")
        await self.gamma.write(self.notes[-1])
        await self.beta.write(self.notes[-1], to="gamma")
        await self.beta.has(*self.notes)
        await self.gamma.has(*self.notes)


@asynccontextmanager
async def at_the_gate(folder: Path) -> AsyncIterator[Enemy]:
    """The enemy stands before two nodes that work."""
    keys = Keys()
    async with nats_server(keys.accounts()) as nats, AsyncExitStack() as stack:
        world = World(nats, keys, folder)
        stack.push_async_callback(world.stack.aclose)
        world.register = keys.register("alpha", "beta", "gamma")
        beta, gamma = await world.open("beta"), await world.open("gamma")
        hand = await connected(nats, keys, "alpha")
        stack.push_async_callback(hand.close)
        await stack.enter_async_context(at_work(beta.links, beta.arrivals, gamma.links, gamma.arrivals))
        await asyncio.sleep(0.05)
        yield Enemy(world, hand, beta, gamma)
