"""Participants whom the network knows, each seen by their team, and what they like to do. Who ends is gone from here."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    bindparam,
    delete,
    false,
    insert,
    select,
    true,
    update,
)

from services.network.domain import participant
from shared.contracts.network import Interests, ParticipantAnswer, ParticipantPage
from shared.eventlog.columns import Id, Instant
from shared.eventlog.types import Change, Recorded
from shared.identity import OrgScope
from shared.rules import NotFound

VERSION = 3
participants = Table(
    "participants",
    MetaData(),
    Column("id", Id, primary_key=True),
    Column("since", Instant, nullable=False),
    Column("team", String),
    Column("minor", Boolean, nullable=False),
    Column("likes", String),  # NULL: no interests are kept
    Column("company", String),
    Column("times", String),
    Column("distance_km", Integer),
)
TABLES = (participants,)
FOLLOWS = (
    participant.Known,
    participant.Moved,
    participant.AgeTold,
    participant.InterestsSet,
    participant.InterestsCleared,
    participant.Ended,
)
KNOW = insert(participants)
_THIS = update(participants).where(participants.c.id == bindparam("key"))
MOVE = _THIS.values(team=bindparam("new_team"))
AGE = _THIS.values(minor=bindparam("new_minor"))
SET = _THIS.values({participants.c[name]: bindparam(f"new_{name}") for name in participant.Interests.__struct_fields__})
END = delete(participants).where(participants.c.id == bindparam("key"))
NO_INTERESTS = {f"new_{name}": None for name in participant.Interests.__struct_fields__}


def project(recorded: Recorded[Any]) -> Iterator[Change]:
    match recorded.event:
        case participant.Known(at, team, minor):
            yield KNOW, {"id": recorded.stream, "since": at, "team": team, "minor": minor}
        case participant.Moved(team):
            yield MOVE, {"key": recorded.stream, "new_team": team}
        case participant.AgeTold(minor):
            yield AGE, {"key": recorded.stream, "new_minor": minor}
        case participant.InterestsSet(participant.Interests() as interests):
            said = {f"new_{name}": value for name, value in msgspec.structs.asdict(interests).items()}
            yield SET, {"key": recorded.stream, **said}
        case participant.InterestsCleared():
            yield SET, {"key": recorded.stream, **NO_INTERESTS}
        case participant.Ended():
            yield END, {"key": recorded.stream}
        case _:
            pass


def mine(scope: OrgScope) -> ColumnElement[bool]:
    """Who belongs to a team sees the team's people, who came by a link at most themselves."""
    if scope.holder is not None:
        return own(participants.c.id, scope)
    return true() if scope.team is None else participants.c.team == scope.team


def own(column: Column[UUID], scope: OrgScope) -> ColumnElement[bool]:
    """Rows about the participant who came by their link; none for anybody else."""
    return false() if scope.person is None else column == scope.person


def theirs(column: Column[UUID], scope: OrgScope) -> ColumnElement[bool]:
    """Rows about the people whom the caller sees."""
    if scope.holder is not None:
        return own(column, scope)
    return true() if scope.team is None else column.in_(select(participants.c.id).where(mine(scope)))


def one(connection: Connection, scope: OrgScope, id: UUID) -> ParticipantAnswer:  # noqa: A002
    """A known participant, or `participant-unknown`."""
    row = connection.execute(select(participants).where(participants.c.id == id, mine(scope))).one_or_none()
    if row is None:
        raise NotFound("participant-unknown")
    return _answer(row)


def page(connection: Connection, scope: OrgScope, after: UUID | None, first: int) -> ParticipantPage:
    """The team's participants, oldest first (their ids are UUIDv7)."""
    wanted = select(participants).where(mine(scope)).order_by(participants.c.id).limit(first + 1)
    if after is not None:
        wanted = wanted.where(participants.c.id > after)
    items = [_answer(row) for row in connection.execute(wanted)]
    return ParticipantPage(items[:first], str(items[first - 1].id) if len(items) > first else None)


def sees(connection: Connection, scope: OrgScope, id: UUID) -> bool:  # noqa: A002
    """Whether the caller would hear of somebody: one of their team, or anybody where they work for every team."""
    return scope.team is None or bool(
        connection.scalar(select(participants.c.id).where(participants.c.id == id, mine(scope)))
    )


def known(connection: Connection, _scope: OrgScope, *people: UUID) -> frozenset[UUID]:
    """Those of some people whom the network knows, whatever their team: people of two teams meet."""
    return frozenset(connection.scalars(select(participants.c.id).where(participants.c.id.in_(people))))


def minors(connection: Connection, _scope: OrgScope, *people: UUID) -> frozenset[UUID]:
    """Those of some people who are minors."""
    young = select(participants.c.id).where(participants.c.id.in_(people), participants.c.minor)
    return frozenset(connection.scalars(young))


def _answer(row: Row[Any]) -> ParticipantAnswer:
    interests = None if row.likes is None else msgspec.convert(row, Interests, from_attributes=True)
    return ParticipantAnswer(row.id, row.since, interests)
