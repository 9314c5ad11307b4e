"""One run: a network under load and under attack, then quiet, then the ledger beside the books."""

import asyncio
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from shared.register import SERVICES
from tests.soak import mischief
from tests.soak.books import Books, read
from tests.soak.clients import Lane, Office, Over, opened
from tests.soak.compare import differences
from tests.soak.ledger import Ledger
from tests.soak.parts import Network, Part
from tests.soak.plan import Action, What, plan
from tests.soak.stories import PAIRS, PROGRAMMES, Story, offer, stories

QUIET = 90.0
"""Seconds after the last disturbance until everything must have arrived everywhere."""


class Run(msgspec.Struct):
    """What came of it."""

    seed: int
    commands: int
    again: int
    """Commands that had to be asked more than once."""
    done: Counter[tuple[str, str]]
    """Disturbances."""
    kills: int
    quiet: float
    """Seconds from the last disturbance until all was the same everywhere."""
    wrong: list[str]
    books: Books
    ledger: Ledger


class Rig:
    """A network, and what is done to it."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.kills = 0
        self.done: Counter[tuple[str, str]] = Counter()
        self.fell: list[str] = []

    async def disturb(self, actions: Sequence[Action]) -> None:
        """Carry out a plan; a part is disturbed in one way at a time."""
        begun = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for action in actions:
                await asyncio.sleep(max(0.0, begun + action.at - time.monotonic()))
                tasks.create_task(self._act(action))

    async def _act(self, action: Action) -> None:
        part = self.network.parts[action.part]
        act = {
            What.KILL: self._kill,
            What.PAUSE: self._pause,
            What.RESTART: self._restart,
            What.WIPE: partial(self._kill, wiping=True),
            What.ZOMBIE: self._zombie,
            What.TWIN: self._beside(mischief.twin),
            What.REPEAT: self._beside(mischief.repeat),
        }[action.what]
        await act(part, action.lasts)
        self.done[action.what, action.part] += 1

    async def _kill(self, part: Part, lasts: float, *, wiping: bool = False) -> None:
        async with part.busy:
            self.look(part)
            part.kill()
            self.kills += 1
            if wiping:
                shutil.rmtree(self.network.data / "network" / "nats", ignore_errors=True)
            await asyncio.sleep(lasts)
            part.start()

    async def _pause(self, part: Part, lasts: float) -> None:
        async with part.busy:
            self.look(part)
            part.signal(signal.SIGSTOP)
            await asyncio.sleep(lasts)
            part.signal(signal.SIGCONT)

    async def _restart(self, part: Part, lasts: float) -> None:
        async with part.busy:
            self.look(part)
            await part.stop()
            await asyncio.sleep(lasts)
            part.start()

    async def _zombie(self, part: Part, lasts: float) -> None:
        async with part.busy:
            self.look(part)
            await mischief.zombie(self.network, part, lasts)
            self.kills += 1

    def _beside(self, deed: Any) -> Any:
        async def act(part: Part, lasts: float) -> None:
            try:
                await deed(self.network, part.name, lasts)
            except Exception as fault:  # noqa: BLE001  (the broker may be away: then this disturbance does not come about)
                self.done["not come about", f"{deed.__name__}: {type(fault).__name__}"] += 1

        return act

    def look(self, part: Part) -> None:
        """See that nothing ended it but us."""
        if fallen := part.fell():
            self.fell.append(fallen)


@asynccontextmanager
async def running(folder: Path) -> AsyncGenerator[Network]:
    """A network that is up; nothing is left of its processes afterwards."""
    network = Network(folder)
    try:
        await network.ready()
        yield network
    finally:
        network.end()


async def soak(folder: Path, seed: int, seconds: float, *, lanes: int, pace: float) -> Run:
    """Run it: `lanes` people, each with a pause of `pace` seconds between two things on average."""
    async with running(folder) as network, opened(network, Ledger(folder / "ledger.jsonl")) as office:
        rig = Rig(network)
        people = await _people(office, random.Random(seed), lanes, pace)
        await rig.disturb(plan(seed, seconds))
        office.closing = True
        calm = time.monotonic()
        await network.ready()
        await asyncio.gather(*people)
        books, wrong = await _settled(network, office.ledger)
        for part in network.parts.values():
            rig.look(part)
        entries = office.ledger.entries
        again = sum(entry.tries > 1 for entry in entries)
        wrong = [*rig.fell, *(f"refused: {one}" for one in office.refused), *wrong]
        quiet = time.monotonic() - calm
        return Run(seed, len(entries), again, rig.done, rig.kills, quiet, wrong, books, office.ledger)


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
