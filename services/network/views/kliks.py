"""Kliks, as each of the two sees them. Only what both said yes to ever gets here, so there is no one-sided yes to show."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    Index,
    MetaData,
    String,
    Table,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from services.network.domain import klik
from services.network.views.participants import theirs
from shared.contracts.network import KlikAnswer, KlikPage, YesAnswer
from shared.eventlog.columns import Id, Instant
from shared.eventlog.types import Change, Recorded
from shared.identity import OrgScope

VERSION = 1
kliks = Table(
    "kliks",
    MetaData(),
    Column("stream", Id, primary_key=True),
    Column("person", Id, primary_key=True),
    Column("other", Id, nullable=False),
    Column("id", Id, nullable=False),
    Column("contact", String, nullable=False),
    Column("since", Instant, nullable=False),
)
Index("kliks_of_person", kliks.c.person, kliks.c.id)
TABLES = (kliks,)
FOLLOWS = (klik.Formed, klik.ContactChanged, klik.Blocked, klik.Ended)
FORM = insert(kliks)
CHANGE = (
    update(kliks)
    .where(kliks.c.stream == bindparam("key"), kliks.c.other == bindparam("who"))
    .values(contact=bindparam("new_contact"))
)
END = delete(kliks).where(kliks.c.stream == bindparam("key"))


def project(recorded: Recorded[Any]) -> Iterator[Change]:
    match recorded.event:
        case klik.Formed() as formed:
            row = {"stream": recorded.stream, "id": formed.klik, "since": formed.at}
            yield FORM, {**row, "person": formed.one, "other": formed.two, "contact": formed.two_contact or ""}
            yield FORM, {**row, "person": formed.two, "other": formed.one, "contact": formed.one_contact or ""}
        case klik.ContactChanged(who, contact):
            yield CHANGE, {"key": recorded.stream, "who": who, "new_contact": contact or ""}
        case klik.Ended() | klik.Blocked():
            yield END, {"key": recorded.stream}
        case _:
            pass


def between(connection: Connection, scope: OrgScope, person: UUID, other: UUID) -> YesAnswer:
    """The klik of two people as the first of them sees it, if there is one."""
    wanted = select(kliks).where(kliks.c.stream == klik.pair(person, other), kliks.c.person == person)
    row = connection.execute(wanted.where(theirs(kliks.c.person, scope))).one_or_none()
    return YesAnswer(None if row is None else msgspec.convert(row, KlikAnswer, from_attributes=True))


def page(connection: Connection, scope: OrgScope, person: UUID, after: UUID | None, first: int) -> KlikPage:
    """One person's kliks, oldest first (their ids are UUIDv7)."""
    whose = (kliks.c.person == person, theirs(kliks.c.person, scope))
    wanted = select(kliks).where(*whose).order_by(kliks.c.id).limit(first + 1)
    if after is not None:
        wanted = wanted.where(kliks.c.id > after)
    items = msgspec.convert(connection.execute(wanted).all(), list[KlikAnswer], from_attributes=True)
    return KlikPage(items[:first], str(items[first - 1].id) if len(items) > first else None)
