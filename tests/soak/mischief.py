"""What is worse than a kill: a second owner, and a second relay."""

import asyncio
import hashlib
import signal
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from random import Random
from typing import Any

import psycopg

from shared.eventlog.types import Recorded
from shared.wire.relay import Relay, RelayState
from shared.wire.stream import Message, Stale
from tests.soak.outside import briefly, connected, onlooker, service
from tests.soak.parts import Network, Part, ended
from tests.soak.plan import FOLLOWED, REFUSED

AWAKE = (1.5, 10.0)
"""Seconds that a zombie lives after it woke up: at least, and at most, while no commit of its has been refused."""
_PATIENCE = 30.0
"""Seconds that is waited for a process to be ready."""
_END = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s"


async def zombie(network: Network, part: Part, lasts: float) -> Counter[str]:
    """A second process owns the nodes while the first stands still; then the first goes on as if nothing had happened.

    One that is not ready yet owns nothing and is none: it would only take the second's control socket away, and nothing is done.
    """
    await briefly(partial(_owns, network, part), _PATIENCE)
    if not await _owns(network, part):
        return Counter()
    first, told = part.process, part.log.stat().st_size
    part.signal(signal.SIGSTOP)
    try:
        await asyncio.to_thread(_unlocked, network, part.name)
        part.start()
        await asyncio.sleep(lasts)
        await briefly(partial(_owns, network, part), _PATIENCE)
        first.send_signal(signal.SIGCONT)
        await asyncio.sleep(AWAKE[0])
        await briefly(partial(_refused, network, part, told), AWAKE[1] - AWAKE[0])
    finally:
        ended(first)
    return Counter({REFUSED: _refused(network, part, told)})


async def _owns(network: Network, part: Part) -> bool:
    """Whether the process that was started last has all its nodes."""
    return bool((await network.health(part.name))["ready"])


def _unlocked(network: Network, name: str) -> None:
    """Take the locks of a service's nodes away: the files, and the sessions in PostgreSQL that hold one."""
    for slug in network.register.organisations:
        url = network.settings.databases.get(slug)
        if url is None:
            (network.data / slug / f"{name}.lock").unlink(missing_ok=True)
            continue
        key = int.from_bytes(hashlib.sha256(f"{slug}.{name}".encode()).digest()[:8], "big")  # as `Ownership` makes it
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_END, (key >> 32, key & 0xFFFFFFFF))


def _refused(network: Network, part: Part, after: int) -> int:
    """Nodes that ended since then because the epoch refused a commit; those on PostgreSQL end before, as it tells them."""
    told = [f'"node":"{slug}.'.encode() for slug in network.settings.databases]
    with part.log.open("rb") as log:
        log.seek(after)
        return sum(b'"code":"node-moved"' in line and not any(one in line for one in told) for line in log)


class Second(Relay):
    """A relay that counts what it does."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.did = Counter[str]()

    def _to(self, state: RelayState) -> None:
        if state is RelayState.FOLLOWING:
            self.did[FOLLOWED] = 1
        elif state is not self.state:
            self.did[f"times that a second relay was {state}"] += 1
        super()._to(state)

    async def _append(self, messages: Sequence[Message], last: Recorded[Any]) -> None:
        try:
            await super()._append(messages, last)
        except Stale:
            self.did["batches that came after the first relay's"] += 1
            raise
        self.did["events that the second was first to publish"] += len(messages)


async def twin(network: Network, part: Part, lasts: float, chance: Random) -> Counter[str]:
    """Every node of a service has two relays for a while. Raises what a relay raised."""
    relays: list[Second] = []
    async with AsyncExitStack() as stack:
        for slug, organisation in network.register.organisations.items():
            node, made = f"{slug}.{part.name}", service(part.name)
            log = onlooker(network, node)
            stack.push_async_callback(log.close)
            nats = await stack.enter_async_context(connected(network, node))
            source = f"{organisation.source}:systeem:kring-{part.name}"
            relays.append(Second(nats, log, part.name, made.publish, source))
        running = [asyncio.create_task(relay.run()) for relay in relays]
        await asyncio.wait(running, timeout=lasts, return_when=asyncio.FIRST_EXCEPTION)
        for task in running:
            task.cancel()
        found = await asyncio.gather(*running, return_exceptions=True)
    if faults := [one for one in found if isinstance(one, Exception)]:
        raise ExceptionGroup(f"second relays of {part.name}", faults)
    return sum((relay.did for relay in relays), Counter())
