"""Intake interviews of participants."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    Index,
    MetaData,
    Row,
    String,
    Table,
    bindparam,
    delete,
    insert,
    select,
)

from services.intake.domain import interview, participant
from services.intake.views.pages import newest
from services.intake.views.participants import theirs
from shared.contracts.intake import InterviewAnswer, InterviewPurpose
from shared.eventlog.columns import Id, Instant
from shared.eventlog.types import Change, Recorded
from shared.identity import OrgScope
from shared.rules import NotFound

VERSION = 1
interviews = Table(
    "interviews",
    MetaData(),
    Column("id", Id, primary_key=True),
    Column("participant", Id, nullable=False),
    Column("held_on", Date, nullable=False),
    Column("by", String, nullable=False),
    Column("asked_for", String, nullable=False),
    Column("question_behind_it", String, nullable=False),
    Column("suitable_now", Boolean, nullable=False),
    Column("suitable_why", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("next_steps", String, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Index("interviews_of_participant", "participant", "held_on", "id"),
)
TABLES = (interviews,)
FOLLOWS = (interview.InterviewRecorded, participant.Erased)
ADD = insert(interviews)
ERASE = delete(interviews).where(interviews.c.participant == bindparam("key"))


def project(recorded: Recorded[Any]) -> Iterator[Change]:
    match recorded.event:
        case interview.InterviewRecorded(person, held_on, by, interview.Findings() as findings):
            row = {"id": recorded.stream, "participant": person, "held_on": held_on, "by": by}
            yield ADD, row | msgspec.structs.asdict(findings) | {"recorded_at": recorded.at}
        case participant.Erased():
            yield ERASE, {"key": recorded.stream}
        case _:
            return


def one(connection: Connection, scope: OrgScope, id: UUID) -> InterviewAnswer:  # noqa: A002
    """One interview, or `interview-unknown`."""
    found = select(interviews).where(interviews.c.id == id, theirs(interviews.c.participant, scope))
    row = connection.execute(found).one_or_none()
    if row is None:
        raise NotFound("interview-unknown")
    return _answer(row)


def of_participant(
    connection: Connection, scope: OrgScope, person: UUID, after: tuple[date, UUID] | None, first: int
) -> Sequence[InterviewAnswer]:
    """A participant's interviews, newest first, from after a place in the list."""
    columns = interviews.c
    query = select(interviews).where(columns.participant == person, theirs(columns.participant, scope))
    return [_answer(row) for row in connection.execute(newest(query, (columns.held_on, columns.id), after, first))]


def _answer(row: Row[Any]) -> InterviewAnswer:
    told = dict(row._mapping)  # noqa: SLF001  (SQLAlchemy's public way to a row's names)
    return InterviewAnswer(**told | {"purpose": InterviewPurpose(row.purpose)})
