"""Events a second from the log to the stream, every batch synced to disk, against one awaited publish an event."""

import asyncio
import time
from pathlib import Path
from typing import Any, ClassVar

import msgspec
from msgspec import Struct

from shared.contracts.envelope import envelope
from shared.eventlog.log import Log
from shared.eventlog.types import Recorded
from shared.ids import uuid7
from shared.service import Public
from shared.wire.connection import Connection
from shared.wire.relay import Relay
from shared.wire.stream import Stream
from tests.bench import visit
from tests.bench.measure import in_turns, line, ratio

EVENTS, ONE_BY_ONE = 10_000, 500
SOURCE = "urn:nld:kvknr:00000000:systeem:kring-bench"


class VisitNoted(Struct, frozen=True, tag="nl.kring.bench.visit-noted.v1"):
    """The event for others."""

    SUBJECT: ClassVar[str] = "public.bench.visit.noted"
    place: str


def publish(recorded: Recorded[Any]) -> Public:
    return Public(VisitNoted(recorded.event.place), recorded.stream)


async def compare(folder: Path, nc: Connection) -> None:
    """Measure and print."""
    log = await Log.open("bench.relay", f"sqlite:///{folder / 'relay.db'}", [visit])
    stream: Any = nc.jetstream()
    await stream.add_stream(name="BASE", subjects=["base.>"])
    ours, base = await in_turns(lambda: _ours(log, nc), lambda: _one_by_one(log, stream))
    line("relay: events from the log to the stream, synced", ours.rate())
    line("one publish an event, each awaited, synced", base.rate())
    ratio(ours.highest / base.highest, "times one by one", least=10)
    await log.close()


async def _ours(log: Log, nc: Connection) -> float:
    note = visit.Note("De Benring", visit.NOON)
    await asyncio.gather(*(log.run(visit, uuid7(), note, by="user:bench") for _ in range(EVENTS)))
    begin = time.perf_counter()
    relaying = asyncio.create_task(Relay(nc, log, "bench", publish, SOURCE).run())
    while await _published(nc) < log.position:  # noqa: ASYNC110  (the broker tells nobody)
        await asyncio.sleep(0.005)
    taken = time.perf_counter() - begin
    relaying.cancel()
    return EVENTS / taken


async def _published(nc: Connection) -> int:
    stream = Stream(nc)
    await stream.ensure()
    marker = await stream.last("events.position.bench.log")
    return msgspec.json.decode(marker.data)["position"] if marker else 0


async def _one_by_one(log: Log, stream: Any) -> float:
    """The same messages, translated beforehand: only publishing counts."""
    recorded = await log.notifications(0, ONE_BY_ONE)
    messages = [envelope(one, VisitNoted(one.event.place), one.stream, SOURCE) for one in recorded]
    begin = time.perf_counter()
    for headers, data in messages:
        await stream.publish("base.visit.noted", data, headers=headers)
    return ONE_BY_ONE / (time.perf_counter() - begin)
