"""The directory: own programmes, and partners' as they told by letter, each with the time it was heard."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Date,
    Integer,
    MetaData,
    Row,
    Select,
    String,
    Table,
    bindparam,
    delete,
    exists,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from services.intake.domain import partner_programme, programme
from services.intake.domain.areas import around
from services.intake.domain.sending import Programme
from shared.contracts.intake import ProgrammeAnswer, ProgrammeKind, ProgrammeStatus
from shared.eventlog.columns import Id, Instant
from shared.eventlog.types import Change, Recorded
from shared.identity import OrgScope
from shared.rules import NotFound

VERSION = 2
OWN = ""
"""Stands for the own organisation, whose slug events do not name."""
ALTERNATIVES = 5
"""How many open programmes a refusal shows."""
_metadata = MetaData()
programmes = Table(
    "directory",
    _metadata,
    Column("organisation", String, primary_key=True),
    Column("id", Id, primary_key=True),
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("description", String, nullable=False),
    Column("areas", JSON, nullable=False),
    Column("audience", String, nullable=False),
    Column("languages", JSON, nullable=False),
    Column("cost_cents", Integer),
    Column("accessibility", String, nullable=False),
    Column("contact", String, nullable=False),
    Column("age_from", Integer, nullable=False),
    Column("age_until", Integer),
    Column("status", String, nullable=False),
    Column("since", Instant, nullable=False),
    Column("reason", String, nullable=False),
    Column("until", Date),
    Column("heard_at", Instant, nullable=False),
)
areas = Table(
    "directory_areas",
    _metadata,
    Column("organisation", String, primary_key=True),
    Column("id", Id, primary_key=True),
    Column("area", String, primary_key=True, index=True),
)
TABLES = (programmes, areas)
FOLLOWS = (programme.Offered, programme.Changed, programme.OpennessSet, partner_programme.Heard)
_THIS = (programmes.c.organisation == bindparam("whose")) & (programmes.c.id == bindparam("key"))
ADD = insert(programmes)
REMOVE = delete(programmes).where(_THIS)
DESCRIBE = (
    update(programmes)
    .where(_THIS)
    .values({name: bindparam(f"new_{name}") for name in (*programme.Details.__struct_fields__, "heard_at")})
)
SET = (
    update(programmes)
    .where(_THIS)
    .values({name: bindparam(f"new_{name}") for name in ("status", "since", "reason", "until", "heard_at")})
)
CLEAR_AREAS = delete(areas).where(areas.c.organisation == bindparam("whose"), areas.c.id == bindparam("key"))
ADD_AREA = insert(areas)


def project(recorded: Recorded[Any]) -> Iterator[Change]:
    this = {"whose": OWN, "key": recorded.stream}
    match recorded.event:
        case programme.Offered(details, at):
            opened = {"status": programme.Openness.OPEN, "since": at, "reason": "", "until": None}
            yield from _put(OWN, recorded.stream, recorded, details, opened)
        case programme.Changed(details):
            told = msgspec.structs.asdict(details) | {"heard_at": recorded.at}
            yield DESCRIBE, this | {f"new_{name}": value for name, value in told.items()}
            yield from _areas(OWN, recorded.stream, details)
        case programme.OpennessSet(status, reason, until, at):
            told = {"status": status, "since": at, "reason": reason, "until": until, "heard_at": recorded.at}
            yield SET, this | {f"new_{name}": value for name, value in told.items()}
        case partner_programme.Heard(organisation, id_, details, openness, since, reason, until):
            said = {"status": openness, "since": since, "reason": reason, "until": until}
            yield from _put(organisation, id_, recorded, details, said)
        case _:
            return


def _put(
    organisation: str, id_: UUID, recorded: Recorded[Any], details: programme.Details, standing: dict[str, Any]
) -> Iterator[Change]:
    yield REMOVE, {"whose": organisation, "key": id_}
    row = {"organisation": organisation, "id": id_, "heard_at": recorded.at}
    yield ADD, row | msgspec.structs.asdict(details) | standing
    yield from _areas(organisation, id_, details)


def _areas(organisation: str, id_: UUID, details: programme.Details) -> Iterator[Change]:
    yield CLEAR_AREAS, {"whose": organisation, "key": id_}
    for area in dict.fromkeys(details.areas):
        yield ADD_AREA, {"organisation": organisation, "id": id_, "area": area}


class Wanted(msgspec.Struct, frozen=True):
    """What somebody looks for; None is anything. Areas find what serves one of them: it, what contains it, and everywhere."""

    kind: str | None = None
    areas: tuple[str, ...] = ()
    status: str | None = None
    organisation: str | None = None


def one(connection: Connection, scope: OrgScope, organisation: str, id: UUID) -> ProgrammeAnswer:  # noqa: A002
    """One programme of one organisation, or `programme-unknown`."""
    whose = OWN if organisation == scope.organisation else organisation
    query = select(programmes).where(programmes.c.organisation == whose, programmes.c.id == id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("programme-unknown", organisation=organisation)
    return _answer(row, scope)


def page(
    connection: Connection, scope: OrgScope, wanted: Wanted, after: tuple[str, str, UUID] | None, first: int
) -> Sequence[ProgrammeAnswer]:
    """By name, from after a place in the list (name, organisation, id)."""
    columns = programmes.c
    query = _matching(wanted, scope).order_by(columns.name, columns.organisation, columns.id).limit(first)
    if after is not None:
        name, organisation, id_ = after
        whose = OWN if organisation == scope.organisation else organisation
        query = query.where(
            tuple_(columns.name, columns.organisation, columns.id)
            > tuple_(bindparam(None, name, String), bindparam(None, whose, String), bindparam(None, id_, Id))
        )
    return [_answer(row, scope) for row in connection.execute(query)]


def wished(
    connection: Connection,
    scope: OrgScope,
    organisation: str,
    id: UUID,  # noqa: A002
    area: str,
) -> Programme | None:
    """A programme as the rules for sending see it. Where it is not open: what is, of its kind, where the person lives or it is."""
    try:
        found = one(connection, scope, organisation, id)
    except NotFound:
        return None
    ages = (found.age_from, found.age_until)
    if found.status is ProgrammeStatus.OPEN:
        return Programme(found.name, found.status, (), ages)
    near = tuple(filter(None, (area, *found.areas)))  # who moves looks for help where they will live
    wanted = Wanted(kind=found.kind, areas=near, status=ProgrammeStatus.OPEN)
    others = page(connection, scope, wanted, None, ALTERNATIVES)
    instead = tuple(f"{other.name} ({other.organisation})" for other in others)
    return Programme(found.name, found.status, instead, ages)


def own_programmes(connection: Connection) -> Sequence[UUID]:
    """Ids of the own programmes: what a new partner gets told."""
    return list(connection.scalars(select(programmes.c.id).where(programmes.c.organisation == OWN)))


def own_areas(connection: Connection) -> frozenset[str]:
    """Names of areas that the own programmes use."""
    return frozenset(connection.scalars(select(areas.c.area).where(areas.c.organisation == OWN).distinct()))


def _matching(wanted: Wanted, scope: OrgScope) -> Select[Any]:
    query = select(programmes)
    if wanted.kind is not None:
        query = query.where(programmes.c.kind == wanted.kind)
    if wanted.status is not None:
        query = query.where(programmes.c.status == wanted.status)
    if wanted.organisation is not None:
        whose = OWN if wanted.organisation == scope.organisation else wanted.organisation
        query = query.where(programmes.c.organisation == whose)
    if wanted.areas:
        its = (areas.c.organisation == programmes.c.organisation) & (areas.c.id == programmes.c.id)
        serves = exists().where(its, areas.c.area.in_([one for area in wanted.areas for one in around(area)]))
        query = query.where(or_(serves, ~exists().where(its)))
    return query


def _answer(row: Row[Any], scope: OrgScope) -> ProgrammeAnswer:
    told = dict(row._mapping)  # noqa: SLF001  (SQLAlchemy's public way to a row's names)
    told["organisation"] = row.organisation or scope.organisation
    told["kind"], told["status"] = ProgrammeKind(row.kind), ProgrammeStatus(row.status)
    told["areas"], told["languages"] = tuple(row.areas), tuple(row.languages)
    return ProgrammeAnswer(own=row.organisation == OWN, **told)
