"""Participants' links, and how it went with their codes."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Connection,
    Index,
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

from services.intake.domain import participant, participant_link
from services.intake.views.participants import theirs
from shared.contracts.intake.links import LinkAnswer
from shared.eventlog.columns import Id, Instant
from shared.eventlog.types import Change, Recorded
from shared.identity import OrgScope
from shared.rules import NotFound

VERSION = 1
links = Table(
    "participant_links",
    MetaData(),
    Column("id", Id, primary_key=True),
    Column("participant", Id, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("code_at", Instant),
    Column("not_sent", String, nullable=False),
    Column("entered_at", Instant),
    Column("withdrawn_at", Instant),
    Index("participant_links_of", "participant", "id"),
)
TABLES = (links,)
FOLLOWS = (
    participant_link.Made,
    participant_link.CodeMade,
    participant_link.NotSent,
    participant_link.Entered,
    participant_link.TriedTooOften,
    participant_link.Withdrawn,
    participant.Erased,
)
MAKE = insert(links)
_ONE = links.c.id == bindparam("key")
CODE = update(links).where(_ONE).values(code_at=bindparam("at"), not_sent="")
FAIL = update(links).where(_ONE, links.c.code_at == bindparam("at")).values(not_sent=bindparam("reason"))
ENTER = update(links).where(_ONE).values(entered_at=bindparam("at"))
WITHDRAW = update(links).where(_ONE).values(withdrawn_at=bindparam("at"))
SHUT = WITHDRAW.values(not_sent="link-tried-too-often")
ERASE = delete(links).where(links.c.participant == bindparam("key"))


def project(recorded: Recorded[Any]) -> Iterator[Change]:
    match recorded.event:
        case participant_link.Made(person):
            made = {"id": recorded.stream, "participant": person, "made_at": recorded.at}
            yield MAKE, {**made, "not_sent": ""}
        case participant_link.CodeMade(at):
            yield CODE, {"key": recorded.stream, "at": at}
        case participant_link.NotSent(at, reason):
            yield FAIL, {"key": recorded.stream, "at": at, "reason": reason}
        case participant_link.Entered(at):
            yield ENTER, {"key": recorded.stream, "at": at}
        case participant_link.TriedTooOften():
            yield SHUT, {"key": recorded.stream, "at": recorded.at}
        case participant_link.Withdrawn():
            yield WITHDRAW, {"key": recorded.stream, "at": recorded.at}
        case participant.Erased():
            yield ERASE, {"key": recorded.stream}
        case _:
            return


def one(connection: Connection, scope: OrgScope, id: UUID) -> LinkAnswer:  # noqa: A002
    """A link, or `link-unknown`."""
    row = connection.execute(select(links).where(links.c.id == id, theirs(links.c.participant, scope))).one_or_none()
    if row is None:
        raise NotFound("link-unknown")
    return _answer(row)


def of_participant(
    connection: Connection, scope: OrgScope, participant: UUID, after: UUID | None, first: int
) -> Sequence[LinkAnswer]:
    """A participant's links, oldest first (their ids are UUIDv7)."""
    wanted = select(links).where(links.c.participant == participant, theirs(links.c.participant, scope))
    if after is not None:
        wanted = wanted.where(links.c.id > after)
    return [_answer(row) for row in connection.execute(wanted.order_by(links.c.id).limit(first))]


def behind(connection: Connection, _scope: OrgScope, id: UUID) -> tuple[UUID, datetime | None] | None:  # noqa: A002
    """Whose link it is and when its last code was made, for who comes by it; None when there is none (any more)."""
    row = connection.execute(select(links).where(links.c.id == id, links.c.withdrawn_at.is_(None))).one_or_none()
    return None if row is None else (row.participant, row.code_at)


def _answer(row: Row[Any]) -> LinkAnswer:
    return LinkAnswer(
        id=row.id,
        participant=row.participant,
        made_at=row.made_at,
        code_at=row.code_at,
        not_sent=row.not_sent,
        entered_at=row.entered_at,
        withdrawn_at=row.withdrawn_at,
    )
