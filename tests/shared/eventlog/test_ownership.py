"""A node lives in one process at a time, and its database is nobody else's."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from eventsourcing.persistence import StoredEvent, Tracking
from sqlalchemy import Connection, select, update

from shared.eventlog.database import Database, DatabaseUnusable
from shared.eventlog.log import Log
from shared.eventlog.ownership import NotOwner
from shared.eventlog.recorder import Recorder
from shared.eventlog.tables import about, events
from shared.eventlog.types import Unknown
from shared.ids import uuid7
from shared.rules import Refused, Unavailable
from tests.shared.eventlog import seats
from tests.shared.eventlog.conftest import Opening
from tests.shared.eventlog.seats import Open, Room, Take, Taken


@contextmanager
def editing(url: str) -> Generator[Connection]:
    """What somebody else does to the database behind the owner's back."""
    database = Database(url, "intake")
    with database.write() as connection:
        yield connection
    database.close()


async def test_a_second_owner_is_told_who_has_it(opened: Opening) -> None:
    await opened()
    with pytest.raises(DatabaseUnusable, match="database-owned"):
        await opened()


async def test_the_next_owner_gets_in_after_the_first_has_left(opened: Opening) -> None:
    log = await opened()
    await log.close()
    with pytest.raises(Unavailable, match="node-closing"):
        await log.run(seats, uuid7(), Open(1), by="user:ann")
    assert (await opened()).position == 0


async def test_a_zombie_cannot_commit_and_stops_answering(opened: Opening, url: str) -> None:
    zombie, room = await opened(), uuid7()
    await zombie.run(seats, room, Open(1), by="user:ann")
    with editing(url) as connection:
        connection.execute(update(about).where(about.c.key == "epoch").values(value="77"))
    with pytest.raises(NotOwner):
        await zombie.run(seats, room, Take("Bep"), by="user:ann")
    with pytest.raises(NotOwner):
        await zombie.query(lambda _: None)
    assert zombie.position == 1


async def test_another_nodes_database_is_refused(opened: Opening) -> None:
    await (await opened("here.intake")).close()
    with pytest.raises(DatabaseUnusable, match=r"database-foreign.*here\.intake"):
        await opened("there.intake")


async def test_a_newer_database_is_refused(opened: Opening, url: str) -> None:
    await (await opened()).close()
    with editing(url) as connection:
        connection.execute(update(about).where(about.c.key == "schema").values(value="999"))
    with pytest.raises(DatabaseUnusable, match="database-newer"):
        await opened()


async def test_another_programs_database_is_refused(opened: Opening, url: str) -> None:
    with editing(url) as connection:
        seats.rooms.create(connection)
    with pytest.raises(DatabaseUnusable, match="database-foreign"):
        await opened()


async def test_a_damaged_file_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "log.db"
    file.write_bytes(b"this is not a database" * 500)
    with pytest.raises(DatabaseUnusable, match="database-corrupt"):
        await Log.open("here.intake", f"sqlite:///{file}", (seats,))
    assert file.read_bytes() == b"this is not a database" * 500


async def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnusable, match="database-unreachable"):
        await Log.open("here.intake", f"sqlite:///{tmp_path / 'nowhere' / 'log.db'}", (seats,))


async def test_an_old_version_is_read_as_todays(opened: Opening, url: str) -> None:
    log, room = await opened(), uuid7()
    await log.run(seats, room, Open(2), by="user:ann")
    await log.run(seats, room, Take("Bep"), by="user:ann")
    await log.close()
    with editing(url) as connection:
        old = b'{"at":"2020-01-01T00:00:00Z","by":"user:ann","trace":"","log":"%s","event":{"type":"test.seat-taken.v1","who":"Bep"}}'
        row = {"type": "test.seat-taken.v1", "state": old % str(log.id).encode()}
        connection.execute(update(events).where(events.c.version == 2).values(**row))
    again = await opened()
    assert (await again.read(room))[1].event == Taken("Bep")
    assert await again.state(seats, room) == Room(2, ("Bep",))
    await again.rebuild()
    assert await again.query(lambda reading: tuple(reading.execute(select(seats.rooms)).one())) == (room, 1, "Bep")


async def test_a_stream_with_an_unknown_type_refuses_commands_and_is_passed_over_by_views(
    opened: Opening, url: str
) -> None:
    log, room = await opened(), uuid7()
    await log.run(seats, room, Open(2), by="user:ann")
    await log.close()
    with editing(url) as connection:
        connection.execute(update(events).values(type="test.from-the-future.v9"))
    again = await opened()
    with pytest.raises(Refused, match="unknown-event-type"):
        await again.run(seats, room, Take("Bep"), by="user:ann")
    assert isinstance((await again.read(room))[0].event, Unknown)
    assert await again.rebuild() == 1


async def test_the_librarys_recorder_interface_holds(opened: Opening, url: str) -> None:
    await (await opened()).close()
    database, stream = Database(url, "intake"), uuid7()
    recorder = Recorder(database)
    stored = [StoredEvent(stream, version, f"t{version % 2}", b"{}") for version in (1, 2, 3)]
    assert list(recorder.insert_events(stored, tracking=Tracking("up", 4))) == [1, 2, 3]
    assert recorder.has_tracking_id("up", 4)
    assert recorder.max_tracking_id("down") is None
    assert recorder.max_notification_id() == 3
    assert [event.originator_version for event in recorder.select_events(stream, gt=1, desc=True, limit=1)] == [3]
    assert [found.id for found in recorder.select_notifications(2, 10, 3, ["t1"])] == [3]
    with pytest.raises(NotImplementedError):
        recorder.subscribe()
    database.close()
