"""PostgreSQL is stopped at once in the middle of commits, and starts again: nothing acknowledged is lost, nothing is there twice."""

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest

from services.events.domain import participant
from services.events.main import SERVICE
from shared.eventlog.log import utc_now
from shared.eventlog.types import Step, Unit
from shared.host import Host
from shared.settings import Settings
from tests.support.broker import demo_broker
from tests.support.postgres import OwnServer
from tests.support.waiting import eventually

WRITERS, EACH = 8, 100
CRASHES = (200, 500)
"""How many commands are acknowledged when it stops."""
PATIENCE = 60


@pytest.fixture
def server() -> Iterator[OwnServer]:
    """A server of this test alone."""
    folder = Path(tempfile.mkdtemp(prefix="kring-pg-"))
    server = OwnServer(folder)
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


class Client:
    """Who asks again, by the same id, until the answer comes."""

    def __init__(self, host: Host) -> None:
        self.acknowledged: set[int] = set()
        self.failed = 0
        self._host = host

    def has(self, acknowledged: int, failed: int) -> bool:
        """Whether it has come so far."""
        return len(self.acknowledged) >= acknowledged and self.failed >= failed

    async def ask(self, numbers: Sequence[int]) -> None:
        """Do these commands, one after the other."""
        for number in numbers:
            step = Step(participant, UUID(int=number), participant.Know(utc_now()))
            while number not in self.acknowledged:
                try:
                    await self._host.nodes["welzin"].log.write(
                        Unit(steps=[step], by="policy:test", id=UUID(int=number))
                    )
                except Exception:  # noqa: BLE001  (whatever it is: it was not acknowledged)
                    self.failed += 1
                    await asyncio.sleep(0.05)
                else:
                    self.acknowledged.add(number)


async def _crashed(client: Client, server: OwnServer) -> None:
    """Stop it at its moments, each time for as long as it takes until that is felt."""
    for number in CRASHES:
        await eventually(partial(client.has, number, 0), within=PATIENCE)
        failed = client.failed
        await asyncio.to_thread(server.crash)
        await eventually(partial(client.has, number, failed + 1), within=PATIENCE)
        await asyncio.to_thread(server.start)


@pytest.mark.timeout(180)
async def test_a_server_that_stops_at_once_costs_nothing_that_was_acknowledged(server: OwnServer) -> None:
    async with demo_broker() as broker:
        settings = Settings(data=broker.data, nats_url=broker.url, databases={"welzin": server.url})
        host = Host(SERVICE, settings)
        running = asyncio.create_task(host.run())
        client = Client(host)
        asked = [client.ask(range(first, WRITERS * EACH, WRITERS)) for first in range(WRITERS)]
        await asyncio.gather(_crashed(client, server), *asked)
        events = await host.nodes["welzin"].log.notifications(0, 10_000)
        assert Counter(one.stream.int for one in events) == Counter(range(WRITERS * EACH))
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
