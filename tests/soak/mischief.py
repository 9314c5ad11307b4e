"""What is worse than a kill: a second owner, a second relay, letters that come again."""

import asyncio
import signal
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module

import msgspec
from nats.aio.msg import Msg

from shared.eventlog.cache import StateCache
from shared.eventlog.database import Database
from shared.eventlog.keystore import keystore
from shared.eventlog.log import Log, utc_now
from shared.eventlog.masterkey import Master
from shared.eventlog.registry import Registry
from shared.node import database_url
from shared.service import Service
from shared.signing import MASTER
from shared.wire.connection import Connection, connect
from shared.wire.handover import Batch, subject
from shared.wire.relay import Relay
from tests.soak.parts import Network, Part, ended

_AWAKE = 1.5
"""Seconds that a zombie lives after it wakes up."""


def service(name: str) -> Service:
    """What makes a service."""
    made: Service = import_module(f"services.{name}.main").SERVICE
    return made


async def zombie(network: Network, part: Part, lasts: float) -> None:
    """A second process owns the nodes while the first stands still; then the first goes on as if nothing had happened."""
    first = part.process
    part.signal(signal.SIGSTOP)
    try:
        for slug in network.register.organisations:
            (network.data / slug / f"{part.name}.lock").unlink(missing_ok=True)
        part.start()
        await asyncio.sleep(lasts)
        first.send_signal(signal.SIGCONT)
        await asyncio.sleep(_AWAKE)
    finally:
        ended(first)


class Onlooker(Log):
    """A node's log as somebody reads it who does not own it."""

    async def wait(self, after: int) -> int:
        """It hears of no commit: look every now and then."""
        await asyncio.sleep(0.05)
        return after


def onlooker(network: Network, node: str) -> Onlooker:
    """Open a node's log for reading."""
    slug, _, name = node.partition(".")
    database = Database(database_url(network.settings, slug, name), name)
    registry, secret = Registry(service(name).deciders), (network.data / slug / "keys" / MASTER).read_text().strip()
    keys = keystore(database_url(network.settings, slug, name), node, Master(secret))
    return Onlooker(node, database, registry, StateCache(), utc_now, keys)


@asynccontextmanager
async def connected(network: Network, node: str) -> AsyncGenerator[Connection]:
    """A connection with a node's own credentials."""
    slug, _, name = node.partition(".")
    seed = (network.data / slug / "keys" / f"{name}.nk").read_text().strip()
    url = str(network.settings.nats_url)
    nats = await connect(url, seed=seed, name=f"second {node}", inbox_prefix=f"_INBOX.{node}")
    try:
        yield nats
    finally:
        await nats.close()


async def twin(network: Network, name: str, lasts: float) -> None:
    """Every node of a service has two relays for a while."""
    async with AsyncExitStack() as stack:
        running: list[asyncio.Task[None]] = []
        for slug, organisation in network.register.organisations.items():
            node, made = f"{slug}.{name}", service(name)
            log = onlooker(network, node)
            stack.push_async_callback(log.close)
            nats = await stack.enter_async_context(connected(network, node))
            source = f"{organisation.source}:systeem:kring-{name}"
            running.append(asyncio.create_task(Relay(nats, log, name, made.publish, source).run()))
        await asyncio.sleep(lasts)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def repeat(network: Network, name: str, lasts: float) -> None:
    """Copy what is handed over for a while, then hand it over again: the last first, everything twice."""
    copies: list[bytes] = []

    async def copy(message: Msg) -> None:
        copies.append(message.data)

    async with AsyncExitStack() as stack:
        nodes = [f"{slug}.{name}" for slug in network.register.organisations]
        nats = {node: await stack.enter_async_context(connected(network, node)) for node in nodes}
        for connection in nats.values():
            await connection.subscribe(f"letters.*.{name}", cb=copy)
        await asyncio.sleep(lasts)
        for data in reversed(copies * 2):
            batch = msgspec.msgpack.decode(data, type=Batch)
            if batch.letters and batch.sender in nats:
                await nats[batch.sender].publish(subject(batch.sender, batch.receiver), data)
        await asyncio.gather(*(connection.flush() for connection in nats.values()))
