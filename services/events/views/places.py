"""Places as they are now. Areas nest: who asks for a municipality finds its districts and neighbourhoods too."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    MetaData,
    String,
    Table,
    bindparam,
    func,
    insert,
    select,
    update,
)

from services.events.domain import place
from shared.contracts.events import PlaceAnswer, PlacePage
from shared.eventlog.columns import Id, Instant
from shared.eventlog.types import Change, Recorded
from shared.identity import OrgScope
from shared.rules import NotFound

VERSION = 1
places = Table(
    "places",
    MetaData(),
    Column("id", Id, primary_key=True),
    Column("name", String, nullable=False),
    Column("address", String, nullable=False),
    Column("area", String, nullable=False),
    Column("opening_hours", String, nullable=False),
    Column("contact", String, nullable=False),
    Column("accessibility", JSON, nullable=False),
    Column("activities", JSON, nullable=False),
    Column("languages", JSON, nullable=False),
    Column("changed_at", Instant, nullable=False),
)
TABLES = (places,)
FOLLOWS = (place.Registered, place.Changed)
REGISTER = insert(places)
CHANGE = (
    update(places)
    .where(places.c.id == bindparam("key"))
    .values({column: bindparam(f"new_{column.name}") for column in places.c if not column.primary_key})
)


def project(recorded: Recorded[Any]) -> Iterator[Change]:
    match recorded.event:
        case place.Registered(details, at):
            yield REGISTER, {"id": recorded.stream, "changed_at": at, **msgspec.structs.asdict(details)}
        case place.Changed(details, at):
            said = {"changed_at": at, **msgspec.structs.asdict(details)}
            yield CHANGE, {"key": recorded.stream, **{f"new_{name}": value for name, value in said.items()}}
        case _:
            pass


def one(connection: Connection, _scope: OrgScope, id: UUID) -> PlaceAnswer:  # noqa: A002
    """A place by its id, or `place-unknown`."""
    row = connection.execute(select(places).where(places.c.id == id)).one_or_none()
    if row is None:
        raise NotFound("place-unknown")
    return msgspec.convert(row, PlaceAnswer, from_attributes=True)


def page(connection: Connection, _scope: OrgScope, area: str | None, after: UUID | None, first: int) -> PlacePage:
    """Places, oldest first (their ids are UUIDv7)."""
    wanted = select(places).order_by(places.c.id).limit(first + 1)
    if area is not None:
        wanted = wanted.where(within(places.c.area, area))
    if after is not None:
        wanted = wanted.where(places.c.id > after)
    items = msgspec.convert(connection.execute(wanted).all(), list[PlaceAnswer], from_attributes=True)
    return PlacePage(items[:first], str(items[first - 1].id) if len(items) > first else None)


def within(column: Column[str], area: str) -> ColumnElement[bool]:
    """CBS codes: GM0171 holds WK0171xx, and that holds BU0171xxxx; the digits nest."""
    return func.substr(column, 3).startswith(area[2:], autoescape=True)
