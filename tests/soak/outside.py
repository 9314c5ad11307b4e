"""A node as somebody sees it who does not own it, but holds its keys: its log, and its connection to the broker."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from importlib import import_module

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
from tests.soak.parts import Network
from tests.support.waiting import eventually


async def briefly(question: Callable[[], object], longest: float) -> None:
    """Wait until it is so, or for as long."""
    with suppress(AssertionError):
        await eventually(question, within=longest)


def service(name: str) -> Service:
    """What makes a service."""
    made: Service = import_module(f"services.{name}.main").SERVICE
    return made


class Onlooker(Log):
    """A node's log for reading."""

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
