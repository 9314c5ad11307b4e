"""Who can be registered at a meeting here: ids only, each seen by their team."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Connection, MetaData, Row, String, Table, bindparam, delete, insert, select, update

from services.events.domain import participant
from shared.contracts.events import KnownParticipant
from shared.eventlog.columns import Id, Instant
from shared.eventlog.types import Change, Recorded
from shared.identity import OrgScope
from shared.rules import NotFound

VERSION = 2
participants = Table(
    "participants",
    MetaData(),
    Column("id", Id, primary_key=True),
    Column("since", Instant, nullable=False),
    Column("team", String),
)
TABLES = (participants,)
FOLLOWS = (participant.Known, participant.Moved, participant.Forgotten)
KNOW = insert(participants)
MOVE = update(participants).where(participants.c.id == bindparam("key")).values(team=bindparam("new_team"))
FORGET = delete(participants).where(participants.c.id == bindparam("key"))


def project(recorded: Recorded[Any]) -> Iterator[Change]:
    match recorded.event:
        case participant.Known(at, team):
            yield KNOW, {"id": recorded.stream, "since": at, "team": team}
        case participant.Moved(team):
            yield MOVE, {"key": recorded.stream, "new_team": team}
        case participant.Forgotten():
            yield FORGET, {"key": recorded.stream}
        case _:
            pass


def one(connection: Connection, scope: OrgScope, id: UUID) -> KnownParticipant:  # noqa: A002
    """A known participant, or `participant-unknown`."""
    row = connection.execute(select(participants).where(participants.c.id == id)).one_or_none()
    if row is None or not _seen(row, scope):
        raise NotFound("participant-unknown")
    return KnownParticipant(row.id, row.since)


def _seen(row: Row[Any], scope: OrgScope) -> bool:
    """By their team; who came by a link sees at most themselves."""
    return bool(scope.person == row.id) if scope.holder is not None else scope.team in (None, row.team)
