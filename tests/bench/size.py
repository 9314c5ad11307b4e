"""A thousand organisations in one process of one service: how it starts, and what it costs while nobody asks.

`ORGANISATIONS=200 make bench` tries it with fewer.
"""

import asyncio
import os
import signal
import statistics
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from shared.host import AGAIN
from shared.wire.calls import Caller
from tests.bench.measure import line
from tests.bench.region import SERVICE, Coordinator, Process, prepare, resident, running, seconds_of, slug
from tests.bench.sharing import registered
from tests.support.broker import Broker

ORGANISATIONS = int(os.environ.get("ORGANISATIONS", "1000"))
SOME = {"KRING_SHARE": "0/16"}
"""What another process takes of them: all in which the two differ is the nodes' own."""
AT_REST = 31.0
"""Seconds after which an unused node has given back what it can (`shared.host.IDLE`, and half of it until somebody looks)."""
IDLE = 20.0
"""Seconds that idling is watched."""
ASLEEP = 40
"""Organisations that are woken."""
SETTLED = 6.0
"""Seconds after which a process has started and found nothing to do."""
PATIENCE = 600.0
"""Seconds that a first start may take."""
LARGEST, BUSIEST = 256, 5.0
"""The aims: KiB an idle organisation, percent of a core."""


async def compare(folder: Path) -> None:
    """Measure and print."""
    data = folder / "region"
    prepare(data, ORGANISATIONS)
    broker = Broker(data)
    try:
        await broker.listening()
        print(f"  {ORGANISATIONS} organisations, 12 partners each, in one process of service {SERVICE}:")
        async with _began(data, broker, "first start") as first:
            await first.quiet()
            await _reload(broker, first)
            async with running(data, broker.url) as standby:
                await _failover(first, standby)
                await standby.quiet()
                await asyncio.sleep(AT_REST)
                many = await standby.nodes(), resident(standby.pid)
                await _idle(broker, standby)
                await _asleep(data, broker)
                await _all_services(data, broker, standby)
        async with _began(data, broker, "later start of few of them", **SOME) as few:
            await few.quiet()
            await asyncio.sleep(AT_REST)
            _memory(*many, await few.nodes(), resident(few.pid))
    finally:
        await broker.close()


@asynccontextmanager
async def _began(data: Path, broker: Broker, what: str, **settings: str) -> AsyncGenerator[Process]:
    begin = time.perf_counter()
    async with running(data, broker.url, **settings) as process:
        nodes = await process.ready(within=PATIENCE)
        line(f"{what}, until all {nodes} answer", f"{time.perf_counter() - begin:>10.1f} s")
        yield process


async def _reload(broker: Broker, process: Process) -> None:
    """One organisation more, by the registrar's own way."""
    before = await broker.connections()
    begin = time.perf_counter()
    new = slug(ORGANISATIONS)
    await asyncio.to_thread(
        broker.registrar.add_organisation, new, name="Nieuw", area="GM0361", source="urn:nld:kvknr:00000000"
    )
    signed = time.perf_counter()
    await process.ready(ORGANISATIONS + 1)
    line("one more organisation: until the register is signed", f"{signed - begin:>10.1f} s")
    line("one more organisation: from then until its node answers", f"{time.perf_counter() - signed:>10.1f} s")
    line("connections that were made meanwhile (1: only its own)", f"{await broker.connections() - before:>10}")


async def _failover(first: Process, standby: Process) -> None:
    """The first dies without a word; the other holds nothing yet, and waits."""
    await asyncio.sleep(SETTLED)
    waiting = await standby.busy(2 * AGAIN)
    begin = time.perf_counter()
    os.kill(first.pid, signal.SIGKILL)
    await standby.ready()
    line("killed: until a standby process answers for all", f"{time.perf_counter() - begin:>10.1f} s")
    line("a standby process while it waits, of a core", f"{waiting * 100:>10.2f} %")


async def _idle(broker: Broker, process: Process) -> None:
    beside = seconds_of(broker.pid)
    busy = await process.busy(IDLE)
    aim = f"aim {BUSIEST:g} or less: {'reached' if busy * 100 <= BUSIEST else 'MISSED'}"
    line("idle, of a core", f"{busy * 100:>10.2f} %   ({aim})")
    line("idle, the broker, of a core", f"{(seconds_of(broker.pid) - beside) / IDLE * 100:>10.2f} %")
    line("memory of the broker", f"{resident(broker.pid) / 1024:>10.0f} MiB")


async def _all_services(data: Path, broker: Broker, intake: Process) -> None:
    """The other two services beside it: what a whole region takes of one machine."""
    async with (
        _began(data, broker, "events beside it: first start", service="events") as events,
        _began(data, broker, "network beside both: first start", service="network") as network,
    ):
        for process in (network, events, intake):
            await process.quiet()
        await asyncio.sleep(AT_REST)
        busy = await asyncio.gather(*(process.busy(IDLE) for process in (intake, events, network)))
        memory = [resident(process.pid) / 1024 for process in (intake, events, network)]
        line("intake, events, network at rest, MiB", "{:>10.0f} {:.0f} {:.0f}".format(*memory))
        line("the same, of a core, %", "{:>10.2f} {:.2f} {:.2f}".format(*(100 * one for one in busy)))
        line("memory of the broker, for all three", f"{resident(broker.pid) / 1024:>10.0f} MiB")


async def _asleep(data: Path, broker: Broker) -> None:
    """The same command, at an organisation that nobody used since it started, and right after that."""
    caller = Caller(await broker.gateway())
    asleep, awake = list[float](), list[float]()
    for number in range(min(ASLEEP, ORGANISATIONS)):
        someone = Coordinator(data, caller, slug(number))
        asleep.append(await registered(someone))
        awake.append(await registered(someone))
    for what, took in (("a sleeping organisation", asleep), ("one awake", awake)):
        worst = f"(worst of {len(took)} {max(took) * 1e3:.1f})"
        line(f"a command to {what}", f"{statistics.median(took) * 1e3:>10.1f} ms   {worst}")


def _memory(many: int, theirs: int, few: int, little: int) -> None:
    each = (theirs - little) / (many - few)
    aim = f"aim {LARGEST} or less: {'reached' if each <= LARGEST else 'MISSED'}"
    line(f"memory of the process, {many} organisations at rest", f"{theirs / 1024:>10.0f} MiB")
    line(f"memory of a process that keeps {few} of them", f"{little / 1024:>10.0f} MiB")
    line("memory of one organisation at rest (by the difference)", f"{each:>10.0f} KiB   ({aim})\n")
