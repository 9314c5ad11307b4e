"""A node as somebody sees it who does not own it, but holds its keys: its log, and its connection to the broker."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from importlib import import_module

from sqlalchemy import Connection as Reading
from sqlalchemy import delete, select

from shared.eventlog.cache import StateCache
from shared.eventlog.database import Database
from shared.eventlog.due import due
from shared.eventlog.keystore import keystore
from shared.eventlog.log import Log, utc_now
from shared.eventlog.masterkey import Master
from shared.eventlog.registry import Registry
from shared.eventlog.types import View
from shared.eventlog.views import rebuild, sections
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


Rows = Mapping[str, Sequence[str]]
"""By table."""


class Undone(Exception):  # noqa: N818  (the end of a transaction)
    """Nothing of it stays."""


class Onlooker(Log):
    """A node's log for reading."""

    async def rebuilt(self, views: Sequence[View]) -> tuple[Rows, Rows]:
        """What the read models show, and what they would show made again from the log: what differs stays as it is."""
        found: list[Rows] = []

        def look() -> None:
            with suppress(Undone), self._database.write() as connection:
                found.append(_rows(connection, views))
                connection.execute(delete(due))  # a rebuild leaves deadlines that no event sets
                rebuild(connection, views, partial(sections, self._recorder, self._mapper))
                found.append(_rows(connection, views))
                raise Undone

        await self._threads.writing(look)
        shown, again = found
        return shown, again

    async def wait(self, after: int) -> int:
        """It hears of no commit: look every now and then."""
        await asyncio.sleep(0.05)
        return after


def _rows(connection: Reading, views: Sequence[View]) -> Rows:
    tables = [due, *(table for view in views for table in view.TABLES)]
    return {table.name: sorted(str(tuple(row)) for row in connection.execute(select(table))) for table in tables}


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
