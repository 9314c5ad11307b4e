"""Which referrals are compared with a partner: questions to the list of referrals."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, or_, select

from services.intake.domain.referral_status import FINAL
from services.intake.views.referrals import referrals
from shared.contracts.intake import Direction


def listed(
    connection: Connection, partner: str, closed_since: datetime, after: UUID | None, first: int
) -> Sequence[tuple[UUID, UUID]]:
    """References and ids of what both have and is open, or was closed since; by reference, from after one of them."""
    columns = referrals.c
    there = or_(columns.direction == Direction.IN, columns.delivered)
    left = or_(columns.status.not_in(sorted(FINAL)), columns.since >= closed_since)
    query = select(columns.reference, columns.id).where(columns.partner == partner, there, left)
    query = query.where(columns.reference > after) if after is not None else query
    rows = connection.execute(query.order_by(columns.reference).limit(first))
    return [(row.reference, row.id) for row in rows]


def shared(connection: Connection, partner: str) -> Sequence[UUID]:
    """Referrals that a partner has, or had before it was restored from a backup."""
    there = or_(referrals.c.direction == Direction.IN, referrals.c.delivered)
    return connection.scalars(select(referrals.c.id).where(referrals.c.partner == partner, there)).all()
