"""Participants of the organisation, each seen by their team (no team: by everybody)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    MetaData,
    Row,
    Select,
    String,
    Table,
    and_,
    bindparam,
    false,
    insert,
    or_,
    select,
    true,
    update,
)

from services.intake.domain import participant
from services.intake.domain.profile import Profile
from services.intake.views import break_glass, file_ground
from services.intake.views.alike import contact_key, name_key
from services.intake.views.pages import newest
from shared.contracts.intake import (
    AgeBand,
    Capacity,
    Contact,
    ContactWay,
    LifeEvent,
    ParticipantAnswer,
    Representative,
)
from shared.eventlog.changes import drop
from shared.eventlog.columns import Id, Instant
from shared.eventlog.types import Change, Recorded
from shared.identity import OrgScope
from shared.rules import NotFound

VERSION = 3
FOUND = 20
"""Most that a search shows: who is not among them needs a better question."""
_BY_CODE = String().with_variant(String(collation="C"), "postgresql")
"""Sorted by code point everywhere, so that what starts alike is a range."""
participants = Table(
    "participants",
    MetaData(),
    Column("id", Id, primary_key=True),
    Column("team", String),
    Column("name_to_use", String, nullable=False),
    Column("name_key", _BY_CODE, nullable=False, index=True),
    Column("contact_way", String, nullable=False),
    Column("contact", String, nullable=False),
    Column("contact_key", String, nullable=False, index=True),
    Column("contact_not", String, nullable=False),
    Column("language", String, nullable=False),
    Column("area", String, nullable=False),
    Column("age_band", String),
    Column("birth_year", Integer),
    Column("living_situation", String, nullable=False),
    Column("life_event", String),
    Column("hopes", String, nullable=False),
    Column("strengths", String, nullable=False),
    Column("under_guardianship", Boolean, nullable=False),
    Column("representative", JSON),
    *file_ground.columns(),
    Column("registered_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index("participants_newest", "registered_at", "id"),
)
TABLES = (participants,)
FOLLOWS = (
    participant.Registered,
    participant.GroundNamed,
    participant.Corrected,
    participant.Moved,
    participant.Ended,
    participant.Erased,
)
ADD = insert(participants)
ERASE = drop(participants)
_THIS = update(participants).where(participants.c.id == bindparam("key"))
_TOLD = (*Profile.__struct_fields__, "name_key", "contact_key")
CORRECT = _THIS.values({participants.c[name]: bindparam(f"new_{name}") for name in _TOLD})
GROUND = _THIS.values({participants.c[name]: bindparam(f"new_{name}") for name in file_ground.NAMES})
MOVE = _THIS.values(team=bindparam("new_team"))
END = _THIS.values(ended_at=bindparam("at"))


def project(recorded: Recorded[Any]) -> Iterator[Change]:
    match recorded.event:
        case participant.Registered(Profile() as profile, team) as event:
            new = {"id": recorded.stream, "team": team, "registered_at": recorded.at}
            yield ADD, new | file_ground.kept(event) | _told(profile)
        case participant.GroundNamed() as event:
            yield GROUND, {"key": recorded.stream, **_new(file_ground.kept(event))}
        case participant.Corrected(Profile() as profile):
            yield CORRECT, {"key": recorded.stream, **_new(_told(profile))}
        case participant.Moved(team):
            yield MOVE, {"key": recorded.stream, "new_team": team}
        case participant.Ended():
            yield END, {"key": recorded.stream, "at": recorded.at}
        case participant.Erased():
            yield ERASE, {"id": recorded.stream}
        case _:
            return


def _new(values: dict[str, Any]) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in values.items()}


def _told(profile: Profile) -> dict[str, Any]:
    keys = {"name_key": name_key(profile.name_to_use), "contact_key": contact_key(profile.contact)}
    by = msgspec.to_builtins(profile.representative)
    return msgspec.structs.asdict(profile) | keys | {"representative": by}


def mine(scope: OrgScope) -> ColumnElement[bool]:
    """Who belongs to a team sees the team's people, who came by a link at most themselves."""
    if scope.holder is not None:
        return own(participants.c.id, scope)
    if scope.team is None:
        return true()
    team = participants.c.team == scope.team
    return or_(team, participants.c.id.in_(break_glass.opened(scope))) if scope.looks is not None else team


def own(column: Column[UUID], scope: OrgScope) -> ColumnElement[bool]:
    """Rows about the participant who came by their link; none for anybody else."""
    return false() if scope.person is None else column == scope.person


def theirs(column: Column[UUID], scope: OrgScope) -> ColumnElement[bool]:
    """Rows about the people whom the caller sees."""
    if scope.holder is not None:
        return own(column, scope)
    return true() if scope.team is None else column.in_(select(participants.c.id).where(mine(scope)))


def one(connection: Connection, scope: OrgScope, id: UUID) -> ParticipantAnswer:  # noqa: A002
    """One participant, or `participant-unknown`."""
    return _answer(_row(connection, scope, id))


def compared(connection: Connection, scope: OrgScope, id_: UUID) -> ParticipantAnswer:
    """One participant with possible duplicates, or `participant-unknown`."""
    row = _row(connection, scope, id_)
    same = select(participants.c.id).where(participants.c.id != id_, mine(scope), _same(row)).limit(FOUND)
    return msgspec.structs.replace(_answer(row), possible_duplicates=tuple(connection.scalars(same)))


def _row(connection: Connection, scope: OrgScope, id_: UUID) -> Row[Any]:
    row = connection.execute(select(participants).where(participants.c.id == id_, mine(scope))).one_or_none()
    if row is None:
        raise NotFound("participant-unknown")
    return row


def reached(connection: Connection, _scope: OrgScope, id: UUID) -> ParticipantAnswer | None:  # noqa: A002
    """A participant to be reached themselves, whoever asks for that: nobody else is shown it."""
    row = connection.execute(select(participants).where(participants.c.id == id)).one_or_none()
    return None if row is None else _answer(row)


def team_of(connection: Connection, _: OrgScope, id: UUID) -> str | None:  # noqa: A002
    """Whose participant somebody is (None: the whole organisation's), or `participant-unknown`: all that another team is told."""
    row = connection.execute(select(participants.c.team).where(participants.c.id == id)).one_or_none()
    if row is None:
        raise NotFound("participant-unknown")
    team: str | None = row.team
    return team


def page(
    connection: Connection, scope: OrgScope, after: tuple[datetime, UUID] | None, first: int
) -> Sequence[ParticipantAnswer]:
    """Newest first, from after a place in the list."""
    return [_answer(row) for row in connection.execute(_newest(select(participants).where(mine(scope)), after, first))]


def search(connection: Connection, scope: OrgScope, name: str, contact: str) -> Sequence[ParticipantAnswer]:
    """Those whose name starts so or whose contact is this; nobody when neither is given."""
    wanted = or_(
        _starts(name_key(name)) if name else false(),
        participants.c.contact_key == contact_key(contact) if contact else false(),
    )
    return [
        _answer(row)
        for row in connection.execute(_newest(select(participants).where(mine(scope), wanted), None, FOUND))
    ]


def _newest(query: Select[Any], after: tuple[datetime, UUID] | None, first: int) -> Select[Any]:
    return newest(query, (participants.c.registered_at, participants.c.id), after, first)


def _starts(key: str) -> ColumnElement[bool]:
    """A range, because an index can find a range on every database."""
    return and_(participants.c.name_key >= key, participants.c.name_key < key + "\U0010ffff")


def _same(row: Row[Any]) -> ColumnElement[bool]:
    """The same contact; or the same name, where birth year and area do not say otherwise."""
    columns = participants.c
    year = true() if row.birth_year is None else or_(columns.birth_year.is_(None), columns.birth_year == row.birth_year)
    area = true() if not row.area else or_(columns.area == "", columns.area == row.area)
    return or_(columns.contact_key == row.contact_key, and_(columns.name_key == row.name_key, year, area))


def _answer(row: Row[Any]) -> ParticipantAnswer:
    return ParticipantAnswer(
        id=row.id,
        name_to_use=row.name_to_use,
        contact=Contact(ContactWay(row.contact_way), row.contact, row.contact_not),
        language=row.language,
        area=row.area,
        age_band=AgeBand(row.age_band) if row.age_band else None,
        birth_year=row.birth_year,
        living_situation=row.living_situation,
        life_event=LifeEvent(row.life_event) if row.life_event else None,
        hopes=row.hopes,
        strengths=row.strengths,
        under_guardianship=row.under_guardianship,
        representative=_representative(row.representative),
        legal_task=file_ground.task(row),
        file_consent=file_ground.agreed(row),
        team=row.team,
        registered_at=row.registered_at,
        ended_at=row.ended_at,
    )


def _representative(kept: dict[str, str] | None) -> Representative | None:
    if kept is None:
        return None
    way, capacity = ContactWay(kept["contact_way"]), Capacity(kept["capacity"])
    return Representative(kept["name"], way, kept["contact"], capacity)
