"""What a neighbour notices of an organisation that asks as much as it can: commands of one beside a flood of another, in one process.

Run as a program it is the flood: `python -m tests.bench.sharing FOLDER BROKER`.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import uvloop

from shared.contracts.intake import Contact, ContactWay, RegisterParticipant
from shared.ids import uuid7
from shared.wire.calls import Caller
from shared.wire.connection import connect
from tests.bench.measure import line, ratio
from tests.bench.region import CIRCLE, Coordinator, prepare, running, slug
from tests.support.broker import Broker

IN_FLIGHT = 200
"""Commands of the flood at the same time: more than a node works on at once."""
COMMANDS = 250
SURGE = 2.0
"""Seconds until the flood is there."""
CONTACT = Contact(ContactWay.PHONE, "06 00000000")


async def compare(folder: Path) -> None:
    """Measure and print."""
    data = folder / "neighbours"
    prepare(data, CIRCLE)
    broker = Broker(data)
    try:
        await broker.listening()
        async with running(data, broker.url) as process:
            await process.ready()
            await process.quiet()
            neighbour = Coordinator(data, Caller(await broker.gateway()), slug(1))
            await _commands(neighbour)
            alone = await _commands(neighbour)
            async with _flooded(data, broker.url):
                beside = await _commands(neighbour)
    finally:
        await broker.close()
    for name, percent in (("p50", 50), ("p99", 99)):
        quick, slow = (statistics.quantiles(side, n=100)[percent - 1] for side in (alone, beside))
        line(f"a command of one organisation, {name}", f"{quick * 1e3:>10.2f} ms")
        line(f"the same beside another's flood of {IN_FLIGHT} in flight, {name}", f"{slow * 1e3:>10.2f} ms")
        ratio(slow / quick, "times as long")


@asynccontextmanager
async def _flooded(data: Path, url: str) -> AsyncGenerator[None]:
    flood = await asyncio.create_subprocess_exec(sys.executable, "-m", __name__, str(data), url)
    try:
        await asyncio.sleep(SURGE)
        yield
    finally:
        flood.kill()
        await flood.wait()


async def _commands(someone: Coordinator) -> Sequence[float]:
    return [await registered(someone) for _ in range(COMMANDS)]


async def registered(someone: Coordinator) -> float:
    """Seconds of one command."""
    body = RegisterParticipant(id=uuid7(), name_to_use="Ans", contact=CONTACT)
    begin = time.perf_counter()
    answer = await someone.post("/v1/participants", body)
    assert answer.status == 201, answer.body
    return time.perf_counter() - begin


async def _flood(data: Path, url: str) -> None:
    seed = (data / "gateway" / "gateway.nk").read_text().strip()
    gateway = await connect(url, seed=seed, name="flood", inbox_prefix="_INBOX.gateway")
    someone = Coordinator(data, Caller(gateway), slug(0))

    async def ask() -> None:
        while True:
            await registered(someone)

    await asyncio.gather(*(ask() for _ in range(IN_FLIGHT)))


if __name__ == "__main__":
    uvloop.run(_flood(Path(sys.argv[1]), sys.argv[2]))
