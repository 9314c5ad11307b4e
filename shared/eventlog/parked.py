"""What could not be taken and must not stop the rest: kept whole, visible, retriable, droppable."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
import structlog
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    bindparam,
    delete,
    insert,
    select,
)

from shared.eventlog.columns import Instant
from shared.eventlog.types import Change
from shared.rules import NotFound

parked = Table(
    "parked",
    MetaData(),
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("source", String, nullable=False),
    Column("key", String, nullable=False),
    Column("type", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("reason", String, nullable=False),
    Column("at", Instant, nullable=False),
)
_PARK = insert(parked)
_TAKE = delete(parked).where(parked.c.id == bindparam("number"))


def park(*, source: str, key: str, type: str, body: bytes, reason: str, at: datetime) -> Change:  # noqa: A002
    """Put something aside.

    `source` says from where (`self`, `stream`, `letters`, `receipts`, `due`), `key` which one (its tracking name and
    position), `type` its kind, `body` all that a retry needs (a msgspec JSON document), `reason` the code of the refusal
    or fault: never personal data.
    """
    return _PARK, {"source": source, "key": key, "type": type, "body": body, "reason": reason, "at": at}


def alarm(node: str, changes: Iterable[Change]) -> None:
    """Say in the process's log what these changes, now committed, have put aside."""
    for statement, row in changes:
        if statement is _PARK:
            structlog.get_logger().error(
                "parked: it waits for a person",
                node=node,
                source=row["source"],
                type=row["type"],
                reason=row["reason"],
                next=f"kring parked list {node}",
            )


class Parked(msgspec.Struct, frozen=True):
    """One thing put aside."""

    id: int
    source: str
    key: str
    type: str
    reason: str
    at: datetime
    body: bytes


def listed(connection: Connection, after: int = 0, limit: int = 100) -> list[Parked]:
    """What stands aside, oldest first."""
    query = select(parked).where(parked.c.id > after).order_by(parked.c.id).limit(limit)
    return [_of(row) for row in connection.execute(query)]


def found(connection: Connection, number: int) -> Parked:
    """One of them. Raises `NotFound("parked-unknown")`."""
    row = connection.execute(select(parked).where(parked.c.id == number)).one_or_none()
    if row is None:
        raise NotFound("parked-unknown", id=number)
    return _of(row)


def earlier(source: str, before: datetime, limit: int, connection: Connection) -> list[int]:
    """Numbers of what was put aside before an instant, the oldest first."""
    query = select(parked.c.id).where(parked.c.source == source, parked.c.at < bindparam(None, before, Instant))
    return list(connection.scalars(query.order_by(parked.c.id).limit(limit)))


def taken(number: int) -> Change:
    """It is done with: retried, or dropped."""
    return _TAKE, {"number": number}


def _of(row: Row[Any]) -> Parked:
    return Parked(row.id, row.source, row.key, row.type, row.reason, row.at, bytes(row.body))
