"""Mischief with letters: they come again, and they come late."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import AsyncExitStack
from random import Random

import msgspec
from nats.aio.msg import Msg
from nats.errors import Error

from shared.wire.connection import Connection
from shared.wire.handover import Batch, Receipt, subject
from shared.wire.post import ANSWERS_WITHIN
from tests.soak.outside import briefly, connected
from tests.soak.parts import Network, Part
from tests.soak.plan import AGAIN, LATE

_AT_ONCE = 4
"""Batches that are handed over again at the same time; of more than 8 of a sender the receiver sends some back."""
_PATIENCE = 60.0
"""Seconds longer that is waited for a letter, where none comes by."""


async def repeat(network: Network, part: Part, lasts: float, chance: Random) -> Counter[str]:
    """Copy what is handed over for a while, then hand it over again: the last first, everything twice."""
    async with AsyncExitStack() as stack:
        nodes = [f"{slug}.{part.name}" for slug in network.register.organisations]
        connections = {node: await stack.enter_async_context(connected(network, node)) for node in nodes}
        copies, turns = await _copied(connections, part.name, lasts), asyncio.Semaphore(_AT_ONCE)
        known = await asyncio.gather(*(_again(connections, one, turns) for one in reversed(copies * 2)))
    return Counter({AGAIN: sum(known)})


async def delay(network: Network, part: Part, lasts: float, chance: Random) -> Counter[str]:
    """Hold letters back, each batch by itself."""
    async with network.line.holding(chance) as holding:
        await asyncio.sleep(lasts)
        await briefly(lambda: holding.came[LATE], _PATIENCE)
    return holding.came


async def _copied(connections: Mapping[str, Connection], name: str, lasts: float) -> list[bytes]:
    copies: list[bytes] = []

    async def copy(message: Msg) -> None:
        batch = msgspec.msgpack.decode(message.data, type=Batch)
        if batch.letters and batch.sender in connections:
            copies.append(message.data)

    listening = [await one.subscribe(f"letters.*.{name}", cb=copy) for one in connections.values()]
    await asyncio.sleep(lasts)
    await briefly(lambda: copies, _PATIENCE)
    for subscription in listening:
        await subscription.unsubscribe()
    return copies


async def _again(connections: Mapping[str, Connection], data: bytes, turns: asyncio.Semaphore) -> int:
    """How many of its letters the receiver then says that it has."""
    batch = msgspec.msgpack.decode(data, type=Batch)
    async with turns:
        try:
            nats = connections[batch.sender]
            answer = await nats.request(subject(batch.sender, batch.receiver), data, timeout=ANSWERS_WITHIN)
        except (Error, OSError):
            return 0  # it is away
    receipt = msgspec.msgpack.decode(answer.data, type=Receipt)
    return len(batch.letters) if receipt.highest and receipt.highest >= batch.letters[-1].number else 0
