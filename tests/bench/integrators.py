"""A hundred integrators of five organisations: how fast they catch up, and how far behind they are while events keep coming."""

import asyncio
import os
import statistics
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
from msgspec.structs import replace

from deploy import demo
from deploy.keys import created, nkey_public, nkey_seed
from deploy.registrar import Registrar
from services.intake.domain import participant
from shared.grants import Credentials, Grant
from shared.ids import uuid7
from shared.node import Node
from shared.register import Register
from shared.wire.stream import NAME
from tests.bench import history
from tests.bench.following import Taken
from tests.bench.measure import line, ratio
from tests.bench.office import offices
from tests.bench.region import seconds_of

SLUGS = [slug for slug, *_ in demo.ORGANISATIONS]
EACH, PROCESSES = 20, 4
"""Integrators of an organisation; processes that all of them share."""
FILTER = "events.own.>"
BEFORE = 100
"""Events of an organisation before anybody follows."""
LIVE = 300
"""Events of an organisation while all follow, at the pace of the aim: for half a minute."""
AIM = 1_000
"""Deliveries a second in all; never asked for more."""
PATIENCE = 120.0


async def compare(folder: Path) -> None:
    """Measure and print."""
    data, clients = folder / "integrators", folder / "clients"
    demo.prepare(data)
    seeds = [nkey_seed() for _ in range(EACH * len(SLUGS))]
    register = _granted(data, seeds)
    async with offices(data, register) as network, AsyncExitStack() as stack:
        nodes = [await stack.enter_async_context(network.node(slug)) for slug in SLUGS]
        await asyncio.gather(*(_event(node) for node in nodes for _ in range(BEFORE)))
        _handed_out(clients, network.server.url, register, seeds)
        processes = [await _client(one) for one in sorted(clients.iterdir())]
        await _caught_up(nodes)
        pids = [network.server.pid, os.getpid(), *(process.pid for process in processes)]
        begin, before = time.time(), [seconds_of(pid) for pid in pids]
        await asyncio.gather(*(_live(node, AIM / EACH / len(nodes)) for node in nodes))
        await _caught_up(nodes)
        busy = [
            100 * (seconds_of(pid) - spent) / (time.time() - begin) for pid, spent in zip(pids, before, strict=True)
        ]
        async with asyncio.timeout(PATIENCE):
            answers = [(await process.communicate(b""))[0] for process in processes]
    every = [one for answer in answers for one in msgspec.json.decode(answer, type=list[list[Taken]])]
    _print(every, [busy[0], busy[1], sum(busy[2:])])


def _print(every: Sequence[Sequence[Taken]], busy: Sequence[float]) -> None:
    old = [one.at for taken in every for one in taken[:BEFORE]]
    new = [one for taken in every for one in taken[BEFORE:]]
    lags = statistics.quantiles((one.lag for one in new), n=100)
    span = max(one.at for one in new) - min(one.at for one in new)
    carried = len(old) / (max(old) - min(old))
    line(f"{len(every)} integrators catch up, deliveries", f"{carried:>10,.0f} /s")
    ratio(carried / AIM, f"times {AIM:,}", least=1)
    line(f"live, {AIM / EACH:,.0f} events a second to {EACH} each, deliveries", f"{len(new) / span:>10,.0f} /s")
    line("from recorded to stored by the integrator, p50", f"{lags[49] * 1e3:>10.2f} ms")
    line("from recorded to stored by the integrator, p99", f"{lags[98] * 1e3:>10.2f} ms")
    for what, percent in zip(("nats-server", "the five nodes", "the integrators"), busy, strict=True):
        line(f"processor time meanwhile, {what}", f"{percent:>10.0f} % of a core")
    print()


def _granted(data: Path, seeds: Sequence[str]) -> Register:
    """All grants at once; the registrar would check and write the broker's configuration a hundred times."""
    register = Register.open(data)
    grants = tuple(
        Grant(uuid7(), SLUGS[number % len(SLUGS)], f"bench-{number}", FILTER, None, nkey_public(seed))
        for number, seed in enumerate(seeds)
    )
    contents = replace(register.contents, number=register.contents.number + 1, grants=grants)
    return Registrar(data)._publish(contents)  # noqa: SLF001


def _handed_out(clients: Path, url: str, register: Register, seeds: Sequence[str]) -> None:
    """Each integrator's file, in the folder of the process that follows for it."""
    for number, (grant, seed) in enumerate(zip(register.contents.grants, seeds, strict=True)):
        folder = clients / str(number % PROCESSES)
        folder.mkdir(parents=True, exist_ok=True)
        given = Credentials(url, seed, grant.organisation, NAME, grant.consumer, grant.inbox, grant.filter, grant.start)
        created(folder / f"{grant.name}.json", msgspec.json.encode(given).decode())


async def _client(folder: Path) -> asyncio.subprocess.Process:
    command = [sys.executable, "-m", "tests.bench.following", str(folder), str(BEFORE + LIVE)]
    return await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)


async def _caught_up(nodes: Sequence[Node]) -> None:
    async with asyncio.timeout(PATIENCE):
        for node in nodes:
            while any(one.waiting != 0 for one in await node.integrators.following()):  # noqa: ASYNC110  (the broker tells nobody)
                await asyncio.sleep(0.5)


async def _live(node: Node, rate: float) -> None:
    begin = time.perf_counter()
    for number in range(LIVE):
        await asyncio.sleep(max(begin + number / rate - time.perf_counter(), 0))
        await _event(node)


async def _event(node: Node) -> None:
    """Somebody registers: an event by random id, for the organisation's own systems."""
    await node.log.run(
        participant, uuid7(), participant.Register(history.profile(1), None, history.AGREED), by="user:bench"
    )
