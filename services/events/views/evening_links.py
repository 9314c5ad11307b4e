"""Links for one evening: which there are, and how they stand."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Connection,
    Date,
    Index,
    Integer,
    MetaData,
    Row,
    Table,
    bindparam,
    func,
    insert,
    select,
    update,
)

from services.events.domain import evening_link
from shared.contracts.evenings import EveningLink
from shared.eventlog.columns import Id, Instant
from shared.eventlog.types import Change, Recorded
from shared.identity import Evening, OrgScope
from shared.rules import NotFound, Unauthenticated

VERSION = 1
links = Table(
    "evening_links",
    MetaData(),
    Column("id", Id, primary_key=True),
    Column("series", Id, nullable=False),
    Column("date", Date, nullable=False),
    Column("opens_at", Instant, nullable=False),
    Column("closes_at", Instant, nullable=False),
    Column("entered_at", Instant),
    Column("missed", Integer, nullable=False),
    Column("withdrawn_at", Instant),
)
Index("evening_links_of", links.c.series, links.c.date, links.c.id)
TABLES = (links,)
FOLLOWS = (evening_link.Made, evening_link.Entered, evening_link.Missed, evening_link.Withdrawn)
MAKE = insert(links)
ENTER = update(links).where(links.c.id == bindparam("key")).values(entered_at=bindparam("at"))
MISS = update(links).where(links.c.id == bindparam("key")).values(missed=links.c.missed + 1)
WITHDRAW = update(links).where(links.c.id == bindparam("key")).values(withdrawn_at=bindparam("at"))


def project(recorded: Recorded[Any]) -> Iterator[Change]:
    match recorded.event:
        case evening_link.Made() as made:
            of = {"id": recorded.stream, "series": made.series, "date": made.date, "missed": 0}
            yield MAKE, {**of, "opens_at": made.opens, "closes_at": made.closes}
        case evening_link.Entered(at):
            yield ENTER, {"key": recorded.stream, "at": at}
        case evening_link.Missed():
            yield MISS, {"key": recorded.stream}
        case evening_link.Withdrawn(at):
            yield WITHDRAW, {"key": recorded.stream, "at": at}
        case _:
            pass


def one(connection: Connection, scope: OrgScope, id: UUID) -> EveningLink:  # noqa: A002
    """A link by its id, or `link-unknown`."""
    found = known(connection, scope, id)
    if found is None:
        raise NotFound("link-unknown")
    return found


def known(connection: Connection, _scope: OrgScope, id: UUID) -> EveningLink | None:  # noqa: A002
    """A link by its id, if there is one, for who comes by it."""
    row = connection.execute(select(links).where(links.c.id == id)).one_or_none()
    return None if row is None else _answer(row)


def page(
    connection: Connection, _scope: OrgScope, evening: Evening, after: UUID | None, first: int
) -> Sequence[EveningLink]:
    """An evening's links, oldest first (their ids are UUIDv7)."""
    wanted = select(links).where(links.c.series == evening.series, links.c.date == evening.date)
    if after is not None:
        wanted = wanted.where(links.c.id > after)
    return [_answer(row) for row in connection.execute(wanted.order_by(links.c.id).limit(first))]


def held(connection: Connection, _scope: OrgScope, link: UUID, evening: Evening) -> EveningLink:
    """The link by which an evening's host came. Raises `Unauthenticated("link-closed")` when it was taken back since."""
    of = (links.c.id == link, links.c.series == evening.series, links.c.date == evening.date)
    row = connection.execute(select(links).where(*of, links.c.withdrawn_at.is_(None))).one_or_none()
    if row is None:
        raise Unauthenticated("link-closed")
    return _answer(row)


def hosts(connection: Connection, _scope: OrgScope, evening: Evening) -> int:
    """By how many links of an evening somebody came."""
    came = (links.c.series == evening.series, links.c.date == evening.date, links.c.entered_at.is_not(None))
    return connection.scalar(select(func.count()).where(*came, links.c.withdrawn_at.is_(None))) or 0


def _answer(row: Row[Any]) -> EveningLink:
    return EveningLink(
        id=row.id,
        series=row.series,
        date=row.date,
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        entered_at=row.entered_at,
        withdrawn_at=row.withdrawn_at,
        locked=row.missed >= evening_link.TRIES,
    )
