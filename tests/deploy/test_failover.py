"""Two real processes on two machines' folders, one PostgreSQL: one owns the node, the other stands by."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from deploy import demo
from shared import control
from shared.host import AGAIN
from shared.identity import Issuer, Role
from shared.ids import uuid7
from tests.support.broker import Broker, demo_broker
from tests.support.nats import free_port
from tests.support.postgres import postgres_url
from tests.support.waiting import eventually

SECONDS = AGAIN + 15
"""A standby looks every five seconds; then it opens the log. The rest is for a busy machine."""


class Machine:
    """WELZIN's events service, as one machine runs it."""

    def __init__(self, broker: Broker, data: Path, database: str) -> None:
        self.data = data
        for slug, *_ in demo.ORGANISATIONS:
            if slug == "welzin":
                shutil.copytree(broker.data / slug, data / slug)
        shutil.copytree(broker.data / "network", data / "network", ignore=shutil.ignore_patterns("nats"))
        shutil.copy(broker.data / "register.json", data)
        port = free_port()
        stated = {
            "KRING_DATA": str(data),
            "KRING_NATS_URL": broker.url,
            "KRING_EVENTS_PORT": str(port),
            "KRING_DATABASE_WELZIN": database,
        }
        command = [sys.executable, "-m", "services.events.main"]
        with (data / "log").open("w") as log:
            self._process = subprocess.Popen(command, env=os.environ | stated, stderr=log)
        token = Issuer.open(data, "welzin", production=False).token(
            [Role.COORDINATOR], user="bo", now=datetime.now(UTC)
        )
        headers = {"Authorization": f"Bearer {token}"}
        self.http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/welzin/v1", headers=headers, timeout=20)

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def add_place(self, name: str) -> httpx.Response:
        place = {"id": str(uuid7()), "name": name, "address": "Kerkstraat 1, Amersfoort", "area": "GM0307"}
        return await self.http.post("/places", json=place)

    async def places(self) -> list[str]:
        return sorted(one["name"] for one in (await self.http.get("/places")).json()["items"])

    async def standing(self) -> str:
        """`owner`, or why it is not."""
        health: Any = await control.ask(self.data, "events", "health")
        return "owner" if health["nodes"] else "".join(one["code"] for one in health["failures"])

    async def close(self) -> None:
        self._process.kill()
        self._process.wait()
        await self.http.aclose()


@asynccontextmanager
async def machine(broker: Broker, data: Path, database: str) -> AsyncGenerator[Machine]:
    made = Machine(broker, data, database)
    try:
        yield made
    finally:
        await made.close()


def take_lock_away(database: str) -> None:
    """The server ends the session that holds the lock, as it does when a machine no longer answers."""
    session = (
        "SELECT pg_terminate_backend(pid) FROM pg_locks "
        "WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    with psycopg.connect(database, autocommit=True) as connection:
        assert len(connection.execute(session).fetchall()) == 1


@pytest.mark.timeout(120)
@pytest.mark.skipif(sys.platform != "linux", reason="stops processes")
async def test_a_standby_takes_over_and_an_owner_that_slept_meanwhile_changes_nothing(tmp_path: Path) -> None:
    database = postgres_url()
    async with demo_broker() as broker, machine(broker, tmp_path / "one", database) as one:
        await eventually(one.standing, "owner", 20)
        assert (await one.add_place("De Benring")).status_code == 201
        async with machine(broker, tmp_path / "two", database) as two:
            await eventually(two.standing, "database-owned", 20)

            one.signal(signal.SIGSTOP)
            take_lock_away(database)
            await eventually(two.standing, "owner", SECONDS)
            assert (await two.add_place("De Kei")).status_code == 201
            one.signal(signal.SIGCONT)
            refused = await one.add_place("Written by a zombie")
            assert (refused.status_code, refused.json()["code"]) in {(503, "node-moved"), (404, "node-not-here")}
            await eventually(one.standing, "database-owned", SECONDS)
            assert await two.places() == ["De Benring", "De Kei"]

            two.signal(signal.SIGKILL)
            await eventually(one.standing, "owner", SECONDS)
            assert await one.places() == ["De Benring", "De Kei"]
