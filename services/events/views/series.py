"""Series as they are now: the rule, the dates skipped, whether it was cancelled."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    Date,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Time,
    bindparam,
    insert,
    select,
    update,
)

from services.events.domain import series as domain
from shared.contracts.events import SeriesAnswer, SeriesPage
from shared.eventlog.columns import Id, Instant
from shared.eventlog.types import Change, Recorded
from shared.identity import OrgScope
from shared.rules import NotFound

VERSION = 1
series = Table(
    "series",
    MetaData(),
    Column("id", Id, primary_key=True),
    Column("place", Id, nullable=False, index=True),
    Column("title", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("text", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("zone", String, nullable=False),
    Column("first_date", Date, nullable=False),
    Column("start", Time, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("cancelled_at", Instant),
)
skipped = Table(
    "series_skipped",
    MetaData(),
    Column("series", Id, primary_key=True),
    Column("date", Date, primary_key=True),
)
TABLES = (series, skipped)
FOLLOWS = (domain.Planned, domain.DateSkipped, domain.Cancelled)
PLAN = insert(series)
SKIP = insert(skipped)
CANCEL = update(series).where(series.c.id == bindparam("key")).values(cancelled_at=bindparam("at"))


def project(recorded: Recorded[Any]) -> Iterator[Change]:
    match recorded.event:
        case domain.Planned() as planned:
            yield PLAN, {"id": recorded.stream, **columns(planned)}
        case domain.DateSkipped(day):
            yield SKIP, {"series": recorded.stream, "date": day}
        case domain.Cancelled(at):
            yield CANCEL, {"key": recorded.stream, "at": at}
        case _:
            pass


def columns(planned: domain.Planned) -> dict[str, Any]:
    """What was planned, as a row."""
    return {
        "place": planned.place,
        "title": planned.title,
        "kind": planned.kind,
        "text": planned.text,
        **msgspec.structs.asdict(planned.schedule),
    }


def one(connection: Connection, _scope: OrgScope, id: UUID) -> SeriesAnswer:  # noqa: A002
    """A series by its id, or `series-unknown`."""
    rows = connection.execute(select(series).where(series.c.id == id)).all()
    if not rows:
        raise NotFound("series-unknown")
    return _answers(connection, rows)[0]


def page(connection: Connection, _scope: OrgScope, place: UUID | None, after: UUID | None, first: int) -> SeriesPage:
    """Series, oldest first (their ids are UUIDv7)."""
    wanted = select(series).order_by(series.c.id).limit(first + 1)
    if place is not None:
        wanted = wanted.where(series.c.place == place)
    if after is not None:
        wanted = wanted.where(series.c.id > after)
    rows = connection.execute(wanted).all()
    return SeriesPage(_answers(connection, rows[:first]), str(rows[first - 1].id) if len(rows) > first else None)


def _answers(connection: Connection, rows: Sequence[Row[Any]]) -> list[SeriesAnswer]:
    wanted = select(skipped).where(skipped.c.series.in_([row.id for row in rows])).order_by(skipped.c.date)
    dates = connection.execute(wanted).all()
    return [
        SeriesAnswer(**row._asdict(), skipped=tuple(found.date for found in dates if found.series == row.id))
        for row in rows
    ]
