"""Files that were opened to somebody of another team: which stand open now, why, and what the privacy officer found of it."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Index,
    MetaData,
    Select,
    String,
    Table,
    bindparam,
    insert,
    select,
    true,
    update,
)

from services.intake.domain import break_glass, participant
from services.intake.views.pages import newest
from shared.contracts.intake import BreakGlassAnswer
from shared.eventlog.columns import Id, Instant
from shared.eventlog.due import clear_due, set_due
from shared.eventlog.types import Change, Recorded
from shared.identity import OrgScope, Role
from shared.rules import NotFound

VERSION = 1
CLOSE = "break-glass-close"
"""The deadline at which a file is its team's alone again."""
glass = Table(
    "break_glass",
    MetaData(),
    Column("id", Id, primary_key=True),
    Column("participant", Id),
    Column("user", String, nullable=False),
    Column("team", String, nullable=False),
    Column("reason", String),
    Column("opened_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("verdict", String),
    Column("note", String),
    Column("reviewed_by", String),
    Column("reviewed_at", Instant),
    Index("break_glass_newest", "opened_at", "id"),
    Index("break_glass_of", "participant"),
    Index("break_glass_open", "user", "open"),
)
TABLES = (glass,)
FOLLOWS = (break_glass.GlassBroken, break_glass.GlassClosed, break_glass.GlassReviewed, participant.Erased)
BREAK = insert(glass)
_THIS = update(glass).where(glass.c.id == bindparam("key"))
OVER = _THIS.values(open=False)
REVIEW = _THIS.values(
    verdict=bindparam("found"),
    note=bindparam("said"),
    reviewed_by=bindparam("who"),
    reviewed_at=bindparam("at", type_=Instant),
)
FORGET = (
    update(glass)
    .where(glass.c.participant == bindparam("whom"))
    .values(participant=None, reason=None, note=None, open=False)
)
NOT_REVIEWED = {"verdict": None, "note": None, "reviewed_by": None, "reviewed_at": None}


def project(recorded: Recorded[Any]) -> Iterator[Change]:
    match recorded.event:
        case break_glass.GlassBroken() as broken:
            yield BREAK, _broken(recorded.stream, recorded.at, broken) | NOT_REVIEWED
            yield set_due(CLOSE, recorded.stream, broken.until)
        case break_glass.GlassClosed():
            yield OVER, {"key": recorded.stream}
            yield clear_due(CLOSE, recorded.stream)
        case break_glass.GlassReviewed(_, verdict, note, by, at):
            yield REVIEW, {"key": recorded.stream, "found": verdict, "said": note, "who": by, "at": at}
        case participant.Erased():
            yield FORGET, {"whom": recorded.stream}
        case _:
            return


def _broken(stream: UUID, at: datetime, broken: break_glass.GlassBroken) -> dict[str, Any]:
    """Without a reason whom it is about was forgotten before it was recorded, or since: nothing is open, and nobody is named."""
    told = msgspec.structs.asdict(broken) | {"id": stream, "opened_at": at, "open": broken.reason is not None}
    return told if broken.reason is not None else told | {"participant": None}


def opened(scope: OrgScope) -> Select[Any]:
    """Whose files stand open to the caller, at the moment at which they look: the deadline that closes them may be late."""
    return _open(scope).where(glass.c.until > scope.looks)


def open_to(connection: Connection, scope: OrgScope) -> Collection[UUID]:
    """People of other teams whose files the caller opened; also those whose hour passed while they were shown."""
    return frozenset(connection.scalars(_open(scope)))


def _open(scope: OrgScope) -> Select[Any]:
    return select(glass.c.participant).where(glass.c.user == scope.user, glass.c.open)


class Wanted(Struct, frozen=True):
    """What somebody looks for; None is anything."""

    participant: UUID | None = None
    reviewed: bool | None = None


def one(connection: Connection, scope: OrgScope, id: UUID) -> BreakGlassAnswer:  # noqa: A002
    """One, or `break-glass-unknown`: the privacy officer sees every one, who opened a file their own."""
    seen = true() if Role.PRIVACY_OFFICER in scope.roles else glass.c.user == scope.user
    row = connection.execute(select(glass).where(glass.c.id == id, seen)).one_or_none()
    if row is None:
        raise NotFound("break-glass-unknown")
    return msgspec.convert(row, BreakGlassAnswer, from_attributes=True)


def page(
    connection: Connection, _: OrgScope, wanted: Wanted, after: tuple[datetime, UUID] | None, first: int
) -> Sequence[BreakGlassAnswer]:
    """Newest first, from after a place in the list."""
    columns = glass.c
    query = select(glass)
    if wanted.participant is not None:
        query = query.where(columns.participant == wanted.participant)
    if wanted.reviewed is not None:
        query = query.where(columns.verdict.is_not(None) if wanted.reviewed else columns.verdict.is_(None))
    rows = connection.execute(newest(query, (columns.opened_at, columns.id), after, first)).all()
    return msgspec.convert(rows, list[BreakGlassAnswer], from_attributes=True)
