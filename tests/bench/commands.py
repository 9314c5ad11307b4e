"""Durable commands a second on one SQLite node: 64 in flight, a view row each, against the library's stock `save`."""

import asyncio
import time
from datetime import datetime
from pathlib import Path
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from shared.eventlog.log import Log
from shared.ids import uuid7
from tests.bench import visit
from tests.bench.measure import in_turns, line, ratio

IN_FLIGHT = 64
OURS, STOCK = 8192, 1024


class Visit(Aggregate):
    """The same fact as the library's own aggregate: one event when it is made."""

    @event("Noted")
    def __init__(self, place: str, at: datetime) -> None:
        self.place = place
        self.at = at

    @staticmethod
    def create_id(**_: object) -> UUID:
        """Ids that sort by time, as ours: rows fall side by side on both sides."""
        return uuid7()


async def compare(folder: Path) -> None:
    """Measure and print."""
    log = await Log.open("bench.visits", f"sqlite:///{folder / 'visits.db'}", [visit], [visit])
    stock = Application[UUID](
        env={
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SQLITE_DBNAME": str(folder / "stock.db"),
            "IS_SNAPSHOTTING_ENABLED": "n",
        }
    )
    ours, base = await in_turns(lambda: carried(log), lambda: _stock(stock))
    line(f"commands, {IN_FLIGHT} in flight, a view row each", ours.rate())
    line("eventsourcing's save on SQLite, one event a commit, no view", base.rate())
    ratio(ours.highest / base.highest, "times the library", least=4)
    await log.close()
    stock.close()


async def carried(log: Log) -> float:
    """Commands a second."""

    async def caller() -> None:
        for _ in range(OURS // IN_FLIGHT):
            await log.run(visit, uuid7(), visit.Note("De Benring", visit.NOON), by="user:bench", id=uuid7())

    begin = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(IN_FLIGHT)))
    return OURS / (time.perf_counter() - begin)


async def _stock(application: "Application[UUID]") -> float:
    begin = time.perf_counter()
    for _ in range(STOCK):
        application.save(Visit("De Benring", visit.NOON))
    return STOCK / (time.perf_counter() - begin)
