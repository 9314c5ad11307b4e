"""Where the daily comparison with each partner stands, and when the next one begins."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    case,
    select,
    update,
)

from services.intake.domain import digest
from services.intake.domain import incoming_events as incoming
from services.intake.domain import outgoing_events as outgoing
from services.intake.domain import referral_progress as progress
from shared.eventlog.changes import first
from shared.eventlog.columns import EPOCH, Id, Instant
from shared.eventlog.due import first_due, set_due
from shared.eventlog.types import Change, Recorded
from shared.service import Agreement

VERSION = 1
BEGIN = "digest"
"""The deadline at which the next digest begins."""
AGAIN = timedelta(days=2)
"""What was closed so shortly before both agreed is compared once more: a letter about it may have been on its way then."""
digests = Table(
    "digests",
    MetaData(),
    Column("id", Id, primary_key=True),
    Column("partner", String, nullable=False),
    Column("began", Instant, nullable=False),
    Column("heard", Instant),
    Column("agreed", Instant),
    Column("agreed_before", Instant),
    Column("differing", Integer, nullable=False),
)
TABLES = (digests,)
FOLLOWS = (
    incoming.Received,
    outgoing.Reported,
    digest.Told,
    digest.Heard,
    incoming.FoundAtPartner,
    incoming.StepsLost,
    outgoing.FoundAtPartner,
    outgoing.StepsLost,
)
FIRST = first(digests)
_THIS = update(digests).where(digests.c.id == bindparam("key"))
AFRESH = _THIS.values(differing=0)
_agrees = digests.c.differing == 0
WHOLE = _THIS.values(
    heard=bindparam("at", type_=Instant),
    agreed_before=case((_agrees, digests.c.agreed), else_=digests.c.agreed_before),
    agreed=case((_agrees, bindparam("at", type_=Instant)), else_=digests.c.agreed),
)
DIFFERS = _THIS.values(
    differing=digests.c.differing + 1, agreed=case((_agrees, digests.c.agreed_before), else_=digests.c.agreed)
)


def project(recorded: Recorded[Any]) -> Iterator[Change]:
    match recorded.event:
        case incoming.Received(sender=partner) | outgoing.Reported(partner, progress.Accepted() | progress.Declined()):
            yield from _begun(recorded, partner)
        case digest.Told(answer, hours):
            if not answer:
                yield AFRESH, {"key": recorded.stream}
            yield set_due(BEGIN, recorded.stream, recorded.at + timedelta(hours=hours))
        case digest.Heard(partner, after, until, answer):
            yield from _begun(recorded, partner)
            if after is None and not answer:
                yield AFRESH, {"key": recorded.stream}
            if until is None:
                yield WHOLE, {"key": recorded.stream, "at": recorded.at}
        case outgoing.StepsLost() | outgoing.FoundAtPartner() | incoming.StepsLost() | incoming.FoundAtPartner():
            yield DIFFERS, {"key": digest.kept_with(recorded.by.removeprefix("partner:"))}
        case _:
            return


def _begun(recorded: Recorded[Any], partner: str) -> Iterator[Change]:
    stream = digest.kept_with(partner)
    yield FIRST, {"id": stream, "partner": partner, "began": recorded.at, "differing": 0}
    yield first_due(BEGIN, stream, recorded.at + timedelta(hours=digest.DAY))


def closed_since(connection: Connection, partner: str) -> datetime:
    """Since when what was closed may not have been compared with a partner."""
    agreed = connection.scalar(select(digests.c.agreed).where(digests.c.partner == partner))
    return agreed - AGAIN if agreed else EPOCH


def agreements(connection: Connection) -> Sequence[Agreement]:
    """Where it stands with each partner, by name."""
    rows = connection.execute(select(digests).order_by(digests.c.partner))
    return [Agreement(row.partner, row.began, row.heard, row.agreed, row.differing) for row in rows]
