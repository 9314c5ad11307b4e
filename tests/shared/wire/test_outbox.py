"""Letters take their numbers with their event, on SQLite and PostgreSQL alike; what they say is not kept."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from shared.eventlog.log import Log
from shared.eventlog.types import Change, Recorded, Unit
from shared.service import Letter
from shared.wire import outbox
from shared.wire.outbox import LATEST, LETTER, VOID, Link, LinkState, Outbox, Row, letters_out
from tests.support import notes
from tests.support.postgres import postgres_url

NOW = datetime(2026, 1, 5, tzinfo=UTC)
PARTNERS = ("beta", "gamma")


class Opened:
    """A log with an outbox."""

    def __init__(self, log: Log, box: Outbox) -> None:
        self.log = log
        self.box = box

    async def write(self, to: str, text: str = "hello") -> UUID:
        """Write a note."""
        stream = uuid4()
        await self.log.run(notes, stream, notes.Write(to, text), by="user:ann")
        return stream

    async def change(self, *changes: Change) -> None:
        """Write rows."""
        await self.log.write(Unit(by="system", changes=changes))

    async def waiting(self, slug: str) -> tuple[int, list[Row]]:
        """What a link to this partner holds."""
        return await self.log.query(lambda connection: outbox.waiting(connection, self.link(slug)))

    def link(self, slug: str) -> Link:
        """The link to this partner."""
        return Link(f"{slug}.intake", self.log.id)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new database of each kind."""
    return f"sqlite:///{tmp_path / 'log.db'}" if request.param == "sqlite" else postgres_url()


@pytest.fixture
async def opened(url: str) -> AsyncIterator[Opened]:
    """An open log."""
    box = Outbox(notes.NoteLetters(notes), lambda: PARTNERS)
    log = await Log.open("alpha.intake", url, (notes,), (), (box,))
    yield Opened(log, box)
    await log.close()


async def test_each_link_numbers_its_letters_from_one_in_the_order_of_their_events(opened: Opened) -> None:
    await asyncio.gather(*(opened.write(slug) for slug in ("beta", "gamma", "beta", notes.EVERYBODY)))
    done, rows = await opened.waiting("beta")
    assert (done, [row.number for row in rows]) == (0, [1, 2, 3])
    assert [row.number for row in (await opened.waiting("gamma"))[1]] == [1, 2]
    order = [one.stream for one in await opened.log.notifications(0, 10)]
    assert [row.stream for row in rows] == [order[0], order[2], order[3]]


async def test_an_event_without_letters_takes_no_number(opened: Opened) -> None:
    await opened.log.run(notes, uuid4(), notes.Copy("beta", "hello"), by="partner:beta")
    assert await opened.waiting("beta") == (0, [])
    assert opened.box.grown(9) == set()


async def test_what_a_letter_says_is_not_kept(opened: Opened) -> None:
    await opened.write("beta", "secret")
    rows = await opened.log.query(lambda connection: list(connection.execute(select(letters_out))))
    assert "secret" not in str(rows)


async def test_numbers_have_no_gaps_after_a_group_that_failed(opened: Opened) -> None:
    """The note and its refused sibling are written together; the sibling's fault fails the group."""
    broken = opened.log.run(notes, notes.COPIES, notes.Copy("beta", "break"), by="partner:beta")
    came = await asyncio.gather(opened.write("beta"), broken, opened.write("beta"), return_exceptions=True)
    assert isinstance(came[1], ZeroDivisionError)
    assert [row.number for row in (await opened.waiting("beta"))[1]] == [1, 2]


async def test_links_that_got_letters_are_told_once_they_are_committed(opened: Opened) -> None:
    await opened.write("beta")
    await opened.write("gamma")
    assert opened.box.grown(0) == set()
    assert opened.box.grown(1) == {opened.link("beta")}
    assert opened.box.grown(2) == {opened.link("gamma")}
    assert opened.box.grown(2) == set()


async def test_what_a_letter_was_first_handed_over_as_stays(opened: Opened) -> None:
    await opened.write("beta")
    await opened.change(outbox.handed(opened.link("beta"), 1, VOID), outbox.handed(opened.link("beta"), 1, LETTER))
    [row] = (await opened.waiting("beta"))[1]
    assert row.sent_as == VOID


async def test_a_link_goes_on_after_what_is_acknowledged_and_shows_since_when_it_is_stuck(opened: Opened) -> None:
    link = opened.link("beta")
    for _ in range(3):
        await opened.write("beta")
    await opened.change(outbox.acknowledged(link, 2))
    assert [row.number for row in (await opened.waiting("beta"))[1]] == [3]
    await opened.change(outbox.stuck(link, "key", NOW))
    await opened.change(outbox.stuck(link, "key", NOW + timedelta(hours=1)))
    assert await opened.log.query(outbox.links) == [LinkState(link, 2, 1, "key", NOW)]
    await opened.change(outbox.acknowledged(link, 3))
    assert await opened.log.query(outbox.links) == [LinkState(link, 3, 0, None, None)]


async def test_partners_are_introduced_once_until_they_part(opened: Opened) -> None:
    stream = uuid4()
    await opened.change(outbox.met("beta"), *outbox.numbered(opened.link("beta"), stream, LATEST))
    assert await opened.log.query(outbox.acquainted) == {"beta"}
    assert (await opened.waiting("beta"))[1] == [Row(1, stream, LATEST, None)]
    await opened.change(outbox.parted("beta"))
    assert await opened.log.query(outbox.acquainted) == set()


async def test_a_group_of_many_letters_is_one_commit(opened: Opened) -> None:
    await asyncio.gather(*(opened.write(notes.EVERYBODY) for _ in range(300)))
    assert (await opened.waiting("beta"))[1][-1].number == 100
    states = await opened.log.query(outbox.links)
    assert [(state.link.receiver, state.waiting) for state in states] == [("beta.intake", 300), ("gamma.intake", 300)]


class _Twice(notes.NoteLetters):
    def letters(self, recorded: Recorded[Any], state: Any, partners: Any) -> list[Letter]:
        return [*super().letters(recorded, state, partners)] * 2


async def test_two_letters_of_one_event_for_one_node_are_a_fault(tmp_path: Path) -> None:
    box = Outbox(_Twice(notes), lambda: PARTNERS)
    log = await Log.open("alpha.intake", f"sqlite:///{tmp_path / 'log.db'}", (notes,), (), (box,))
    with pytest.raises(ValueError, match="two letters"):
        await log.run(notes, uuid4(), notes.Write("beta", "hello"), by="user:ann")
    await log.close()
