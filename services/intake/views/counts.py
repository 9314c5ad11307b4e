"""How many people were registered and left in each month: the recorded numbers, and everybody registered after those.

Someone's key may only be destroyed when they are in recorded numbers: whoever erases writes `to_count` in the same unit.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from services.intake.domain import month, participant
from services.intake.domain.month import Numbers, Told
from services.intake.domain.profile import Profile
from services.intake.views import directory
from shared.contracts.intake import MonthCounts, Share
from shared.eventlog.changes import first
from shared.eventlog.columns import Id
from shared.eventlog.due import clear_due, first_due
from shared.eventlog.types import Change, Recorded, Step
from shared.identity import OrgScope

VERSION = 1
CLOSE = "month"
"""The deadline at which a month is over."""
_metadata = MetaData()
months = Table(
    "months",
    _metadata,
    Column("month", String, primary_key=True),
    Column("numbers", JSON),
    Column("through", BigInteger, nullable=False),
    Column("closed", Boolean, nullable=False),
    Column("ended", Integer, nullable=False),
)
"""`through`: the position in the log up to which everybody of the month is in `numbers`."""
newcomers = Table(
    "newcomers",
    _metadata,
    Column("id", Id, primary_key=True),
    Column("month", String, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("area", String),
    Column("age_band", String),
    Column("life_event", String),
    Index("newcomers_of_month", "month", "position"),
)
"""Those who are in no recorded numbers yet."""
TABLES = (months, newcomers)
FOLLOWS = (
    participant.Registered,
    participant.Ended,
    participant.Corrected,
    participant.Erased,
    month.Counted,
    month.Closed,
)
BEGIN = first(months)
_THIS = update(months).where(months.c.month == bindparam("key"))
RECORD = _THIS.values(
    numbers=bindparam("whole", type_=JSON), through=bindparam("reached"), closed=bindparam("over", type_=Boolean)
)
LEFT = _THIS.values(ended=months.c.ended + 1)
ADD = insert(newcomers)
IN = delete(newcomers).where(newcomers.c.month == bindparam("key"), newcomers.c.position <= bindparam("reached"))
TELL = (
    update(newcomers)
    .where(newcomers.c.id == bindparam("key"))
    .values({name: bindparam(f"new_{name}") for name in Told.__struct_fields__})
)


def project(recorded: Recorded[Any]) -> Iterator[Change]:
    match recorded.event:
        case participant.Registered(profile):
            name = month.month_of(recorded.at)
            yield ADD, {"id": recorded.stream, "month": name, "position": recorded.position, **_told(profile)}
            yield first_due(CLOSE, month.kept_as(name), month.end_of(name))
        case participant.Ended():
            name = month.month_of(recorded.at)
            yield _begun(name)
            yield LEFT, {"key": name}
        case participant.Corrected(profile):
            yield _corrected(recorded.stream, profile)
        case participant.Erased():
            yield _corrected(recorded.stream, None)
        case month.Counted(name, Numbers() as numbers, through):
            yield from _recorded(name, numbers, through, closed=False)
        case month.Closed(name, numbers, through):
            yield from _recorded(name, numbers, through, closed=True)
            yield clear_due(CLOSE, recorded.stream)
        case _:
            return


def _told(profile: Profile | None) -> dict[str, str | None]:
    return {name: getattr(profile, name, None) for name in Told.__struct_fields__}


def _corrected(person: UUID, profile: Profile | None) -> Change:
    """Recorded numbers stay as they are: they say what was known then."""
    return TELL, {"key": person, **{f"new_{name}": value for name, value in _told(profile).items()}}


def _begun(name: str) -> Change:
    return BEGIN, {"month": name, "through": 0, "closed": False, "ended": 0}


def _recorded(name: str, numbers: Numbers, through: int, *, closed: bool) -> Iterator[Change]:
    yield _begun(name)
    yield RECORD, {"key": name, "whole": msgspec.to_builtins(numbers), "reached": through, "over": closed}
    yield IN, {"key": name, "reached": through}


def counts(connection: Connection, _: OrgScope, since: str, until: str) -> Sequence[MonthCounts]:
    """The months from one to another in which anybody was registered or left; 2026-01 is a month."""
    own = directory.own_areas(connection)
    begun, fresh = ((table.c.month >= since, table.c.month <= until) for table in TABLES)
    found = {row.month: row for row in connection.execute(select(months).where(*begun))}
    names = found.keys() | set(connection.scalars(select(newcomers.c.month).where(*fresh).distinct()))
    return [_answer(name, _numbers(connection, name, own)[0], found.get(name)) for name in sorted(names)]


def to_count(connection: Connection, people: Collection[UUID], now: datetime) -> Sequence[Step]:
    """The commands that record the numbers in which these people are, where no recorded ones hold them yet."""
    wanted = select(newcomers.c.month).where(newcomers.c.id.in_(people)).distinct().order_by(newcomers.c.month)
    return [to_close(connection, name, now) for name in connection.scalars(wanted)]


def to_count_all(connection: Connection, now: datetime) -> Sequence[Step]:
    """The same for everybody: a backup then holds the numbers also of those who are forgotten after it."""
    wanted = select(newcomers.c.month).distinct().order_by(newcomers.c.month)
    return [to_close(connection, name, now) for name in connection.scalars(wanted)]


def to_close(connection: Connection, name: str, now: datetime) -> Step:
    """The command that records a month's numbers as they are now, and for good when it is over."""
    numbers, through = _numbers(connection, name, directory.own_areas(connection))
    command = month.Close if now >= month.end_of(name) else month.Count
    return Step(month, month.kept_as(name), command(name, numbers, through))


def _numbers(connection: Connection, name: str, own_areas: Collection[str]) -> tuple[Numbers, int]:
    """A month's numbers with everybody in them, and the position in the log up to which they reach."""
    recorded = connection.execute(select(months).where(months.c.month == name)).one_or_none()
    before = msgspec.convert(recorded.numbers, Numbers) if recorded and recorded.numbers else Numbers()
    found = select(newcomers).where(newcomers.c.month == name).order_by(newcomers.c.position)
    rows = connection.execute(found).all()
    people = [Told(row.area, row.age_band, row.life_event) for row in rows]
    through = rows[-1].position if rows else recorded.through if recorded else 0
    return month.counted(before, people, own_areas), through


def _answer(name: str, numbers: Numbers, row: Row[Any] | None) -> MonthCounts:
    return MonthCounts(
        month=name,
        registered=numbers.registered,
        by_area=_shares(numbers.by_area),
        by_age_band=_shares(numbers.by_age_band),
        by_life_event=_shares(numbers.by_life_event),
        ended=row.ended if row else 0,
        closed=bool(row and row.closed),
    )


def _shares(numbers: dict[str, int]) -> tuple[Share, ...]:
    return tuple(Share(name, number) for name, number in numbers.items())
