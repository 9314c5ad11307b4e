"""The public agenda. It keeps rules, not dates: meetings are computed for the days asked, and a page costs what it shows.

It has its own copy of what it needs of series and places: a view's tables are its own.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from heapq import merge
from itertools import dropwhile, islice
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
    Select,
    String,
    Table,
    Time,
    bindparam,
    case,
    insert,
    select,
    update,
)

from services.events.domain import place, schedule, series
from services.events.views.places import within
from services.events.views.series import columns
from shared.contracts.events import Occurrence
from shared.eventlog.columns import Id, Instant
from shared.eventlog.types import Change, Recorded
from shared.identity import Evening, OrgScope
from shared.rules import NotFound

VERSION = 1
DAY = timedelta(days=1)
_agenda = MetaData()
rules = Table(
    "agenda_rules",
    _agenda,
    Column("id", Id, primary_key=True),
    Column("place", Id, nullable=False),
    Column("title", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("text", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("zone", String, nullable=False),
    Column("first_date", Date, nullable=False),
    Column("start", Time, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("last_day", Date, nullable=False, index=True),
    Column("cancelled_at", Instant),
)
skipped = Table(
    "agenda_skipped",
    _agenda,
    Column("series", Id, primary_key=True),
    Column("date", Date, primary_key=True, index=True),
)
meeting_places = Table(
    "agenda_places",
    _agenda,
    Column("id", Id, primary_key=True),
    Column("name", String, nullable=False),
    Column("address", String, nullable=False),
    Column("area", String, nullable=False),
)
TABLES = (rules, skipped, meeting_places)
FOLLOWS = (series.Planned, series.DateSkipped, series.Cancelled, place.Registered, place.Changed)
PLAN = insert(rules)
SKIP = insert(skipped)
_DAY = bindparam("day", type_=Date)
CANCEL = (
    update(rules)
    .where(rules.c.id == bindparam("key"))
    .values(cancelled_at=bindparam("at"), last_day=case((rules.c.last_day > _DAY, _DAY), else_=rules.c.last_day))
)
REGISTER = insert(meeting_places)
CHANGE = (
    update(meeting_places)
    .where(meeting_places.c.id == bindparam("key"))
    .values(name=bindparam("new_name"), address=bindparam("new_address"), area=bindparam("new_area"))
)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of the agenda: local dates, both included; `after` is the start and series of the last one seen."""

    since: date
    until: date
    area: str | None = None
    place: UUID | None = None
    after: tuple[datetime, UUID] | None = None
    first: int = 20


def project(recorded: Recorded[Any]) -> Iterator[Change]:
    match recorded.event:
        case series.Planned() as planned:
            last = schedule.last_day(planned.schedule) or date.max
            yield PLAN, {"id": recorded.stream, "last_day": last, **columns(planned)}
        case series.DateSkipped(day):
            yield SKIP, {"series": recorded.stream, "date": day}
        case series.Cancelled(at):
            yield CANCEL, {"key": recorded.stream, "at": at, "day": at.date() + DAY}
        case place.Registered(said):
            yield REGISTER, {"id": recorded.stream, "name": said.name, "address": said.address, "area": said.area}
        case place.Changed(said):
            new = {"new_name": said.name, "new_address": said.address, "new_area": said.area}
            yield CHANGE, {"key": recorded.stream, **new}
        case _:
            pass


def occurrences(connection: Connection, _scope: OrgScope, asked: Asked) -> list[Occurrence]:
    """Meetings by time of start, one more than asked for where there are more."""
    rows = {row.id: row for row in connection.execute(_running(asked))}
    found = select(skipped).where(skipped.c.date.between(asked.since, asked.until))
    not_on = {(row.series, row.date) for row in connection.execute(found)}
    meetings = merge(*(_meetings(row, asked) for row in rows.values()))
    fresh = dropwhile(lambda meeting: asked.after is not None and meeting[:2] <= asked.after, meetings)
    held = (meeting for meeting in fresh if (meeting[1], meeting[2]) not in not_on)
    return [_occurrence(rows[id_], start, day) for start, id_, day in islice(held, asked.first + 1)]


def evening(connection: Connection, _scope: OrgScope, wanted: Evening) -> Occurrence:
    """One meeting that takes place, or `evening-unknown`: also when it was skipped or its series cancelled."""
    asked = Asked(since=wanted.date, until=wanted.date)
    row = connection.execute(_running(asked).where(rules.c.id == wanted.series)).one_or_none()
    fallen = select(skipped).where(skipped.c.series == wanted.series, skipped.c.date == wanted.date)
    held = () if row is None or connection.execute(fallen).one_or_none() else tuple(_meetings(row, asked))
    if row is None or not held:
        raise NotFound("evening-unknown", date=str(wanted.date))
    [(start, _, day)] = held
    return _occurrence(row, start, day)


def _running(asked: Asked) -> Select[Any]:
    """Rules that may bring a meeting on the days asked."""
    place_columns = (meeting_places.c.name.label("place_name"), meeting_places.c.address, meeting_places.c.area)
    wanted = (
        select(rules, *place_columns)
        .join(meeting_places, meeting_places.c.id == rules.c.place)
        .where(rules.c.first_date <= asked.until, rules.c.last_day >= asked.since)
    )
    if asked.place is not None:
        wanted = wanted.where(rules.c.place == asked.place)
    if asked.area is not None:
        wanted = wanted.where(within(meeting_places.c.area, asked.area))
    return wanted


def _meetings(row: Row[Any], asked: Asked) -> Iterator[tuple[datetime, UUID, date]]:
    since = asked.since if asked.after is None else max(asked.since, asked.after[0].date() - DAY)
    plan = _schedule(row)
    for day in schedule.dates(plan, since, min(asked.until, row.last_day)):
        start = schedule.starts_at(plan, day)
        if row.cancelled_at is None or start <= row.cancelled_at:
            yield start, row.id, day


def _schedule(row: Row[Any]) -> schedule.Schedule:
    return schedule.Schedule(
        rule=row.rule, zone=row.zone, first_date=row.first_date, start=row.start, minutes=row.minutes
    )


def _occurrence(row: Row[Any], start: datetime, day: date) -> Occurrence:
    return Occurrence(
        series=row.id,
        date=day,
        starts_at=start,
        ends_at=start + timedelta(minutes=row.minutes),
        zone=row.zone,
        title=row.title,
        kind=row.kind,
        text=row.text,
        place=row.place,
        place_name=row.place_name,
        address=row.address,
        area=row.area,
    )
