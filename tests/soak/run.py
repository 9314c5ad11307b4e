"""One run: a network under load and under attack, then quiet, then the ledger beside the books."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from shared.register import SERVICES
from tests.soak.attack import Attack
from tests.soak.books import Books, read
from tests.soak.clients import Lane, Office, Over, opened
from tests.soak.compare import differences
from tests.soak.ledger import Entry, Ledger
from tests.soak.parts import Network
from tests.soak.plan import KILLED, What, plan
from tests.soak.stories import PAIRS, PROGRAMMES, Story, offer, stories

QUIET = 90.0
"""Seconds after the last disturbance until everything must have arrived everywhere."""


class Run(msgspec.Struct):
    """What came of it."""

    seed: int
    seconds: float
    """How long it was disturbed."""
    commands: int
    again: int
    """Commands that had to be asked more than once."""
    served: Counter[str]
    """Commands by the part that took them: a service, or the gateway."""
    done: Counter[tuple[What, str]]
    """Disturbances, by kind and part."""
    came: Counter[tuple[What, str]]
    """What came of them."""
    quiet: float
    """Seconds from the last disturbance until all was the same everywhere."""
    wrong: list[str]
    books: Books
    entries: Sequence[Entry]

    @property
    def kills(self) -> int:
        """Services, gateways and brokers that were ended by SIGKILL; zombies, which are no longer at work, not among them."""
        return sum(times for (_, what), times in self.came.items() if what == KILLED)


@asynccontextmanager
async def running(folder: Path) -> AsyncGenerator[Network]:
    """A network that is up; nothing is left of its processes afterwards."""
    network = Network(folder)
    try:
        async with network.line.carrying():
            await network.ready()
            yield network
    finally:
        network.end()


async def soak(folder: Path, seed: int, seconds: float, *, lanes: int, pace: float) -> Run:
    """Run it: `lanes` people, each with a pause of `pace` seconds between two things on average."""
    async with running(folder) as network, opened(network, Ledger(folder / "ledger.jsonl")) as office:
        attack = Attack(network)
        people = await _people(office, random.Random(seed), lanes, pace)
        await attack.carry_out(plan(seed, seconds))
        office.closing = True
        calm = time.monotonic()
        await network.ready()
        await asyncio.gather(*people)
        books, wrong = await _settled(network, office.ledger)
        for part in network.parts.values():
            attack.look(part)
        entries = office.ledger.entries
        again = sum(entry.tries > 1 for entry in entries)
        wrong = [*attack.fell, *(f"refused: {one}" for one in office.refused), *wrong]
        quiet = time.monotonic() - calm
        served = Counter(entry.door for entry in entries)
        counts = len(entries), again, served, attack.done, attack.came
        return Run(seed, seconds, *counts, quiet, wrong, books, entries)


async def _people(office: Office, chance: random.Random, lanes: int, pace: float) -> list[asyncio.Task[None]]:
    """So many people at work, each with the next of all stories."""
    await _prepare(office, chance)
    told = stories()
    each = [(f"{number} {told[number % len(told)][0]}", told[number % len(told)][1]) for number in range(lanes)]
    return [
        asyncio.create_task(_work(Lane(name, office, random.Random(chance.random()), pace), story))
        for name, story in each
    ]


async def _prepare(office: Office, chance: random.Random) -> None:
    """Programmes to refer to, known where they must be."""
    lane = Lane("preparing", office, chance, 0)
    for slug, programme in PROGRAMMES.items():
        await offer(lane, slug, programme)
    for sender, receiver in PAIRS:
        await lane.until_seen(f"{sender}.intake", f"/v1/directory/{receiver}/{PROGRAMMES[receiver]}")


async def _work(lane: Lane, story: Story) -> None:
    """The same story again and again, until the day is over."""
    while True:
        try:
            await story(lane)
        except Over:
            if lane.closing:
                return


async def _settled(network: Network, ledger: Ledger) -> tuple[Books, list[str]]:
    """Wait until everything has arrived everywhere; what is still wrong after `QUIET` seconds stays wrong."""
    end = time.monotonic() + QUIET
    while True:
        waiting = [line for name in SERVICES for line in _behind(await network.health(name))]
        if not waiting or time.monotonic() > end:
            books = await read(network)
            if not (wrong := differences(ledger.entries, books)) or time.monotonic() > end:
                return books, [*waiting, *wrong]
        await asyncio.sleep(1)


def _behind(health: dict[str, Any]) -> list[str]:
    """What a process has not finished."""
    found = [f"not here: {one['node']} {one['sentence']}" for one in health.get("failures", ())]
    for node in health.get("nodes", ()):
        if node["relay"] != "following" or node["behind"]:
            found.append(f"relay of {node['node']}: {node['relay']}, {node['behind']} behind")
        found += [f"link from {node['node']}: {link}" for link in node["links"]]
    return found
