"""Referrals in lists: the inbox and what was sent, newest first, by status and by what is overdue."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from msgspec import Struct
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    and_,
    bindparam,
    case,
    insert,
    or_,
    select,
    true,
    update,
)

from services.intake.domain import incoming_erasure, participant
from services.intake.domain import incoming_events as incoming
from services.intake.domain import outgoing_events as outgoing
from services.intake.domain import referral_progress as progress
from services.intake.domain.referral_status import FINAL, Status
from services.intake.domain.restored import CANCEL_ASKED, Steps
from services.intake.views.pages import newest
from services.intake.views.participants import own
from shared.contracts.intake import Direction, ReferralItem, ReferralStatus
from shared.eventlog.columns import Id, Instant
from shared.eventlog.types import Change, Recorded
from shared.identity import OrgScope
from shared.rules import NotFound

VERSION = 2
referrals = Table(
    "referrals",
    MetaData(),
    Column("id", Id, primary_key=True),
    Column("reference", Id, nullable=False),
    Column("direction", String, nullable=False),
    Column("partner", String, nullable=False),
    Column("programme", Id, nullable=False),
    Column("participant", Id),
    Column("team", String),
    Column("accepted", Boolean, nullable=False),
    Column("need", String, nullable=False),
    Column("status", String, nullable=False),
    Column("since", Instant, nullable=False),
    Column("delivered", Boolean, nullable=False),
    Column("cancel_asked", Boolean, nullable=False),
    Column("overdue", Boolean, nullable=False),
    Column("owner", String),
    Column("list_position", Integer),
    Column("created_at", Instant, nullable=False),
    Index("referrals_newest", "direction", "created_at", "id"),
    Index("referrals_by_status", "direction", "status", "created_at", "id"),
    Index("referrals_overdue", "overdue", "created_at", "id"),
    Index("referrals_of_participant", "participant"),
)
TABLES = (referrals,)
FOLLOWS = (*get_args(outgoing.Event), *get_args(incoming.Event), participant.Moved, participant.Erased)
_THIS = update(referrals).where(referrals.c.id == bindparam("key"))
ADD = insert(referrals)
BACK = _THIS.values(
    status=bindparam("new_status"),
    since=case((referrals.c.status == bindparam("same"), referrals.c.since), else_=bindparam("at", type_=Instant)),
    list_position=bindparam("position"),
    overdue=False,
    cancel_asked=and_(referrals.c.cancel_asked, bindparam("still_open", type_=Boolean)),
)
MOVE = BACK.where(referrals.c.status != Status.ENTERED_IN_ERROR)
OWNER = _THIS.where(referrals.c.status != Status.ENTERED_IN_ERROR).values(owner=bindparam("new_owner"))
DELIVERED = _THIS.values(
    delivered=True,
    status=case((referrals.c.status == Status.REQUESTED, Status.RECEIVED.value), else_=referrals.c.status),
    since=case((referrals.c.status == Status.REQUESTED, bindparam("at", type_=Instant)), else_=referrals.c.since),
)
ASKED = _THIS.where(*(referrals.c.status != status for status in sorted(FINAL))).values(cancel_asked=True)
LATE = _THIS.values(overdue=True)
ACCEPT = MOVE.values(owner=bindparam("new_owner"), accepted=True)
ASSIGN = _THIS.values(team=bindparam("new_team"))
TEAM = update(referrals).where(referrals.c.participant == bindparam("of")).values(team=bindparam("new_team"))
BLANK = _THIS.values(need="")
BLANK_OF = update(referrals).where(referrals.c.participant == bindparam("of")).values(need="")


def project(recorded: Recorded[Any]) -> Iterator[Change]:
    match recorded.event:
        case outgoing.Drafted(wish):
            about = {
                "participant": wish.participant,
                "team": wish.team,
                "need": wish.letter.need if wish.letter else "",
            }
            whom = {"direction": Direction.OUT, "partner": wish.to, "programme": wish.programme}
            yield ADD, _row(recorded, recorded.stream, Status.DRAFT) | about | whom
        case incoming.Received(sender, reference, programme, letter):
            about = {"participant": None, "team": None, "need": letter.need if letter else ""}
            whom = {"direction": Direction.IN, "partner": sender, "programme": programme}
            yield ADD, _row(recorded, reference, Status.RECEIVED) | about | whom
        case incoming.Assigned(team):
            yield ASSIGN, {"key": recorded.stream, "new_team": team}
        case outgoing.StepsLost(here, _, standing):
            yield from _set_back(recorded, here, standing)
        case outgoing.Reported(_, news):
            yield from _news(recorded, news)
        case event if isinstance(event, progress.News):
            yield from _news(recorded, event)
        case event:
            yield from _sides(recorded, event)


def _sides(recorded: Recorded[Any], event: object) -> Iterator[Change]:
    this = {"key": recorded.stream}
    match event:
        case participant.Moved(team):
            yield TEAM, {"of": recorded.stream, "new_team": team}
        case participant.Erased():
            yield BLANK_OF, {"of": recorded.stream}
        case outgoing.FoundAtPartner(partner, programme) | incoming.FoundAtPartner(partner, _, programme):
            yield ADD, _found(recorded, event) | {"partner": partner, "programme": programme}
        case outgoing.Requested() | outgoing.TakenBack():
            yield _move(recorded, Status.REQUESTED if isinstance(event, outgoing.Requested) else Status.CANCELLED)
        case outgoing.Delivered():
            yield DELIVERED, this | {"at": recorded.at}
        case outgoing.CancelAsked() | outgoing.ConsentWithdrawn():
            yield ASKED, this
        case incoming.CancelAsked() | incoming.ConsentWithdrawn():
            yield ASKED, this
        case outgoing.AnswerOverdue() | incoming.AnswerOverdue():
            yield LATE, this
        case outgoing.EnteredInError() | incoming.EnteredInError():
            yield _move(recorded, Status.ENTERED_IN_ERROR)
        case incoming_erasure.Forgotten():
            yield BLANK, this
        case _:
            return


def _row(recorded: Recorded[Any], reference: UUID, status: Status) -> dict[str, Any]:
    this = {"id": recorded.stream, "reference": reference, "status": status, "owner": None, "list_position": None}
    fresh = dict.fromkeys(("delivered", "cancel_asked", "overdue", "accepted"), False)
    return this | fresh | {"since": recorded.at, "created_at": recorded.at}


def _set_back(recorded: Recorded[Any], here: Steps, standing: progress.Standing) -> Iterator[Change]:
    this = {"key": recorded.stream}
    yield BACK, _move(recorded, standing.status, standing.list_position)[1]
    yield OWNER, this | {"new_owner": standing.owner}
    yield DELIVERED, this | {"at": recorded.at}
    if CANCEL_ASKED in here:
        yield ASKED, this


def _found(recorded: Recorded[Any], found: outgoing.FoundAtPartner | incoming.FoundAtPartner) -> dict[str, Any]:
    reference, direction = recorded.stream, Direction.OUT
    if isinstance(found, incoming.FoundAtPartner):
        reference, direction = found.reference, Direction.IN
    unknown = {"participant": None, "team": None, "need": "", "delivered": True}
    known = {"owner": found.standing.owner, "list_position": found.standing.list_position}
    return _row(recorded, reference, found.standing.status) | unknown | known | {"direction": direction}


def _move(recorded: Recorded[Any], status: Status, position: int | None = None) -> Change:
    change = {"new_status": status, "same": status, "at": recorded.at, "position": position}
    return MOVE, change | {"key": recorded.stream, "still_open": status not in FINAL}


def _news(recorded: Recorded[Any], news: progress.News) -> Iterator[Change]:
    position = news.list_position if isinstance(news, progress.Held) else None
    moved, change = _move(recorded, progress.STATUS[type(news)], position)
    if isinstance(news, progress.Accepted):
        moved, change = ACCEPT, {**change, "new_owner": news.owner}
    yield moved, change


class Wanted(Struct, frozen=True):
    """What somebody looks for; None is anything."""

    direction: Direction | None = None
    status: ReferralStatus | None = None
    overdue: bool | None = None
    participant: UUID | None = None


def mine(scope: OrgScope) -> ColumnElement[bool]:
    """A team sees what it sent or accepted, and previews; who came by a link at most what tells of them."""
    if scope.holder is not None:
        return own(referrals.c.participant, scope)
    preview = and_(referrals.c.direction == Direction.IN, ~referrals.c.accepted)
    return true() if scope.team is None else or_(preview, referrals.c.team == scope.team)


def page(
    connection: Connection, scope: OrgScope, wanted: Wanted, after: tuple[datetime, UUID] | None, first: int
) -> Sequence[ReferralItem]:
    """Newest first, from after a place in the list."""
    columns = referrals.c
    query = select(referrals).where(mine(scope))
    for name in Wanted.__struct_fields__:
        if (value := getattr(wanted, name)) is not None:
            query = query.where(columns[name] == value)
    return [_item(row) for row in connection.execute(newest(query, (columns.created_at, columns.id), after, first))]


def about(connection: Connection, participant: UUID) -> Sequence[ReferralItem]:
    """Every referral sent about one participant, whatever their team was then, newest first."""
    query = select(referrals).where(referrals.c.participant == participant)
    return [_item(row) for row in connection.execute(query.order_by(referrals.c.created_at.desc()))]


def side(connection: Connection, scope: OrgScope, id: UUID) -> Direction:  # noqa: A002
    """Whether a referral was sent or received here, or `referral-unknown`."""
    found = connection.scalar(select(referrals.c.direction).where(referrals.c.id == id, mine(scope)))
    if found is None:
        raise NotFound("referral-unknown")
    return Direction(found)


def _item(row: Row[Any]) -> ReferralItem:
    return ReferralItem(
        id=row.id,
        reference=row.reference,
        direction=Direction(row.direction),
        partner=row.partner,
        programme=row.programme,
        participant=row.participant,
        need=row.need,
        status=ReferralStatus(row.status),
        since=row.since,
        on_its_way=row.status == Status.REQUESTED and not row.delivered,
        cancel_asked=row.cancel_asked,
        overdue=row.overdue,
        owner=row.owner,
        list_position=row.list_position,
        created_at=row.created_at,
    )
