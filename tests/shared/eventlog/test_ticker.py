"""Deadlines of many nodes in one process: what goes wrong at one of them is its own."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, func, select

from shared.eventlog.due import clear_due, due, set_due
from shared.eventlog.log import Log
from shared.eventlog.parked import listed
from shared.eventlog.ticker import Commands, Round, Ticker
from shared.eventlog.types import Due, Recorded, Step, Unit
from shared.ids import uuid7
from shared.rules import Refused
from tests.shared.eventlog import seats
from tests.shared.eventlog.conftest import Opening
from tests.shared.eventlog.seats import Open, Opened, Take
from tests.support.waiting import eventually

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TOMORROW = NOON + timedelta(days=1)


def _falls(recorded: Recorded[Any]) -> Any:
    seats = recorded.event.seats
    name = "nobody-knows-this" if seats == 2 else "later"
    yield set_due(name, recorded.stream, NOON if seats == 3 else TOMORROW)


DEADLINES = SimpleNamespace(__name__="deadlines", VERSION=1, TABLES=(due,), FOLLOWS=(Opened,), project=_falls)


def _sit(deadline: Due, _: datetime) -> Sequence[Step]:
    return [Step(seats, deadline.stream, Take("the cat"))]


def _break(_deadline: Due, _now: datetime) -> Sequence[Step]:
    raise ZeroDivisionError


def _refuse(_deadline: Due, _now: datetime) -> Sequence[Step]:
    raise Refused("not-now")


@asynccontextmanager
async def ticking(
    clock: list[datetime],
    *watched: tuple[Log, Mapping[str, Commands]] | tuple[Log, Mapping[str, Commands], Mapping[str, Round]],
) -> AsyncGenerator[None]:
    """These logs' deadlines are watched while the block lasts."""
    ticker = Ticker(lambda: clock[0])
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(ticker.run()), *(tasks.create_task(ticker.watch(*one)) for one in watched)]
        yield
        for task in running:
            task.cancel()


async def room(log: Log, size: int = 1) -> UUID:
    stream = uuid7()
    await log.run(seats, stream, Open(size), by="user:ann")
    return stream


def taken(log: Log, stream: UUID) -> Any:
    async def names() -> Any:
        return (await log.state(seats, stream)).taken

    return names


async def reasons(log: Log) -> list[str]:
    return [one.reason for one in await log.query(listed)]


async def test_a_deadline_that_nobody_knows_any_more_is_parked_and_the_rest_goes_on(opened: Opening) -> None:
    log = await opened(views=(seats, DEADLINES), clock=lambda: NOON)
    await room(log, 2)
    known = await room(log)
    async with ticking([TOMORROW], (log, {"later": _sit})):
        await eventually(taken(log, known), ("the cat",))
    assert await reasons(log) == ["deadline-unknown"]


@pytest.mark.parametrize(("commands", "reason"), [(_break, "fault"), (_refuse, "not-now")])
async def test_a_deadline_whose_commands_fail_is_parked(opened: Opening, commands: Commands, reason: str) -> None:
    log = await opened(views=(seats, DEADLINES), clock=lambda: NOON)
    await room(log)
    async with ticking([TOMORROW], (log, {"later": commands})):
        await eventually(lambda: reasons(log), [reason])


async def test_a_deadline_can_look_into_the_views_first(opened: Opening) -> None:
    def sit(connection: Connection, deadline: Due, _: datetime) -> Sequence[Step]:
        return [Step(seats, deadline.stream, Take(f"cat {connection.scalar(select(func.count()).select_from(due))}"))]

    log = await opened(views=(seats, DEADLINES), clock=lambda: NOON)
    first, known = await room(log), await room(log)
    async with ticking([TOMORROW], (log, {}, {"later": sit})):
        await eventually(taken(log, known), ("cat 1",))
    assert await taken(log, first)() == ("cat 2",)


def _cannot_look(_connection: Connection, _deadline: Due, _now: datetime) -> Sequence[Step]:
    raise Refused("not-now")


async def test_a_deadline_that_is_refused_when_it_has_looked_is_parked(opened: Opening) -> None:
    log = await opened(views=(seats, DEADLINES), clock=lambda: NOON)
    await room(log)
    async with ticking([TOMORROW], (log, {}, {"later": _cannot_look})):
        await eventually(lambda: reasons(log), ["not-now"])


async def test_a_node_that_takes_nothing_any_more_keeps_no_other_from_its_deadlines(
    opened: Opening, tmp_path: Path
) -> None:
    clock = [NOON]
    gone = await opened(views=(seats, DEADLINES), clock=lambda: NOON)
    here = await Log.open("there.intake", f"sqlite:///{tmp_path}/there.db", (seats,), (seats, DEADLINES))
    await room(gone)
    known = await room(here)
    async with ticking(clock, (gone, {"later": _sit}), (here, {"later": _sit})):
        await asyncio.sleep(0.1)  # both deadlines are known
        await gone.close()
        clock[0] = TOMORROW
        await room(here, 3)  # falls at once, and wakes the ticker
        await eventually(taken(here, known), ("the cat",))
    await here.close()


async def test_a_deadline_that_a_rebuild_brings_back_is_issued(opened: Opening) -> None:
    log = await opened(views=(seats, DEADLINES), clock=lambda: NOON)
    known = await room(log, 3)
    await log.write(Unit(by="test", changes=[clear_due("later", known)]))
    async with ticking([NOON], (log, {"later": _sit})):
        await log.rebuild()
        await eventually(taken(log, known), ("the cat",))
