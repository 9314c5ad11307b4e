"""The access log as the writer keeps it: a chain in the order of writing, that loses persons and still holds."""

import asyncio
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, insert, select, update
from structlog.testing import capture_logs

from shared.accesslog import Wanted, of_person, page
from shared.contracts.access import AccessAction, AccessedPerson, AccessEntry
from shared.eventlog import accessproof
from shared.eventlog.accesses import KEPT, Tail, accesses, seen
from shared.eventlog.accessproof import Break
from shared.eventlog.log import Log
from shared.eventlog.types import Accessed, Seen, Step, Unit
from tests.shared.eventlog import people, seats
from tests.shared.eventlog.conftest import Opening
from tests.support.masterkey import MASTER

ANN, BOB, LETTER = UUID(int=1), UUID(int=2), UUID(int=3)
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_sections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accessproof, "SECTION", 2)


def reading(*persons: Seen, by: str = "user:ann", action: str = "read") -> Accessed:
    return Accessed(
        action=action,
        what="GET /v1/participants/{id}",
        by=by,
        roles="coordinator",
        team="noord",
        client="nats",
        organisation="here",
        ground="care",
        persons=persons,
    )


async def note(log: Log, *entries: Accessed) -> None:
    await log.write(Unit(by="user:ann", accesses=entries))


async def found(log: Log, **wanted: Any) -> Sequence[AccessEntry]:
    return await log.query(lambda connection: page(connection, Wanted(**wanted), None, 100))


async def followed(log: Log) -> Tail | Break:
    """Follow the whole chain, a few entries at once."""
    return await log.query(accessproof.whole)


async def changed(log: Log, statement: Any) -> None:
    """Somebody changes the database behind Kring's back."""
    with log._database.write() as connection:  # noqa: SLF001
        connection.execute(statement)


async def filled(opened: Opening) -> Log:
    log = await opened(deciders=(people,), views=(people,), master=MASTER)
    for number in range(5):
        await note(log, reading(Seen(ANN), Seen(BOB, LETTER), by=f"user:{number}"))
    return log


async def test_entries_are_numbered_and_chained_across_groups_units_and_restarts(opened: Opening) -> None:
    log = await opened()
    await asyncio.gather(*(note(log, reading(Seen(ANN)), reading()) for _ in range(40)))
    await log.close()
    log = await opened()
    await note(log, reading(Seen(BOB)))
    assert [one.number for one in await found(log)] == list(range(81, 0, -1))
    assert await followed(log) == log.accesses
    assert log.accesses.number == 81


async def test_an_entry_says_all_that_was_told_of_it(opened: Opening) -> None:
    log = await filled(opened)
    [entry, *_] = await found(log)
    assert (entry.by, entry.roles, entry.team, entry.client) == ("user:4", ("coordinator",), "noord", "nats")
    assert entry.persons == (AccessedPerson(ANN, None), AccessedPerson(BOB, LETTER))


async def test_entries_are_found_by_who_whom_what_and_when(opened: Opening) -> None:
    log = await filled(opened)
    await note(log, reading(Seen(BOB), action="search"))
    [search] = await found(log, action=AccessAction.SEARCH)
    assert [one.number for one in await found(log, by="user:2")] == [3]
    assert [one.number for one in await found(log, participant=ANN)] == [5, 4, 3, 2, 1]
    assert [one.number for one in await found(log, since=search.at)] == [6]
    assert len(await found(log, until=search.at)) == 5


async def test_a_person_s_entries_name_nobody_else(opened: Opening) -> None:
    log = await filled(opened)
    told = await log.query(lambda connection: of_person(connection, BOB, 4, 2))
    assert [(one.number, one.persons) for one in told] == [
        (number, (AccessedPerson(BOB, LETTER),)) for number in (3, 2)
    ]


async def test_a_forgotten_person_is_in_no_entry_any_more_and_the_chain_holds(opened: Opening) -> None:
    log = await filled(opened)
    forget = Unit(steps=[Step(people, BOB, people.Forgotten())], by="user:ann")
    await asyncio.gather(note(log, reading(Seen(BOB))), log.write(forget), note(log, reading(Seen(ANN), Seen(BOB))))
    await note(log, reading(Seen(BOB, LETTER)))
    assert await found(log, participant=BOB) == []
    assert len(await found(log)) == 8
    assert {person for one in await found(log) for person in one.persons} == {
        AccessedPerson(ANN, None),
        AccessedPerson(None, None),
    }
    assert await followed(log) == log.accesses


async def test_of_a_forgotten_person_nothing_but_the_commitment_stays(opened: Opening) -> None:
    log = await opened(deciders=(people,), views=(), master=MASTER)
    await note(log, reading(Seen(ANN, LETTER), Seen(BOB)))
    await log.write(Unit(steps=[Step(people, ANN, people.Forgotten())], by="user:ann"))
    [ann, bob] = await log.query(lambda connection: connection.execute(select(seen).order_by(seen.c.place)).all())
    assert (ann.subject, ann.record, ann.salt, len(ann.commitment)) == (None, None, None, 32)
    assert (bob.subject, len(bob.salt)) == (BOB, 16)


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        (update(accesses).where(accesses.c.number == 3).values(by="user:somebody"), Break(3, "altered")),
        (update(accesses).where(accesses.c.number == 3).values(at=NOON), Break(3, "altered")),
        (update(seen).where(seen.c.entry == 4, seen.c.place == 1).values(subject=ANN), Break(4, "altered")),
        (update(seen).where(seen.c.entry == 4, seen.c.place == 1).values(record=ANN), Break(4, "altered")),
        (update(seen).where(seen.c.entry == 4, seen.c.place == 1).values(salt=None), Break(4, "altered")),
        (delete(seen).where(seen.c.entry == 4, seen.c.place == 1), Break(4, "altered")),
        (delete(accesses).where(accesses.c.number == 2), Break(2, "missing")),
        (delete(accesses).where(accesses.c.number < 3), Break(1, "missing")),
        (
            insert(seen).values(entry=2, place=2, subject=None, record=None, salt=None, commitment=b"x" * 32),
            Break(2, "altered"),
        ),
    ],
)
async def test_what_is_altered_or_taken_out_is_found(opened: Opening, change: Any, broken: Break) -> None:
    log = await filled(opened)
    await changed(log, change)
    assert await followed(log) == broken


async def test_an_end_that_was_cut_off_differs_from_what_the_writer_knows(opened: Opening) -> None:
    log = await filled(opened)
    await changed(log, delete(accesses).where(accesses.c.number > 3))
    cut = await followed(log)
    assert isinstance(cut, Tail)
    assert (cut.number, log.accesses.number) == (3, 5)


async def test_once_a_day_the_process_s_own_log_says_how_far_it_is(opened: Opening) -> None:
    now = [NOON]
    log = await opened(clock=lambda: now[0])
    stood = list[Tail]()
    with capture_logs() as lines:
        for hours in (0, 1, 24, 25):
            now[0] = NOON + timedelta(hours=hours)
            await note(log, reading(Seen(ANN)))
            stood.append(log.accesses)
    told = [(one["number"], one["hash"]) for one in lines if one["event"] == "the access log goes on"]
    assert told == [(one.number, one.hash.hex()) for one in (stood[0], stood[2])]


async def test_entries_are_kept_five_years_and_the_chain_holds_without_the_older(opened: Opening) -> None:
    now = [NOON]
    log = await opened(clock=lambda: now[0])
    for day in (0, 1, 2):
        now[0] = NOON + timedelta(days=day)
        await note(log, reading(Seen(ANN)), reading(Seen(BOB)))
    now[0] = NOON + timedelta(days=1, hours=1) + KEPT
    await note(log, reading(Seen(BOB)))
    assert [one.number for one in await found(log)] == [7, 6, 5]
    assert await followed(log) == log.accesses
    rows = await log.query(lambda connection: connection.execute(select(seen.c.entry)).all())
    assert {row.entry for row in rows} == {5, 6, 7}
    await changed(log, delete(accesses).where(accesses.c.number == 5))
    assert await followed(log) == Break(5, "missing")


async def test_of_a_refused_or_failed_unit_no_entry_stays_and_the_chain_goes_on(opened: Opening) -> None:
    log = await opened()
    room = UUID(int=9)
    await log.run(seats, room, seats.Open(2), by="user:ann")
    broken = Unit(steps=[Step(seats, room, seats.Take(seats.BROKEN))], by="user:ann", accesses=[reading(Seen(ANN))])
    with pytest.raises(Exception, match="rooms"):
        await log.write(broken)
    full = Unit(steps=[Step(seats, UUID(int=8), seats.Take("x"))], by="user:ann", accesses=[reading(Seen(ANN))])
    with pytest.raises(Exception, match="no-seat"):
        await log.write(full)
    await note(log, reading(Seen(BOB)))
    assert [(one.number, one.persons[0].participant) for one in await found(log)] == [(1, BOB)]
    assert await followed(log) == log.accesses


async def test_a_database_from_before_gets_its_access_log_when_it_is_opened(opened: Opening) -> None:
    log = await opened()
    with closing(log._database.connection()) as connection:  # noqa: SLF001
        for table in ("accesses", "accesses_seen", "accesses_removed", "accesses_authorised"):
            connection.exec_driver_sql(f"DROP TABLE {table}")
        connection.commit()
    await log.close()
    log = await opened()
    await note(log, reading(Seen(ANN)))
    assert await followed(log) == log.accesses
