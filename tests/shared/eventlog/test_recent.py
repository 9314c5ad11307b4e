"""The last events are at hand: the same as the database tells, and nothing of who was forgotten."""

from collections.abc import Callable

import pytest
from sqlalchemy import update

from shared.eventlog import recent
from shared.eventlog.database import Database
from shared.eventlog.keystore import Keys
from shared.eventlog.ownership import NotOwner
from shared.eventlog.tables import about
from shared.ids import uuid7
from tests.shared.eventlog.conftest import Opening
from tests.shared.eventlog.people import Forgotten, Met, Named, Praised
from tests.shared.eventlog.seats import Open, Take
from tests.shared.eventlog.test_log import run
from tests.shared.eventlog.test_protection import ANN, BEP, MARKER, met, stored, told


class Asked(Exception):  # noqa: N818
    """A database was read."""


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Call it, and no database can be read any more."""

    def read(_: object) -> None:
        raise Asked

    return lambda: monkeypatch.setattr(Database, "read", read)


async def test_what_was_just_committed_is_read_without_a_database(opened: Opening, unread: Callable[[], None]) -> None:
    log, room, other = await opened(), uuid7(), uuid7()
    await run(log, room, Open(3), Take("Bep"))
    await run(log, other, Open(1))
    unread()
    assert [one.position for one in await log.notifications(0, 10)] == [1, 2, 3]
    assert [one.position for one in await log.notifications(1, 1)] == [2]
    assert [one.position for one in await log.notifications(0, 1, ("test.seat-taken.v2",))] == [2]
    assert await log.notifications(3, 10) == []
    assert [one.version for one in await log.read(room)] == [1, 2]
    assert [one.version for one in await log.read(room, version=1)] == [1]
    assert await log.read(other, until=(await log.read(other))[0].at) != []


async def test_what_lies_further_back_is_read_from_the_database(
    opened: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent, "KEPT", 2)
    log, room = await opened(), uuid7()
    await run(log, room, Open(3), Take("Bep"), Take("Cor"))
    assert [one.position for one in await log.notifications(0, 10)] == [1, 2, 3]
    assert [one.version for one in await log.read(room)] == [1, 2, 3]


async def test_what_is_at_hand_is_what_is_stored(opened: Opening) -> None:
    log = await met(opened)
    await told(log, ANN, Praised(BEP, "kind"), Met(Named("Ann", "Alkmaar"), 82))
    near = await log.notifications(0, 10)
    assert await log.rest(0)
    assert near == await log.notifications(0, 10)


async def test_of_who_was_forgotten_nothing_is_at_hand(
    opened: Opening, unread: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = await met(opened)
    await told(log, BEP, Met(Named(MARKER, "Alkmaar"), 82))
    monkeypatch.setattr(Keys, "destroy", _fails)
    await told(log, BEP, Forgotten())
    await told(log, ANN, Praised(BEP, MARKER))
    unread()
    with pytest.raises(Asked):
        await log.notifications(0, 10)


async def test_nothing_is_at_hand_once_another_process_owns_the_node(
    opened: Opening, url: str, unread: Callable[[], None]
) -> None:
    log, room = await opened(), uuid7()
    await run(log, room, Open(3))
    stored(url, update(about).where(about.c.key == "epoch").values(value="99"))
    with pytest.raises(NotOwner):
        await run(log, room, Take("Bep"))
    unread()
    with pytest.raises(Asked):
        await log.notifications(0, 10)


def _fails(*_: object) -> None:
    msg = "the disk is full"
    raise OSError(msg)
