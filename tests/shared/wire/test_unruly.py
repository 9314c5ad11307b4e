"""A carrier delays, repeats and reorders batches, loses answers and gives old ones: each letter arrives once, in order."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from nats.aio.msg import Msg
from nats.errors import NoRespondersError

from shared.wire.connection import Connection
from tests.shared.wire.conftest import World
from tests.support import notes
from tests.support.correspondents import Correspondent, Keys, at_work, connected
from tests.support.nats import nats_server
from tests.support.waiting import eventually

LETTERS = 60


class Carrier:
    """Stands where alpha's letters leave, and passes them on to beta as it likes."""

    def __init__(self, nats: Connection, seed: int) -> None:
        self.nats = nats
        self.chance = random.Random(seed)
        self.batches: list[bytes] = []
        self.answers: list[bytes] = [b""]
        self.tasks = set[asyncio.Task[None]]()

    async def carry(self, message: Msg) -> None:
        """Take a batch."""
        self.batches.append(message.data)
        self.tasks.add(asyncio.create_task(self._carry(message)))

    async def _carry(self, message: Msg) -> None:
        await asyncio.sleep(self.chance.random() * 0.03)
        order = [message.data, *self.chance.choices(self.batches, k=self.chance.randrange(4))]
        self.chance.shuffle(order)
        answers = await asyncio.gather(*(self._pass_on(one) for one in order))
        answer = answers[order.index(message.data)]
        said = self.chance.choices([answer, self.chance.choice(self.answers), b"lost"], weights=[6, 2, 2])[0]
        self.answers.append(answer)
        await message.respond(said)

    async def _pass_on(self, data: bytes) -> bytes:
        await asyncio.sleep(self.chance.random() * 0.01)
        with suppress(NoRespondersError):  # beta is about to begin
            return (await self.nats.request("wild.beta.letters.intake", data, timeout=5)).data
        return b""


@asynccontextmanager
async def carried(world: World, seed: int) -> AsyncIterator[Carrier]:
    """The carrier works while the block lasts."""
    nats = await connected(world.nats, world.keys, "alpha")
    carrier = Carrier(nats, seed)
    await nats.subscribe("to.beta.letters.intake", cb=carrier.carry)
    await nats.flush()
    try:
        yield carrier
        await asyncio.gather(*carrier.tasks)
    finally:
        await nats.close()


async def write_all(alpha: Correspondent) -> None:
    """Write letters, some together."""
    for first in range(0, LETTERS, 4):
        await asyncio.gather(*(alpha.write(str(number)) for number in range(first, first + 4)))
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
async def test_each_letter_is_recorded_once_and_in_order_whatever_the_carrier_does(tmp_path: Path, seed: int) -> None:
    keys = Keys()
    async with nats_server(keys.accounts(to="wild")) as nats:
        world = World(nats, keys, tmp_path)
        async with world.stack:
            alpha, beta = await world.open("alpha"), await world.open("beta")
            async with carried(world, seed), at_work(beta.arrivals, alpha.links, alpha.arrivals):
                await write_all(alpha)
                await eventually(alpha.acknowledged, LETTERS, within=40)
            written = [one.event for one in await alpha.office.log.notifications(0, 10 * LETTERS)]
            assert await beta.copies() == [event.text for event in written if isinstance(event, notes.Written)]
            assert await beta.parked() == []
