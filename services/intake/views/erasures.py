"""Who was asked to forget somebody, partners or this organisation, and what was answered. It names referrals, never who was forgotten."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Index,
    MetaData,
    Row,
    String,
    Table,
    bindparam,
    select,
    update,
)

from services.intake.domain import erasure, incoming_erasure
from services.intake.views.erasure_clock import MONTH
from services.intake.views.pages import newest
from services.intake.views.referrals import mine, referrals
from shared.contracts.intake import Direction, ErasureGround, ErasureItem
from shared.eventlog.changes import put
from shared.eventlog.columns import Id, Instant
from shared.eventlog.types import Change, Recorded
from shared.identity import OrgScope, Role

VERSION = 1
erasures = Table(
    "erasures",
    MetaData(),
    Column("id", Id, primary_key=True),
    Column("direction", String, nullable=False),
    Column("referral", Id, nullable=False),
    Column("partner", String, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("answered_at", Instant),
    Column("ground", String),
    Column("overdue", Boolean, nullable=False),
    Index("erasures_newest", "asked_at", "id"),
    Index("erasures_open", "answered_at", "asked_at", "id"),
)
TABLES = (erasures,)
FOLLOWS = (
    erasure.Asked,
    incoming_erasure.ErasureAsked,
    erasure.Confirmed,
    incoming_erasure.Forgotten,
    erasure.Refused,
    incoming_erasure.ErasureRefused,
    erasure.AnswerOverdue,
    incoming_erasure.ErasureOverdue,
)
_THIS = update(erasures).where(erasures.c.id == bindparam("key"))
ASK = put(erasures)
ANSWER = _THIS.values(answered_at=bindparam("at", type_=Instant), ground=bindparam("why"), overdue=False)
LATE = _THIS.values(overdue=True)


def project(recorded: Recorded[Any]) -> Iterator[Change]:
    match recorded.event:
        case erasure.Asked(referral, to, at):
            yield ASK, _row(recorded, Direction.OUT, referral, to, at)
        case incoming_erasure.ErasureAsked(sender):
            yield ASK, _row(recorded, Direction.IN, recorded.stream, sender, recorded.at)
        case erasure.Confirmed() | incoming_erasure.Forgotten():
            yield _answered(recorded, None)
        case erasure.Refused(ground) | incoming_erasure.ErasureRefused(ground):
            yield _answered(recorded, ground)
        case erasure.AnswerOverdue() | incoming_erasure.ErasureOverdue():
            yield LATE, {"key": recorded.stream}
        case _:
            return


def _row(recorded: Recorded[Any], way: Direction, referral: UUID, partner: str, at: datetime) -> dict[str, Any]:
    asked = {"direction": way, "referral": referral, "partner": partner, "asked_at": at}
    return asked | {"id": recorded.stream, "answered_at": None, "ground": None, "overdue": False}


def _answered(recorded: Recorded[Any], ground: erasure.Ground | None) -> Change:
    return ANSWER, {"key": recorded.stream, "at": recorded.at, "why": ground}


class Wanted(Struct, frozen=True):
    """What somebody looks for; None is anything."""

    direction: Direction | None = None
    overdue: bool | None = None


def page(
    connection: Connection,
    scope: OrgScope,
    wanted: Wanted,
    after: tuple[datetime, UUID] | None,
    first: int,
) -> Sequence[ErasureItem]:
    """Newest first, from after a place in the list: about referrals that the caller sees; the privacy officer sees all."""
    columns = erasures.c
    query = select(erasures)
    if scope.team is not None and Role.PRIVACY_OFFICER not in scope.roles:
        query = query.where(columns.referral.in_(select(referrals.c.id).where(mine(scope))))
    for name in Wanted.__struct_fields__:
        if (value := getattr(wanted, name)) is not None:
            query = query.where(columns[name] == value)
    return [_item(row) for row in connection.execute(newest(query, (columns.asked_at, columns.id), after, first))]


def asked_about(connection: Connection, _: OrgScope, referrals: Sequence[UUID]) -> Sequence[ErasureItem]:
    """What partners were asked about some referrals of this organisation, and answered; oldest first."""
    columns = erasures.c
    query = select(erasures).where(columns.id.in_([erasure.asked_about(one) for one in referrals]))
    return [_item(row) for row in connection.execute(query.order_by(columns.asked_at, columns.id))]


def _item(row: Row[Any]) -> ErasureItem:
    return ErasureItem(
        id=row.id,
        direction=Direction(row.direction),
        referral=row.referral,
        partner=row.partner,
        asked_at=row.asked_at,
        answer_by=row.asked_at + MONTH,
        answered_at=row.answered_at,
        ground=ErasureGround(row.ground) if row.ground else None,
        overdue=row.overdue,
    )
