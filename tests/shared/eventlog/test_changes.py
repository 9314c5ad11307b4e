"""Changes of one commit come to what they come to one after another, however they are put together."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, bindparam, select, update
from sqlalchemy.exc import IntegrityError

from shared.eventlog.changes import drop, execute, first, put
from shared.eventlog.database import Database
from shared.eventlog.due import due, earliest, first_due, set_due
from shared.eventlog.types import Change
from shared.ids import uuid7
from tests.support.projected import NOON

shelf = Table(
    "shelf",
    MetaData(),
    Column("row", Integer, primary_key=True),
    Column("place", String, primary_key=True),
    Column("what", String, nullable=False),
    Column("count", Integer),
)
PAINT = update(shelf).where(shelf.c.row == bindparam("key")).values(what="painted")
KEYS = some.fixed_dictionaries({"row": some.integers(1, 2), "place": some.sampled_from("ab")})
ROWS = some.builds(lambda key, what: key | {"what": what}, KEYS, some.sampled_from("xyz"))
COUNTED = some.builds(lambda row, count: row | {"count": count}, ROWS, some.integers(1, 9))
CHANGES = some.one_of(
    some.tuples(some.sampled_from([put(shelf), first(shelf)]), ROWS | COUNTED),
    some.tuples(some.just(drop(shelf)), KEYS),
)
PAINTING = some.tuples(some.just(PAINT), some.fixed_dictionaries({"key": some.integers(1, 2)}))


@pytest.fixture
def connection(url: str) -> Iterator[Connection]:
    """Of a new database with a shelf in it."""
    database = Database(url, "shelf")
    with database.write() as connection:
        shelf.create(connection)
        yield connection
    database.close()


def _after(connection: Connection, *commits: list[Change]) -> list[Any]:
    connection.execute(shelf.delete())
    for changes in commits:
        execute(connection, changes)
    return [tuple(row) for row in connection.execute(select(shelf).order_by(*shelf.primary_key))]


@pytest.mark.parametrize("changes", [CHANGES, CHANGES | PAINTING], ids=["whole rows", "and others"])
def test_together_they_come_to_what_they_come_to_one_by_one(connection: Connection, changes: Any) -> None:
    @settings(max_examples=60)
    @given(some.lists(changes, max_size=8), some.lists(changes, max_size=8))
    def same(before: list[Change], then: list[Change]) -> None:
        assert _after(connection, before, then) == _after(connection, *([one] for one in [*before, *then]))

    same()


def test_what_the_driver_refuses_is_raised_as_anywhere_else(connection: Connection) -> None:
    nothing: list[Change] = [(put(shelf), {"row": 1, "place": "a", "what": None})]
    with pytest.raises(IntegrityError, match="INSERT INTO shelf"), connection.begin_nested():
        execute(connection, nothing)


def test_the_earliest_deadline_is_told_of_those_that_are_set() -> None:
    later = NOON.replace(year=2027)
    changes = [set_due("later", uuid7(), later), first_due("first", uuid7(), NOON), (drop(due), {})]
    assert earliest(changes) == NOON
    assert earliest([(drop(due), {})]) is None
