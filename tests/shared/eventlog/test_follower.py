"""Policies on the own log, and deadlines."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from shared.eventlog.due import clear_due, due, set_due
from shared.eventlog.follower import SELF, OwnFollower
from shared.eventlog.log import Log
from shared.eventlog.parked import listed
from shared.eventlog.ticker import Ticker
from shared.eventlog.types import Due, Outcome, Recorded, Step, Unit
from shared.ids import uuid7
from tests.shared.eventlog import seats
from tests.shared.eventlog.conftest import Opening
from tests.shared.eventlog.seats import Open, Opened, Take, Taken
from tests.support.waiting import eventually

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ROOM = UUID(int=7)


def _then(recorded: Recorded[Opened]) -> Sequence[Step]:
    return [Step(seats, recorded.stream, Take(f"host of {recorded.event.seats}"))]


WHEN_OPENED = SimpleNamespace(__name__="policies.when_opened_then_a_host_sits", FOLLOWS=(Opened,), then=_then)


async def settled(log: Log, position: int) -> None:
    async with asyncio.timeout(30):
        await log.wait(position - 1)


async def following(log: Log, follower: OwnFollower, until: int) -> None:
    task = asyncio.create_task(follower.run())
    try:
        await eventually(lambda: log.tracked(SELF) >= until)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_policy_commands_its_own_node_once_even_over_a_restart(opened: Opening) -> None:
    log, room = await opened(), uuid7()
    await log.run(seats, room, Open(2), by="user:ann", trace="a" * 32)
    await following(log, OwnFollower(log, [WHEN_OPENED]), 1)
    await log.close()
    again = await opened()
    await again.run(seats, uuid7(), Open(3), by="user:ann")
    await following(again, OwnFollower(again, [WHEN_OPENED]), 3)
    recorded = await again.read(room)
    assert [one.event for one in recorded] == [Opened(2), Taken("host of 2")]
    assert (recorded[1].by, recorded[1].trace) == ("policy:when_opened_then_a_host_sits", "a" * 32)


async def test_a_refused_command_of_a_policy_is_parked_and_the_rest_goes_on(opened: Opening) -> None:
    log, room = await opened(), uuid7()
    await log.run(seats, uuid7(), Open(0), by="user:ann")
    await log.run(seats, room, Open(1), by="user:ann")
    follower = OwnFollower(log, [WHEN_OPENED])
    await following(log, follower, 2)
    [parked] = await log.query(listed)
    assert (parked.source, parked.reason, parked.type) == ("self", "no-seat", "test.room-opened.v1")
    assert [step.command for step in await follower.steps(parked.body)] == [Take("host of 0")]
    assert (await log.state(seats, room)).taken == ("host of 1",)


async def test_an_event_that_a_policy_breaks_on_is_parked_and_the_rest_goes_on(opened: Opening) -> None:
    def then(recorded: Recorded[Opened]) -> Sequence[Step]:
        if recorded.event.seats == 1:
            raise ZeroDivisionError
        return [Step(seats, recorded.stream, "no command at all" if recorded.event.seats == 2 else Take("Bep"))]

    log, room = await opened(), uuid7()
    for stream, size in ((uuid7(), 1), (uuid7(), 2), (room, 3)):
        await log.run(seats, stream, Open(size), by="user:ann")
    breaking = SimpleNamespace(__name__="policies.breaking", FOLLOWS=(Opened,), then=then)
    await following(log, OwnFollower(log, [breaking]), 3)
    assert (await log.state(seats, room)).taken == ("Bep",)
    assert [one.reason for one in await log.query(listed)] == ["fault", "no-seat"]


async def test_what_was_written_before_a_fault_keeps_nothing_waiting_that_came_after(opened: Opening) -> None:
    """As after a commit of which the answer was lost: more is done than the follower knows, and some of it would not be done again."""
    gone, log, room = set[UUID](), await opened(), uuid7()

    def then(recorded: Recorded[Opened]) -> Sequence[Step]:
        return () if recorded.stream in gone else _then(recorded)

    policy = SimpleNamespace(__name__="policies.when_opened", FOLLOWS=(Opened,), then=then)
    follower, last = OwnFollower(log, [policy]), uuid7()
    for stream in (uuid7(), last):
        await log.run(seats, stream, Open(1), by="user:ann")
    await following(log, OwnFollower(log, [policy]), 2)
    gone.add(last)
    await log.run(seats, room, Open(1), by="user:ann")
    await following(log, follower, 5)
    assert (await log.state(seats, room)).taken == ("host of 1",)
    assert await log.query(listed) == []


async def test_policies_that_break_on_everything_cost_each_event_alone(opened: Opening) -> None:
    log, tried = await opened(), list[int]()
    for _ in range(8):
        await log.run(seats, uuid7(), Open(1), by="user:ann")

    def breaks(*_: object) -> None:
        tried.append(1)
        raise ZeroDivisionError

    breaking = SimpleNamespace(Event=seats.Event, initial=seats.initial, evolve=seats.evolve, decide=breaks)
    policy = SimpleNamespace(
        __name__="policies.breaking",
        FOLLOWS=(Opened,),
        then=lambda recorded: [Step(breaking, recorded.stream, None)],
    )
    with capture_logs():
        await following(log, OwnFollower(log, [policy]), 8)
    assert [one.reason for one in await log.query(listed)] == ["fault"] * 8
    assert len(tried) <= 2 * 8


async def test_while_the_database_is_away_own_events_wait(opened: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    log, room, away = await opened(), uuid7(), 2
    monkeypatch.setattr("shared.eventlog.follower._AGAIN", 0.01)
    write = log.write

    async def flaky(unit: Unit) -> Outcome:
        nonlocal away
        away -= 1
        if away >= 0:
            raise OperationalError("INSERT", {}, Exception("the server is not there"))
        return await write(unit)

    await log.run(seats, room, Open(1), by="user:ann")
    monkeypatch.setattr(log, "write", flaky)
    await following(log, OwnFollower(log, [WHEN_OPENED]), 1)
    assert ((await log.state(seats, room)).taken, await log.query(listed)) == (("host of 1",), [])


def _deadlines(recorded: Recorded[Any]) -> Any:
    match recorded.event:
        case Opened():
            yield set_due("nobody-came", recorded.stream, recorded.at + timedelta(days=1))
        case _:
            yield clear_due("nobody-came", recorded.stream)


DEADLINES = SimpleNamespace(__name__="deadlines", VERSION=1, TABLES=(due,), FOLLOWS=(Opened, Taken), project=_deadlines)


def _nobody_came(deadline: Due, now: datetime) -> Sequence[Step]:
    assert now >= deadline.at
    return [Step(seats, deadline.stream, Take("the cat"))]


async def test_a_deadline_issues_its_command_when_the_clock_has_come_to_it(opened: Opening) -> None:
    clock = [NOON]
    log = await opened(views=(seats, DEADLINES), clock=lambda: clock[0])
    empty, full, busy = uuid7(), uuid7(), uuid7()
    await log.run(seats, empty, Open(1), by="user:ann")
    await log.run(seats, full, Open(0), by="user:ann")
    await log.run(seats, busy, Open(2), by="user:ann")
    await log.run(seats, busy, Take("Bep"), by="user:ann")
    clock[0] = NOON + timedelta(days=1)
    ticker = Ticker(lambda: clock[0])
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(ticker.run()), tasks.create_task(ticker.watch(log, {"nobody-came": _nobody_came}))]
        await settled(log, 5)
        await eventually(lambda: log.query(listed))
        for task in running:
            task.cancel()
    assert (await log.state(seats, empty)).taken == ("the cat",)
    assert (await log.state(seats, busy)).taken == ("Bep",)
    assert [one.reason for one in await log.query(listed)] == ["no-seat"]
    assert await log.query(lambda connection: connection.execute(due.select()).all()) == []
