"""A commit whose answer was lost: the database has it, the writer does not know. Nothing is done twice."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from eventsourcing.persistence import Tracking
from msgspec import Struct
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from shared.accesslog import Wanted, page
from shared.eventlog.database import Database
from shared.eventlog.log import Log
from shared.eventlog.types import Seen, Step, Unit
from shared.ids import uuid7
from tests.shared.eventlog import people
from tests.shared.eventlog.conftest import Opening
from tests.shared.eventlog.test_accesses import reading
from tests.support.masterkey import MASTER
from tests.support.waiting import eventually


class Rung(Struct, frozen=True, tag="test.rung.v1"):
    """A bell rang: as often as it is told."""


BELL: Any = SimpleNamespace(
    __name__="bell", Event=Rung, initial=0, decide=lambda *_: [Rung()], evolve=lambda state, _: state + 1
)
ROOM = uuid7()


def _through(road: Callable[[Database], Any]) -> Callable[[Database], Any]:
    """A method of the database that takes another road."""

    def method(database: Database) -> Any:
        return road(database)

    return method


class Cable:
    """To the database: what was sent arrives, what comes back may not; or it breaks before what was sent is committed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lost = self.broken = 0
        self.cut = False
        self._write, self._read = Database.write, Database.read
        monkeypatch.setattr(Database, "write", _through(self.write))
        monkeypatch.setattr(Database, "read", _through(self.read))

    @contextmanager
    def write(self, database: Database) -> Generator[Connection]:
        with self._write(database) as connection:
            yield connection
            if self.broken:
                self.broken -= 1
                raise OperationalError("COMMIT", {}, Exception("the server went away before it"))
        if self.lost:
            self.lost -= 1
            raise OperationalError("COMMIT", {}, Exception("the server closed the connection"))

    @contextmanager
    def read(self, database: Database) -> Generator[Connection]:
        if self.cut:
            raise OperationalError("SELECT", {}, Exception("the server is not there"))
        with self._read(database) as connection:
            yield connection


@pytest.fixture
def cable(monkeypatch: pytest.MonkeyPatch) -> Cable:
    return Cable(monkeypatch)


def ring(**more: Any) -> Unit:
    return Unit(steps=[Step(BELL, ROOM, None)], by="user:ann", **more)


async def rung(log: Log) -> list[int]:
    return [recorded.position for recorded in await log.notifications(0, 100)]


async def test_a_trigger_that_is_tried_again_after_it_has_one_effect(opened: Opening, cable: Cable) -> None:
    log = await opened(deciders=(BELL,), views=())
    cable.lost, cable.cut = 1, True
    with pytest.raises(OperationalError):
        await log.write(ring(tracking=Tracking("up", 1)))
    cable.cut = False
    await log.write(ring(tracking=Tracking("up", 1)))
    assert (await rung(log), log.position, log.tracked("up")) == ([1], 1, 1)
    assert (await log.write(ring())).events[0].position == 2


async def test_what_waited_together_is_not_written_again(opened: Opening, cable: Cable) -> None:
    log = await opened(deciders=(BELL,), views=())
    cable.lost = 1
    answers = await asyncio.gather(*(log.write(ring()) for _ in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [OperationalError] * 3
    assert (await rung(log), log.position) == ([1, 2, 3], 3)
    await log.write(ring())
    assert await log.state(BELL, ROOM) == 4


MET = people.Met(people.Named("Ann", "Utrecht"), 80)


async def known(opened: Opening) -> tuple[Log, UUID]:
    """A log that knows one person."""
    log, ann = await opened(deciders=(people,), views=(people,), master=MASTER), uuid7()
    await log.run(people, ann, MET, by="test")
    return log, ann


async def test_a_forgetting_that_was_not_committed_destroys_nothing_even_where_that_cannot_be_seen(
    opened: Opening, cable: Cable
) -> None:
    log, ann = await known(opened)
    cable.broken, cable.cut = 1, True
    with pytest.raises(OperationalError):
        await log.run(people, ann, people.Forgotten(), by="test")
    cable.cut = False
    await log.write(Unit(by="test"))
    assert log.keys is not None
    assert not log.keys.forgotten()
    assert [one.event for one in await log.read(ann)] == [MET]


async def test_a_forgetting_whose_answer_was_lost_destroys_by_itself_once_it_can_be_seen(
    opened: Opening, cable: Cable
) -> None:
    log, ann = await known(opened)
    cable.lost, cable.cut = 1, True
    with pytest.raises(OperationalError):
        await log.run(people, ann, people.Forgotten(), by="test")
    keys = log.keys
    assert keys is not None
    assert not keys.forgotten()
    cable.cut = False
    await eventually(lambda: ann in keys.forgotten())


@pytest.mark.parametrize("cut", [False, True])
async def test_who_was_forgotten_so_comes_into_no_entry_of_the_access_log(
    opened: Opening, cable: Cable, cut: bool
) -> None:
    log, ann = await known(opened)
    cable.lost, cable.cut = 1, cut
    with pytest.raises(OperationalError):
        await log.run(people, ann, people.Forgotten(), by="test")
    cable.cut = False
    await log.write(Unit(by="user:ann", accesses=[reading(Seen(ann))]))
    [entry] = await log.query(lambda connection: page(connection, Wanted(), None, 9))
    assert [one.participant for one in entry.persons] == [None]


async def test_what_a_commit_set_of_which_the_answer_was_lost_is_looked_for(opened: Opening, cable: Cable) -> None:
    told = list[object]()
    log = await opened(deciders=(BELL,), views=())
    await log.write(ring())
    log.wake(told.append)
    await log.write(ring())
    cable.lost = 1
    with pytest.raises(OperationalError):
        await log.write(ring())
    assert len(told) == 1
