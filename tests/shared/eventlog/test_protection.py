"""What is about a person stands sealed in the log, opens only where it was written, and is gone once its key is."""

import asyncio
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from msgspec import Struct
from sqlalchemy import Connection, select, update

from shared.eventlog import keytables
from shared.eventlog.database import Database
from shared.eventlog.keystore import Keys
from shared.eventlog.keytables import keys_database
from shared.eventlog.log import Log
from shared.eventlog.masterkey import Master
from shared.eventlog.registry import Registry
from shared.eventlog.tables import events, forgetting
from shared.ids import uuid7
from shared.personal import Personal
from shared.rules import Unavailable
from shared.signing import text as written
from tests.shared.eventlog import people
from tests.shared.eventlog.conftest import Opening
from tests.shared.eventlog.people import Forgotten, Met, Named, Praised
from tests.support.masterkey import MASTER
from tests.support.waiting import eventually

MARKER = "Truus Zonneveld-van Maren"
ANN, BEP = uuid7(), uuid7()


async def met(opened: Opening, **options: Any) -> Log:
    """A log of people, by now."""
    given = {"deciders": (people,), "views": (people,), "master": MASTER}
    return await opened(**given | options)


async def told(log: Log, who: UUID, *some: people.Event) -> None:
    for one in some:
        await log.run(people, who, one, by="test")


async def said(log: Log, who: UUID) -> Sequence[Any]:
    return [one.event for one in await log.read(who)]


def stored(url: str, statement: Any) -> Any:
    """Do something to a log's database behind its back."""
    database = Database(url, "intake")
    try:
        with database.write() as connection:
            return connection.execute(statement).all() if statement.is_select else connection.execute(statement)
    finally:
        database.close()


def found(folder: Path, *needles: bytes) -> list[str]:
    """Which of these bytes stand in which file of a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [f"{needle!r} in {path.name}" for path in files for needle in needles if needle in path.read_bytes()]


async def test_what_was_stored_reads_as_it_was(opened: Opening) -> None:
    log = await met(opened)
    happened = (Met(Named(MARKER, "Alkmaar"), 82), Praised(BEP, MARKER))
    await told(log, ANN, *happened)
    await log.rest(0)
    assert await said(log, ANN) == list(happened)
    assert [one.event for one in await log.notifications(0, 10)] == list(happened)


async def test_no_event_shows_what_is_personal_and_the_rest_stays_readable(opened: Opening, url: str) -> None:
    log = await met(opened)
    await told(log, ANN, Met(Named(MARKER, "Alkmaar"), 82), Praised(BEP, MARKER))
    kept = b"".join(bytes(row.state) for row in stored(url, select(events)))
    assert MARKER.encode() not in kept
    assert b"82" not in kept.replace(b"-", b"").split(b'"age"')[1][:4]
    assert b"Alkmaar" in kept


async def test_each_subject_has_a_key_of_its_own(opened: Opening) -> None:
    log = await met(opened)
    await told(log, ANN, Met(Named(MARKER, "Alkmaar"), 82), Praised(BEP, MARKER))
    await told(log, BEP, Forgotten())
    assert await said(log, ANN) == [Met(Named(MARKER, "Alkmaar"), 82), Praised(BEP, None)]


async def test_who_is_forgotten_is_gone_from_every_byte(opened: Opening, url: str, tmp_path: Path) -> None:
    log = await met(opened)
    await told(log, ANN, Met(Named(MARKER, "Alkmaar"), 82))
    keys = keys_database(url, "here.intake")
    with keys.read() as reading:
        wrapped = bytes(reading.execute(select(keytables.keys.c.wrapped)).scalar_one())
    keys.close()
    if url.startswith("sqlite:"):
        assert len(found(tmp_path, MARKER.encode(), wrapped)) > 1, "the search finds what is there"
    await told(log, ANN, Forgotten())
    assert await said(log, ANN) == [Met(Named(None, "Alkmaar"), None), Forgotten()]
    assert await log.query(lambda connection: connection.execute(select(people.names)).all()) == []
    assert found(tmp_path, MARKER.encode(), wrapped) == []
    assert stored(url, select(forgetting)) == []


async def test_a_rebuild_brings_nobody_back(opened: Opening) -> None:
    log = await met(opened)
    await told(log, ANN, Met(Named(MARKER, "Alkmaar"), 82), Forgotten())
    await told(log, BEP, Met(Named("Bep", "Alkmaar"), 70))
    await log.rebuild()
    assert await log.query(lambda connection: connection.scalars(select(people.names.c.name)).all()) == ["Bep"]


async def test_what_is_said_of_somebody_forgotten_is_not_kept(opened: Opening, url: str) -> None:
    log = await met(opened)
    await told(log, BEP, Forgotten())
    await told(log, ANN, Praised(BEP, MARKER))
    assert await said(log, ANN) == [Praised(BEP, None)]
    assert b"sealed" not in b"".join(bytes(row.state) for row in stored(url, select(events)))


async def test_a_key_that_could_not_be_destroyed_is_destroyed_when_the_log_is_opened_again(
    opened: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = await met(opened)
    await told(log, ANN, Met(Named(MARKER, "Alkmaar"), 82))
    with monkeypatch.context() as broken:
        broken.setattr(Keys, "destroy", _fails)
        await told(log, ANN, Forgotten())
        assert (await said(log, ANN))[0] == Met(Named(MARKER, "Alkmaar"), 82)
    await log.close()
    log = await met(opened)
    assert (await said(log, ANN))[0] == Met(Named(None, "Alkmaar"), None)


async def test_what_a_reader_held_back_goes_by_itself_once_the_reader_has_gone(opened: Opening, url: str) -> None:
    log, ready, gone = await met(opened), threading.Event(), threading.Event()
    await told(log, ANN, Met(Named(MARKER, "Alkmaar"), 82))

    def reads(connection: Connection) -> None:
        connection.execute(select(people.names)).all()
        ready.set()
        gone.wait(20)

    reader = asyncio.create_task(log.query(reads))
    await asyncio.to_thread(ready.wait)
    await told(log, ANN, Forgotten())
    assert stored(url, select(forgetting)) != []
    gone.set()
    await reader
    await eventually(lambda: stored(url, select(forgetting)), [])


async def test_an_altered_box_opens_nowhere(opened: Opening, url: str) -> None:
    log = await met(opened)
    await told(log, ANN, Praised(ANN, "kind"))
    [[state]] = stored(url, select(events.c.state))
    changed = bytearray(state)
    place = changed.rindex(b'"]') - 6
    changed[place] = ord("A") if changed[place] != ord("A") else ord("B")
    stored(url, update(events).values(state=bytes(changed)))
    await log.rest(0)  # what was written a moment ago is at hand
    with pytest.raises(Unavailable, match="personal-damaged"):
        await log.read(ANN)


async def test_a_key_that_is_lost_is_not_taken_for_one_destroyed(opened: Opening, url: str) -> None:
    log = await met(opened)
    await told(log, ANN, Met(Named("Ann", "Alkmaar"), 30))
    await log.close()
    _lose(url, ANN)
    with pytest.raises(Unavailable, match="personal-key-missing"):
        await met(opened, views=(_renewed(people),))


async def test_a_view_is_made_again_of_the_events_that_it_follows_and_no_other_is_opened(
    opened: Opening, url: str
) -> None:
    log = await met(opened)
    await told(log, ANN, Met(Named("Ann", "Alkmaar"), 30), Praised(BEP, "kind"))
    await log.close()
    _lose(url, BEP)
    again = await met(opened, views=(_renewed(people),))
    assert await again.query(lambda reading: tuple(reading.execute(select(people.names)).one())) == (ANN, "Ann")


async def test_another_master_key_opens_nothing(opened: Opening) -> None:
    log = await met(opened)
    await told(log, ANN, Praised(ANN, "kind"))
    await log.close()
    other = await met(opened, master=Master(written(os.urandom(32))))
    with pytest.raises(Unavailable, match="master-key-wrong"):
        await other.read(ANN)


def test_what_is_no_master_key_is_none() -> None:
    with pytest.raises(Unavailable, match="master-key-wrong"):
        Master("secret")


async def test_a_log_of_persons_needs_a_master_key(opened: Opening) -> None:
    with pytest.raises(TypeError, match="needs a master key"):
        await opened(deciders=(people,), views=())


def test_what_is_personal_does_not_stand_in_a_list() -> None:
    class Listed(Struct, frozen=True, tag="test.listed.v1"):
        everybody: tuple[Named, ...]

    decider: Any = SimpleNamespace(Event=Listed, initial=None, decide=None, evolve=None)
    with pytest.raises(TypeError, match="cannot stand in"):
        Registry((decider,))


def test_a_mark_in_part_of_a_union_counts() -> None:
    class Either(Struct, frozen=True, tag="test.either.v1"):
        what: int | Named
        mark: Personal[str]

    decider: Any = SimpleNamespace(Event=Either, initial=None, decide=None, evolve=None)
    assert Registry((decider,)).personal


def _fails(*_: object) -> None:
    message = "the disk is full"
    raise OSError(message)


def _lose(url: str, who: UUID) -> None:
    """Somebody's keys are gone, and nobody says that they were destroyed."""
    keys = keys_database(url, "here.intake")
    with keys.write() as connection:
        connection.execute(keytables.keys.delete().where(keytables.keys.c.subject == who))
    keys.close()


def _renewed(view: Any) -> Any:
    """The same view in a later version: it is made again from the log."""
    return SimpleNamespace(VERSION=view.VERSION + 1, TABLES=view.TABLES, FOLLOWS=view.FOLLOWS, project=view.project)
