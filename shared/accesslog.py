"""A node's access log: what the system itself writes in it, and asking it by whom, about whom, what, when. Newest first."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Connection, Row, Select, select

from shared.contracts.access import AccessAction, AccessedPerson, AccessEntry, AccessGround
from shared.eventlog.accesses import accesses, seen
from shared.eventlog.types import Accessed


def upkept(action: AccessAction, what: str, organisation: str) -> Accessed:
    """An entry of what is done to keep the system: `what` names no person."""
    return Accessed(
        action=action, what=what, by="system", client="kring", organisation=organisation, ground=AccessGround.UPKEEP
    )


class Wanted(Struct, frozen=True, kw_only=True):
    """What is looked for; None is anything."""

    by: str | None = None
    """`user:<subject>` or `system`."""
    participant: UUID | None = None
    action: AccessAction | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Up to but not at this moment."""


def page(connection: Connection, wanted: Wanted, after: int | None, first: int) -> Sequence[AccessEntry]:
    """Entries with all persons in each, from after an entry's number in the list."""
    rows = connection.execute(_chosen(wanted, after, first)).all()
    return _told(connection, rows, None)


def of_person(connection: Connection, subject: UUID, after: int | None, first: int) -> Sequence[AccessEntry]:
    """What was seen of one person, with nobody else in it, from after an entry's number in the list."""
    rows = connection.execute(_chosen(Wanted(participant=subject), after, first)).all()
    return _told(connection, rows, subject)


def _chosen(wanted: Wanted, after: int | None, first: int) -> Select[Any]:
    columns = accesses.c
    query = select(accesses).order_by(columns.number.desc()).limit(first)
    if wanted.participant is not None:
        query = query.where(columns.number.in_(select(seen.c.entry).where(seen.c.subject == wanted.participant)))
    if wanted.by is not None:
        query = query.where(columns.by == wanted.by)
    if wanted.action is not None:
        query = query.where(columns.action == wanted.action)
    if wanted.since is not None:
        query = query.where(columns.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(columns.at < wanted.until)
    return query if after is None else query.where(columns.number < after)


def _told(connection: Connection, rows: Sequence[Row[Any]], only: UUID | None) -> Sequence[AccessEntry]:
    query = select(seen).where(seen.c.entry.in_([row.number for row in rows])).order_by(seen.c.entry, seen.c.place)
    persons: dict[int, list[AccessedPerson]] = {}
    for one in connection.execute(query if only is None else query.where(seen.c.subject == only)):
        persons.setdefault(one.entry, []).append(AccessedPerson(one.subject, one.record))
    return [_entry(row, persons) for row in rows]


def _entry(row: Row[Any], persons: Mapping[int, Sequence[AccessedPerson]]) -> AccessEntry:
    return AccessEntry(
        number=row.number,
        at=row.at,
        action=AccessAction(row.action),
        what=row.what,
        by=row.by,
        roles=tuple(row.roles.split(",")) if row.roles else (),
        team=row.team,
        client=row.client,
        organisation=row.organisation,
        ground=AccessGround(row.ground),
        persons=tuple(persons.get(row.number, ())),
    )
