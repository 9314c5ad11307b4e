"""What a node's log promises: nothing acknowledged is lost, a refusal writes nothing, asked twice is done once."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest
from eventsourcing.persistence import Tracking
from msgspec import Struct
from sqlalchemy import Connection, func, select

from shared.eventlog.log import Log
from shared.eventlog.parked import listed, park
from shared.eventlog.types import Change, Outcome, Recorded, Step, Unit
from shared.ids import uuid7
from shared.rules import Refused
from tests.shared.eventlog import seats
from tests.shared.eventlog.conftest import Opening
from tests.shared.eventlog.seats import BROKEN, Open, Opened, Room, Take, Taken


class Emptied(Struct, frozen=True, tag="test.emptied.v1"):
    pass


NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
_COUNT = select(func.count()).select_from(seats.rooms)


async def run(log: Log, room: UUID, *commands: Open | Take) -> list[Outcome]:
    return [await log.run(seats, room, command, by="user:ann") for command in commands]


async def taken(log: Log, room: UUID) -> int:
    found: int = await log.query(
        lambda connection: connection.execute(select(seats.rooms.c.taken).where(seats.rooms.c.id == room)).scalar_one()
    )
    return found


async def names(log: Log, room: UUID) -> Sequence[str]:
    state: Room = await log.state(seats, room)
    return state.taken


async def test_who_writes_reads_its_own_write(opened: Opening) -> None:
    log, room = await opened(), uuid7()
    await run(log, room, Open(2), Take("Bep"))
    assert await taken(log, room) == 1
    assert [recorded.event for recorded in await log.read(room)] == [Opened(2), Taken("Bep")]


async def test_what_was_answered_is_there_after_a_restart(opened: Opening) -> None:
    log, room = await opened(), uuid7()
    await run(log, room, Open(2), Take("Bep"))
    identity = log.id
    await log.close()
    again = await opened()
    assert (again.position, again.id, await taken(again, room)) == (2, identity, 1)
    await run(again, room, Take("Cor"))
    assert [recorded.position for recorded in await again.notifications(0, 10)] == [1, 2, 3]


async def test_two_who_race_for_the_last_seat_get_one_seat(opened: Opening) -> None:
    log, room = await opened(), uuid7()
    await run(log, room, Open(1))
    answers = await asyncio.gather(*(run(log, room, Take(f"guest {n}")) for n in range(20)), return_exceptions=True)
    assert sum(isinstance(answer, Refused) for answer in answers) == 19
    assert await taken(log, room) == 1


async def test_a_refusal_writes_nothing(opened: Opening) -> None:
    log, room = await opened(), uuid7()
    with pytest.raises(Refused, match="no-seat"):
        await run(log, room, Take("Bep"))
    assert (log.position, await log.read(room)) == (0, [])


async def test_one_bad_apple_costs_itself_only(opened: Opening) -> None:
    log = await opened()
    rooms = [uuid7() for _ in range(30)]
    await asyncio.gather(*(run(log, room, Open(5)) for room in rooms))
    bad = rooms[7]
    answers = await asyncio.gather(
        *(run(log, room, Take(BROKEN if room == bad else "Bep")) for room in rooms), return_exceptions=True
    )
    assert [isinstance(answer, Exception) for answer in answers] == [room == bad for room in rooms]
    assert [await taken(log, room) for room in rooms] == [int(room != bad) for room in rooms]
    assert await names(log, bad) == ()
    positions = [recorded.position for recorded in await log.notifications(0, 100)]
    assert positions == list(range(1, 60))


async def test_a_command_asked_twice_is_done_once(opened: Opening) -> None:
    log, room, command = await opened(), uuid7(), uuid7()
    await run(log, room, Open(9))

    async def take() -> Outcome:
        return await log.run(seats, room, Take("Bep"), by="user:ann", id=command)

    first, second = await asyncio.gather(take(), take())
    await run(log, room, Take("Cor"))
    third = await take()
    assert {len(first.events), len(second.events)} == {0, 1}
    assert (third.events, third.position) == ((), 2)
    await log.close()
    again = await opened()
    assert (await again.run(seats, room, Take("Bep"), by="user:ann", id=command)).position == 2
    assert await names(again, room) == ("Bep", "Cor")


async def test_a_refused_command_is_decided_anew_when_asked_again(opened: Opening) -> None:
    log, room, command = await opened(), uuid7(), uuid7()
    with pytest.raises(Refused):
        await log.run(seats, room, Take("Bep"), by="user:ann", id=command)
    await run(log, room, Open(1))
    assert len((await log.run(seats, room, Take("Bep"), by="user:ann", id=command)).events) == 1


async def test_an_id_that_another_kind_of_record_has_is_refused(opened: Opening) -> None:
    other = SimpleNamespace(
        __name__="other", Event=Emptied, initial=None, decide=lambda *_: [Emptied()], evolve=lambda *_: 1
    )
    log, room = await opened(deciders=(seats, other)), uuid7()
    await run(log, room, Open(1))
    with pytest.raises(Refused, match="id-taken"):
        await log.run(other, room, None, by="user:ann")


async def test_a_unit_is_written_whole_or_not_at_all(opened: Opening) -> None:
    log, room, other = await opened(), uuid7(), uuid7()
    await run(log, room, Open(1))
    steps = [Step(seats, room, Take("Bep")), Step(seats, other, Take("Bep"))]
    with pytest.raises(Refused):
        await log.write(Unit(steps=steps, by="user:ann"))
    assert (await names(log, room), log.position) == ((), 1)


async def test_a_trigger_has_one_effect_however_often_it_comes(opened: Opening) -> None:
    log, room = await opened(), uuid7()
    await run(log, room, Open(9))
    for name, position in (("Bep", 5), ("Bep again", 5), ("late", 4), ("Cor", 6)):
        await log.write(Unit(steps=[Step(seats, room, Take(name))], by="policy:p", tracking=Tracking("up", position)))
    assert (await names(log, room), log.tracked("up")) == (("Bep", "Cor"), 6)
    await log.close()
    assert (await opened()).tracked is not None


async def test_a_refused_trigger_is_parked_and_its_position_moves_on(opened: Opening) -> None:
    log, room = await opened(), uuid7()
    row = park(source="self", key="p:1", type="t", body=b"{}", reason="no-seat", at=NOON)
    unit = Unit(
        steps=[Step(seats, room, Take("Bep"))], by="policy:p", tracking=Tracking("up", 1), refused=lambda _: [row]
    )
    outcome = await log.write(unit)
    assert (outcome.events, log.tracked("up")) == ((), 1)
    assert [one.reason for one in await log.query(listed)] == ["no-seat"]


async def test_a_record_is_shown_as_it_was_recorded_then(opened: Opening) -> None:
    clock = [NOON]
    log, room = await opened(clock=lambda: clock[0]), uuid7()
    await run(log, room, Open(2))
    clock[0] = NOON + timedelta(hours=1)
    await run(log, room, Take("Bep"))
    assert [recorded.event for recorded in await log.read(room, until=NOON)] == [Opened(2)]
    assert len(await log.read(room, until=NOON + timedelta(hours=1))) == 2


async def test_a_query_sees_one_state_however_long_it_takes(opened: Opening) -> None:
    log, asked, written = await opened(), threading.Event(), threading.Event()

    def twice(connection: Connection) -> list[int]:
        counted = [connection.scalar(_COUNT) or 0]
        asked.set()
        written.wait(5)
        return [*counted, connection.scalar(_COUNT) or 0]

    looking = asyncio.create_task(log.query(twice))
    await asyncio.to_thread(asked.wait)
    await run(log, uuid7(), Open(1))
    written.set()
    assert await looking == [0, 0]


async def test_recording_time_never_runs_backwards(opened: Opening) -> None:
    clock = [NOON]
    log, room = await opened(clock=lambda: clock[0]), uuid7()
    await run(log, room, Open(3))
    clock[0] = NOON - timedelta(days=1)
    await run(log, room, Take("Bep"))
    await log.close()
    again = await opened(clock=lambda: clock[0])
    await run(again, room, Take("Cor"))
    assert [recorded.at for recorded in await again.read(room)] == [NOON] * 3


async def test_views_are_rebuilt_from_the_log(opened: Opening) -> None:
    log, room = await opened(), uuid7()
    await run(log, room, Open(3), Take("Bep"), Take("Cor"))
    assert await log.rebuild() == 3
    assert await taken(log, room) == 2


async def test_who_asks_while_views_are_rebuilt_sees_the_old_rows_at_once(
    opened: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, room, looked = await opened(), uuid7(), threading.Event()
    await run(log, room, Open(3), Take("Bep"))

    def slowly(recorded: Recorded[object]) -> Iterator[Change]:
        looked.wait(5)
        return project(recorded)

    project = seats.project
    monkeypatch.setattr(seats, "project", slowly)
    rebuilding = asyncio.create_task(log.rebuild())
    await asyncio.sleep(0.1)
    assert await asyncio.wait_for(taken(log, room), 30) == 1
    looked.set()
    await rebuilding
    assert await taken(log, room) == 1


async def test_a_view_of_a_new_version_is_rebuilt_by_itself(opened: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    log, room = await opened(), uuid7()
    await run(log, room, Open(3), Take("Bep"))
    await log.query(lambda connection: connection.execute(select(func.count()).select_from(seats.rooms)).scalar())
    await log.close()
    monkeypatch.setattr(seats, "VERSION", 2)
    assert await taken(await opened(), room) == 1
