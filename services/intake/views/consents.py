"""Consents of participants, and the ground that a referral names."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
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
    update,
)

from services.intake.domain import consent, participant
from services.intake.domain.sending import Ground
from services.intake.views.pages import newest
from services.intake.views.participants import theirs
from shared.contracts.intake import AgreedBy, ConsentAnswer, ConsentDirection, ConsentPurpose, Evidence, EvidenceForm
from shared.eventlog.columns import Id, Instant
from shared.eventlog.types import Change, Recorded
from shared.identity import OrgScope
from shared.rules import NotFound

VERSION = 2
consents = Table(
    "consents",
    MetaData(),
    Column("id", Id, primary_key=True),
    Column("participant", Id, nullable=False),
    Column("recipient", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("data", JSON, nullable=False),
    Column("direction", String, nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("form", String, nullable=False),
    Column("text_version", String, nullable=False),
    Column("asked_on", Date, nullable=False),
    Column("asked_by", String, nullable=False),
    Column("agreed_by", String, nullable=False),
    Column("explicit", Boolean, nullable=False),
    Column("withdrawn_at", Instant),
    Index("consents_of_participant", "participant", "since", "id"),
)
TABLES = (consents,)
FOLLOWS = (consent.Given, consent.Withdrawn, participant.Erased)
GIVE = insert(consents)
ERASE = delete(consents).where(consents.c.participant == bindparam("key"))
WITHDRAW = update(consents).where(consents.c.id == bindparam("key")).values(withdrawn_at=bindparam("at"))


def project(recorded: Recorded[Any]) -> Iterator[Change]:
    match recorded.event:
        case consent.Given(terms) if terms.evidence is not None:
            told = {name: getattr(terms, name) for name in terms.__struct_fields__ if name != "evidence"}
            shown = {name: getattr(terms.evidence, name) for name in terms.evidence.__struct_fields__}
            yield GIVE, {"id": recorded.stream, **told, **shown}
        case consent.Withdrawn(at):
            yield WITHDRAW, {"key": recorded.stream, "at": at}
        case participant.Erased():
            yield ERASE, {"key": recorded.stream}
        case _:
            return


def one(connection: Connection, scope: OrgScope, id: UUID) -> ConsentAnswer:  # noqa: A002
    """One consent, or `consent-unknown`."""
    found = select(consents).where(consents.c.id == id, theirs(consents.c.participant, scope))
    row = connection.execute(found).one_or_none()
    if row is None:
        raise NotFound("consent-unknown")
    return _answer(row)


def of_participant(
    connection: Connection, scope: OrgScope, participant: UUID, after: tuple[datetime, UUID] | None, first: int
) -> Sequence[ConsentAnswer]:
    """A participant's consents, newest first, from after a place in the list."""
    columns = consents.c
    query = select(consents).where(columns.participant == participant, theirs(columns.participant, scope))
    return [_answer(row) for row in connection.execute(newest(query, (columns.since, columns.id), after, first))]


def ground(connection: Connection, scope: OrgScope, id: UUID | None) -> Ground | None:  # noqa: A002
    """The consent that a referral names, as the rules for sending see it."""
    found = select(consents).where(consents.c.id == id, theirs(consents.c.participant, scope))
    row = connection.execute(found).one_or_none()
    if row is None:
        return None
    direction = consent.Direction(row.direction)
    withdrawn = row.withdrawn_at is not None
    whose = (row.id, row.participant, row.recipient, row.purpose, direction, row.until)
    return Ground(*whose, withdrawn, tuple(row.data), row.explicit)


def _answer(row: Row[Any]) -> ConsentAnswer:
    return ConsentAnswer(
        id=row.id,
        participant=row.participant,
        recipient=row.recipient,
        purpose=ConsentPurpose(row.purpose),
        data=tuple(row.data),
        explicit=row.explicit,
        direction=ConsentDirection(row.direction),
        since=row.since,
        until=row.until,
        evidence=Evidence(
            EvidenceForm(row.form), row.text_version, row.asked_on, row.asked_by, AgreedBy(row.agreed_by)
        ),
        withdrawn_at=row.withdrawn_at,
    )
