"""Organisations on PostgreSQL in one process of one service: how it starts, what it costs at rest, how soon another takes over.

Fewer than on SQLite: each has a database of its own, and making a database costs the server more than the rest of this together.
"""

import asyncio
import os
import signal
import time
from pathlib import Path

import psycopg

from tests.bench.measure import line
from tests.bench.region import SERVICE, Process, prepare, resident, running, slug
from tests.bench.size import AT_REST, IDLE, PATIENCE
from tests.support.broker import Broker
from tests.support.postgres import OwnServer

ORGANISATIONS = int(os.environ.get("ON_POSTGRES", "100"))
CONNECTIONS = 10 * ORGANISATIONS


async def compare(folder: Path) -> None:
    """Measure and print."""
    data, place = folder / "on-postgres", folder / "server"
    place.mkdir()
    server = OwnServer(place)
    urls = _databases(server)
    prepare(data, ORGANISATIONS)
    broker = Broker(data)
    try:
        await broker.listening()
        print(f"  {ORGANISATIONS} organisations on PostgreSQL, in one process of service {SERVICE}:")
        begin = time.perf_counter()
        async with running(data, broker.url, **urls) as first:
            await first.ready(within=PATIENCE)
            line("first start, until all answer", f"{time.perf_counter() - begin:>10.1f} s")
            await first.quiet()
            async with running(data, broker.url, **urls) as standby:
                await _failover(first, standby)
                line("connections to the server at rest", f"{_connections(server):>10}\n")
    finally:
        await broker.close()
        server.stop()


async def _failover(first: Process, standby: Process) -> None:
    await asyncio.sleep(AT_REST)
    begin = time.perf_counter()
    os.kill(first.pid, signal.SIGKILL)
    await standby.ready()
    line("killed: until a standby process answers for all", f"{time.perf_counter() - begin:>10.1f} s")
    await standby.quiet()
    await asyncio.sleep(AT_REST)
    line("idle, of a core", f"{await standby.busy(IDLE) * 100:>10.2f} %")
    line("memory of the process", f"{resident(standby.pid) / 1024:>10.0f} MiB")


def _databases(server: OwnServer) -> dict[str, str]:
    """A database for each, by the setting that names it."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET max_connections = {CONNECTIONS}")
    server.stop()
    server.start()
    names = [slug(number).replace("-", "_") for number in range(ORGANISATIONS)]
    with psycopg.connect(server.url, autocommit=True) as connection:
        for name in names:
            connection.execute(f"CREATE DATABASE {name}")
    return {f"KRING_DATABASE_{name.upper()}": server.url.replace("/postgres?", f"/{name}?") for name in names}


def _connections(server: OwnServer) -> int:
    with psycopg.connect(server.url) as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname LIKE 'org_%'"
        [[count]] = connection.execute(query).fetchall()
    return int(count)
