"""One deadline heap per process: wakes each node when its first deadline falls, however many nodes there are."""

import asyncio
import heapq
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from types import MappingProxyType

import msgspec
import structlog
from sqlalchemy import Connection, select

from shared import trace
from shared.eventlog.database import PASSING
from shared.eventlog.due import clear_due, due
from shared.eventlog.log import Log
from shared.eventlog.parked import park
from shared.eventlog.types import Change, Due, Step, Unit
from shared.rules import Refused

Commands = Callable[[Due, datetime], Sequence[Step]]
Round = Callable[[Connection, Due, datetime], Sequence[Step]]
"""The same with a look into the views."""
_LONGEST = 60.0
"""Seconds between two looks at the clock: a machine that slept, or a clock that was set, is noticed within them."""
_AT_ONCE = 100
_AGAIN = timedelta(seconds=5)
"""After which a node is tried again whose deadlines could not be issued."""
_NEVER = datetime.max.replace(tzinfo=UTC)
_FIRST = select(due.c.at).order_by(due.c.at).limit(1)


class Ticker:
    """The process's deadlines. `watch` a log, and its due rows become commands."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._heap: list[tuple[datetime, str]] = []
        self._logs: dict[str, tuple[Log, Mapping[str, Commands], Mapping[str, Round]]] = {}
        self._first: dict[str, datetime] = {}
        self._issuing: set[str] = set()
        self._sooner = asyncio.Event()

    async def watch(
        self, log: Log, commands: Mapping[str, Commands], rounds: Mapping[str, Round] = MappingProxyType({})
    ) -> None:
        """Take a log's deadlines on, and follow their changes until cancelled."""
        self._logs[log.node] = (log, commands, rounds)
        try:
            if commands or rounds:
                log.wake(partial(self._set, log.node))
                await self._note(log)
                await asyncio.Event().wait()
        finally:
            del self._logs[log.node]

    async def run(self) -> None:
        """Issue the commands of every deadline that has come, until cancelled. No node waits for another."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                while self._heap and self._heap[0][0] <= self._clock():
                    at, node = heapq.heappop(self._heap)
                    if self._first.get(node) == at:
                        del self._first[node]
                    if node in self._logs and node not in self._issuing:
                        self._issuing.add(node)
                        tasks.create_task(self._turn(*self._logs[node]))
                pause = (self._heap[0][0] - self._clock()).total_seconds() if self._heap else _LONGEST
                self._sooner.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(max(pause, 0.0), _LONGEST)):
                        await self._sooner.wait()

    async def _note(self, log: Log) -> None:
        first = await log.query(lambda connection: connection.execute(_FIRST).scalar())
        if first is not None:
            self._set(log.node, first)

    def _set(self, node: str, at: datetime) -> None:
        if node in self._logs and at < self._first.get(node, _NEVER):
            self._wake(at, node)

    def _wake(self, at: datetime, node: str) -> None:
        self._first[node] = at
        heapq.heappush(self._heap, (at, node))
        self._sooner.set()

    async def _turn(self, log: Log, commands: Mapping[str, Commands], rounds: Mapping[str, Round]) -> None:
        """One node's deadlines that have come; what keeps it from them is its own, and passes."""
        try:
            try:
                now = self._clock()
                for one in await log.query(lambda connection: _fallen(connection, now)):
                    await _issue(log, one, commands, rounds, now)
            finally:
                self._issuing.discard(log.node)
            await self._note(log)
        except Exception as fault:  # noqa: BLE001  (the other nodes' deadlines come all the same)
            structlog.get_logger().error("deadlines could not be issued", node=log.node, error=type(fault).__name__)
            self._wake(self._clock() + _AGAIN, log.node)


async def issued(
    log: Log, one: Due, commands: Mapping[str, Commands], rounds: Mapping[str, Round], now: datetime
) -> Sequence[Step]:
    """A deadline's commands. Raises `Refused("deadline-unknown")`: an earlier version of this program, or a later one, knows what to do."""
    if one.name in rounds:
        return await log.query(lambda connection: rounds[one.name](connection, one, now))
    if one.name not in commands:
        raise Refused("deadline-unknown", name=one.name)
    return commands[one.name](one, now)


async def _issue(
    log: Log, one: Due, commands: Mapping[str, Commands], rounds: Mapping[str, Round], now: datetime
) -> None:
    """One deadline's commands. What is refused or fails is parked: it may not keep the next ones waiting."""
    try:
        await log.write(_unit(one, await issued(log, one, commands, rounds, now), now))
    except PASSING:
        raise
    except Exception as fault:  # noqa: BLE001  (whatever it was, it would be so again)
        reason = fault.code if isinstance(fault, Refused) else "fault"
        aside = [clear_due(one.name, one.stream), _parked(one, reason, now)]
        await log.write(Unit(by=f"policy:{one.name}", changes=aside))


def _fallen(connection: Connection, now: datetime) -> list[Due]:
    query = select(due).where(due.c.at <= now).order_by(due.c.at).limit(_AT_ONCE)
    return [Due(row.name, row.stream, row.at) for row in connection.execute(query)]


def _unit(one: Due, steps: Sequence[Step], now: datetime) -> Unit:
    clear = clear_due(one.name, one.stream)
    return Unit(
        steps=steps,
        by=f"policy:{one.name}",
        trace=trace.current(),
        changes=[clear],
        refused=lambda refusal: [clear, _parked(one, refusal.code, now)],
    )


def _parked(one: Due, reason: str, now: datetime) -> Change:
    body = msgspec.json.encode(one)
    return park(source="due", key=f"{one.name}:{one.stream}", type=one.name, body=body, reason=reason, at=now)
