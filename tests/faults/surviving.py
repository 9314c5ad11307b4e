"""After a node was hit: what was acknowledged is there, nothing is half there, who was forgotten is, and it goes on by itself."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Connection, func, select

from services.intake.domain import participant, programme
from services.intake.views.directory import programmes
from services.intake.views.participants import participants
from shared.eventlog import accessproof
from shared.eventlog.accesses import Tail, seen
from shared.eventlog.keytables import destroyed, keys
from shared.eventlog.log import Log
from shared.eventlog.tables import commands, forgetting
from shared.wire.outbox import letters_out
from tests.faults.strace import Came
from tests.faults.working import UPSTREAM, forgotten, offered, opened, person, work

LATER = range(101, 109)
"""Two groups: the second forgets somebody of the first."""


async def survived(folder: Path, came: Came) -> None:
    """Open it as the next owner would: nothing needs to be done by hand."""
    assert not came.hung, came
    log = await opened(folder)
    recorded = await _whole(log)
    assert came.numbers("done") <= recorded
    told = list[str]()
    await work(log, LATER.start, LATER.stop - 1, told.append)
    assert told == [f"done {number}" for number in LATER]
    assert await _whole(log) == recorded | set(LATER)
    await log.close()


async def _whole(log: Log) -> frozenset[int]:
    """Which commands are recorded; each must be there whole."""
    numbers = frozenset(await _numbers(log, commands.c.id))
    gone = {former for number in numbers if (former := forgotten(number)) is not None}
    assert gone <= numbers
    await _events(log, numbers, gone)
    assert await _numbers(log, programmes.c.id) == sorted(offered(number).int for number in numbers)
    assert await _numbers(log, letters_out.c.stream) == sorted(offered(number).int for number in numbers)
    assert await _numbers(log, participants.c.id) == sorted(person(number).int for number in numbers - gone)
    last = await log.query(lambda connection: connection.execute(select(func.max(letters_out.c.number))).scalar())
    assert (last or 0) == len(numbers)
    assert log.tracked(UPSTREAM) == max(numbers, default=0)
    await _accesses(log, numbers, gone)
    await _keys(log, numbers, gone)
    return numbers


async def _events(log: Log, numbers: frozenset[int], gone: set[int]) -> None:
    """No event is missing, twice or half; of who was forgotten nothing can be read, of everybody else all."""
    events = await log.notifications(0, 10_000)
    assert [one.position for one in events] == list(range(1, len(events) + 1))
    expected: list[tuple[type, UUID]] = [(programme.Offered, offered(number)) for number in numbers]
    expected += [(participant.Registered, person(number)) for number in numbers]
    expected += [(kind, person(number)) for number in gone for kind in (participant.Ended, participant.Erased)]
    assert Counter((type(one.event), one.stream) for one in events) == Counter(expected)
    told: Mapping[UUID, Any] = {
        one.stream: one.event.profile for one in events if isinstance(one.event, participant.Registered)
    }
    names = {number: profile and profile.name_to_use for number in numbers for profile in (told[person(number)],)}
    assert names == {number: None if number in gone else f"number {number}" for number in numbers}


async def _accesses(log: Log, numbers: frozenset[int], gone: set[int]) -> None:
    """Every command's entry once, in a chain that holds; it names nobody who was forgotten."""
    end = await log.query(accessproof.whole)
    assert isinstance(end, Tail)
    assert end.number == len(numbers)
    named = await log.query(lambda connection: connection.execute(select(seen.c.subject)).scalars().all())
    assert Counter(named) == Counter(None if number in gone else person(number) for number in numbers)


async def _keys(log: Log, numbers: frozenset[int], gone: set[int]) -> None:
    """Who was forgotten has no key any more and stands in the ledger; everybody else has one, and does not."""

    def look(connection: Connection) -> tuple[set[UUID], set[UUID]]:
        kept, ended = (connection.execute(select(table.c.subject)).scalars() for table in (keys, destroyed))
        return set(kept), set(ended)

    assert log.keys
    kept, ended = log.keys.copied(look)
    assert await _numbers(log, forgetting.c.subject) == []
    assert ended == {person(number) for number in gone}
    assert {person(number) for number in numbers - gone} <= kept
    assert not kept & ended


async def _numbers(log: Log, column: Column[UUID]) -> list[int]:
    found = await log.query(lambda connection: connection.execute(select(column)).scalars().all())
    return sorted(one.int for one in found)
