"""What is closed and until when it is kept, how long that is, and what the daily work erased."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    bindparam,
    false,
    func,
    or_,
    select,
    tuple_,
    update,
)

from services.intake.domain import incoming_erasure, participant, retention
from services.intake.domain import referral_progress as progress
from services.intake.domain.referral_status import FINAL, Status
from services.intake.domain.retention import Place, Retention
from services.intake.domain.working_days import AMSTERDAM
from services.intake.views.participants import theirs
from services.intake.views.referrals import mine, referrals
from shared.contracts.intake import ClosedFile, ClosedKind, RetentionAnswer, RetentionRun
from shared.eventlog.changes import drop, first, put
from shared.eventlog.columns import Id, Instant
from shared.eventlog.due import first_due, set_due
from shared.eventlog.types import Change, Recorded
from shared.identity import OrgScope

VERSION = 2
DAILY = "retention"
"""The deadline of the daily work."""
RUNS = 30
"""How many days' work is shown."""
_metadata = MetaData()
closings = Table(
    "closings",
    _metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String, nullable=False),
    Column("closed_at", Instant, nullable=False),
    Index("closings_oldest", "closed_at", "id"),
)
settings = Table(
    "retention",
    _metadata,
    Column("stream", Id, primary_key=True),
    Column("months", Integer, nullable=False),
    Column("since", Instant, nullable=False),
    Column("before", Integer),
)
sweeps = Table(
    "sweeps",
    _metadata,
    Column("day", String, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("participants", BigInteger, nullable=False),
    Column("referrals", BigInteger, nullable=False),
    Column("kept", BigInteger, nullable=False),
    Column("until_at", Instant),
    Column("until_id", Id),
)
TABLES = (closings, settings, sweeps)
FOLLOWS = (
    participant.Ended,
    progress.Cancelled,
    progress.Completed,
    progress.Failed,
    incoming_erasure.Forgotten,
    participant.Erased,
    retention.RetentionSet,
    retention.Swept,
)
CLOSE, GONE = put(closings), drop(closings)
SET = put(settings)
FIRST = first(sweeps)
PART = (
    update(sweeps)
    .where(sweeps.c.day == bindparam("new_day"))
    .values(
        at=bindparam("new_at", type_=Instant),
        participants=sweeps.c.participants + bindparam("people"),
        referrals=sweeps.c.referrals + bindparam("received"),
        kept=bindparam("staying"),
        until_at=bindparam("place_at", type_=Instant),
        until_id=bindparam("place_id", type_=Id),
    )
)


def project(recorded: Recorded[Any]) -> Iterator[Change]:
    match recorded.event:
        case participant.Ended():
            yield CLOSE, {"id": recorded.stream, "kind": ClosedKind.PARTICIPANT, "closed_at": recorded.at}
            yield first_due(DAILY, retention.KEPT_AS, recorded.at + retention.DAY)
        case progress.Completed() | progress.Failed() | progress.Cancelled():
            yield CLOSE, {"id": recorded.stream, "kind": ClosedKind.REFERRAL, "closed_at": recorded.at}
            yield first_due(DAILY, retention.KEPT_AS, recorded.at + retention.DAY)
        case participant.Erased() | incoming_erasure.Forgotten():
            yield GONE, {"id": recorded.stream}
        case retention.RetentionSet(months, since, before):
            yield SET, {"stream": recorded.stream, "months": months, "since": since, "before": before}
        case retention.Swept() as part:
            yield from _swept(recorded, part)
        case _:
            return


def _swept(recorded: Recorded[Any], part: retention.Swept) -> Iterator[Change]:
    day = f"{recorded.at.astimezone(AMSTERDAM):%Y-%m-%d}"
    yield FIRST, {"day": day, "at": recorded.at, "participants": 0, "referrals": 0, "kept": 0}
    until = {"place_at": part.until and part.until.closed_at, "place_id": part.until and part.until.id}
    numbers = {"people": part.participants, "received": part.referrals, "staying": part.kept}
    yield PART, {"new_day": day, "new_at": recorded.at} | until | numbers
    yield set_due(DAILY, recorded.stream, recorded.at if part.until else recorded.at + retention.DAY)


class Batch(Struct, frozen=True):
    """Whose time has come: some of them, and how many stay for a referral that is open."""

    people: tuple[UUID, ...]
    referrals: tuple[UUID, ...]
    kept: int
    until: Place | None
    """The last of them, where there are more."""


def batch(connection: Connection, at: datetime, first: int) -> Batch:
    """So many of those whose time has come, the oldest first; from where the part before left off, so that nobody is tried twice."""
    over = _closed_before(retention.cutoff(held(connection), at))
    query = select(closings).where(over, ~_busy(), *_from_there(connection))
    rows = connection.execute(query.order_by(closings.c.closed_at, closings.c.id).limit(first + 1)).all()
    kinds = {kind: tuple(row.id for row in rows[:first] if row.kind == kind) for kind in ClosedKind}
    until = Place(rows[first - 1].closed_at, rows[first - 1].id) if len(rows) > first else None
    return Batch(kinds[ClosedKind.PARTICIPANT], kinds[ClosedKind.REFERRAL], _count(connection, over, _busy()), until)


def _from_there(connection: Connection) -> Sequence[ColumnElement[bool]]:
    last = connection.execute(select(sweeps).order_by(sweeps.c.day.desc()).limit(1)).one_or_none()
    return () if last is None or last.until_id is None else (_after(last.until_at, last.until_id),)


def _after(at: datetime, id_: UUID) -> ColumnElement[bool]:
    """Closed after this one."""
    place = tuple_(bindparam(None, at, Instant), bindparam(None, id_, Id))
    return tuple_(closings.c.closed_at, closings.c.id) > place


def standing(connection: Connection, _: OrgScope, at: datetime) -> RetentionAnswer:
    """How long is kept, who goes soon, and what went."""
    setting = held(connection)
    over, soon = (_closed_before(retention.cutoff(setting, then)) for then in (at, at + retention.NOTICE))
    runs = connection.execute(select(sweeps).order_by(sweeps.c.day.desc()).limit(RUNS))
    return RetentionAnswer(
        months=setting.months,
        since=setting.since,
        before=setting.before,
        soon=_count(connection, soon, ~_busy()),
        kept=_count(connection, over, _busy()),
        runs=tuple(_run(row) for row in runs),
    )


def gauges(connection: Connection) -> dict[str, float]:
    """What is measured of it; nothing before the first daily work."""
    went = func.sum(sweeps.c.participants + sweeps.c.referrals)
    kept = select(sweeps.c.kept).order_by(sweeps.c.day.desc()).limit(1).scalar_subquery()
    erased, staying = connection.execute(select(went, kept)).one()
    return {} if erased is None else {"kring_retention_erased": float(erased), "kring_retention_kept": float(staying)}


def closed(
    connection: Connection,
    scope: OrgScope,
    at: datetime,
    ahead: timedelta,
    after: tuple[datetime, UUID] | None,
    first: int,
) -> Sequence[ClosedFile]:
    """What goes so soon, or stays though its time has come: people and referrals that the caller sees."""
    columns, setting = closings.c, held(connection)
    seen = or_(theirs(columns.id, scope), columns.id.in_(select(referrals.c.id).where(mine(scope))))
    query = select(closings).where(_closed_before(retention.cutoff(setting, at + ahead)), seen)
    if after is not None:
        query = query.where(_after(*after))
    rows = connection.execute(query.order_by(columns.closed_at, columns.id).limit(first)).all()
    return [_item(connection, row, setting, at) for row in rows]


def _item(connection: Connection, row: Row[Any], setting: Retention, at: datetime) -> ClosedFile:
    still = select(referrals.c.id).where(referrals.c.participant == row.id, _open()).order_by(referrals.c.id)
    return ClosedFile(
        kind=ClosedKind(row.kind),
        id=row.id,
        closed_at=row.closed_at,
        goes_at=retention.goes_at(setting, row.closed_at, at) or at,
        open_referrals=tuple(connection.scalars(still)),
    )


def held(connection: Connection) -> Retention:
    """How long files are kept, by what was said last."""
    row = connection.execute(select(settings)).one_or_none()
    return retention.initial if row is None else Retention(row.months, row.since, row.before)


def _closed_before(cutoff: datetime | None) -> ColumnElement[bool]:
    return false() if cutoff is None else closings.c.closed_at <= bindparam(None, cutoff, Instant)


def _open() -> ColumnElement[bool]:
    """A draft is not: nobody waits for it."""
    return referrals.c.status.not_in(sorted({Status.DRAFT, *FINAL}))


def _busy() -> ColumnElement[bool]:
    """Whoever was referred, and that is not closed."""
    return select(referrals.c.id).where(referrals.c.participant == closings.c.id, _open()).exists()


def _count(connection: Connection, *conditions: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).select_from(closings).where(*conditions)) or 0


def _run(row: Row[Any]) -> RetentionRun:
    return RetentionRun(at=row.at, participants=row.participants, referrals=row.referrals, kept=row.kept)
