"""The last events are at hand: the same as the database tells, and nothing of who was forgotten.

What is at hand is the very object that was committed; what is read from a database is another one.
"""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import update

from shared.eventlog.cache import Known, StateCache
from shared.eventlog.keystore import Keys
from shared.eventlog.ownership import NotOwner
from shared.eventlog.recent import KEPT
from shared.eventlog.tables import about
from shared.ids import uuid7
from tests.shared.eventlog.conftest import Opening
from tests.shared.eventlog.people import Forgotten, Met, Named, Praised
from tests.shared.eventlog.seats import Open, Take
from tests.shared.eventlog.test_log import run
from tests.shared.eventlog.test_protection import ANN, BEP, MARKER, met, stored, told


async def test_what_was_just_committed_is_read_without_a_database(opened: Opening) -> None:
    log, room, other = await opened(), uuid7(), uuid7()
    outcomes = [*await run(log, room, Open(3), Take("Bep")), *await run(log, other, Open(1))]
    events = [one for outcome in outcomes for one in outcome.events]
    assert all(one is event for one, event in zip(await log.notifications(0, 10), events, strict=True))
    assert [one.position for one in await log.notifications(1, 1)] == [2]
    assert [one.position for one in await log.notifications(0, 1, ("test.seat-taken.v2",))] == [2]
    assert await log.notifications(3, 10) == []
    assert all(one is event for one, event in zip(await log.read(room), events[:2], strict=True))
    assert [one.version for one in await log.read(room, version=1)] == [1]
    assert await log.read(other, until=events[2].at) == events[2:]


async def test_what_lies_further_back_is_read_from_the_database(opened: Opening) -> None:
    log, room = await opened(), uuid7()
    [first, *_] = await run(log, room, Open(KEPT), *(Take(str(number)) for number in range(KEPT)))
    for found in (await log.notifications(0, 2 * KEPT), await log.read(room)):
        assert [one.position for one in found] == [*range(1, KEPT + 2)]
        assert found[0] is not first.events[0]


async def test_what_is_at_hand_is_what_is_stored(opened: Opening) -> None:
    log = await met(opened)
    await told(log, ANN, Praised(BEP, "kind"), Met(Named("Ann", "Alkmaar"), 82))
    near = await log.notifications(0, 10)
    assert await log.rest(0)
    again = await log.notifications(0, 10)
    assert near == again
    assert near[0] is not again[0]


async def test_of_who_was_forgotten_nothing_is_at_hand(opened: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    log = await met(opened)
    await told(log, BEP, Met(Named(MARKER, "Alkmaar"), 82))
    [before] = await log.notifications(0, 10)
    with monkeypatch.context() as failing:  # a disk that fails just then: the key is still there for a while
        failing.setattr(Keys, "destroy", _fails)
        await told(log, BEP, Forgotten())
        await told(log, ANN, Praised(BEP, MARKER))
        assert (await log.notifications(0, 10))[0] is not before
    await told(log, ANN, Praised(BEP, MARKER))
    assert MARKER not in str(await log.notifications(0, 10))


async def test_nothing_is_at_hand_once_another_process_owns_the_node(opened: Opening, url: str) -> None:
    log, room = await opened(), uuid7()
    [outcome] = await run(log, room, Open(3))
    stored(url, update(about).where(about.c.key == "epoch").values(value="99"))
    with pytest.raises(NotOwner):
        await run(log, room, Take("Bep"))
    assert (await log.notifications(0, 10))[0] is not outcome.events[0]


def _fails(*_: object) -> None:
    msg = "the disk is full"
    raise OSError(msg)


async def test_who_has_seen_a_commit_in_the_database_reads_no_stream_that_lacks_it(opened: Opening) -> None:
    class Watched(StateCache):
        """Looks at the moment between the commit and what comes to be at hand by it."""

        def put(self, node: str, states: dict[UUID, Known]) -> None:
            super().put(node, states)
            read = asyncio.run_coroutine_threadsafe(log.read(room), loop)
            seen.append([one.version for one in read.result()])

    loop, room, seen = asyncio.get_running_loop(), uuid7(), list[list[int]]()
    log = await opened(cache=Watched())
    for command in (Open(3), Take("Bep"), Take("Ann")):
        await run(log, room, command)
    assert seen == [[1], [1, 2], [1, 2, 3]]
