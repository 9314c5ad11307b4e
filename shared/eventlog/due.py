"""Deadlines as rows: projections set and clear them, the process's one heap issues their commands."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, MetaData, String, Table, Uuid, bindparam, delete, insert, select

from shared.eventlog.columns import Instant
from shared.eventlog.types import Change

due = Table(
    "due",
    MetaData(),
    Column("name", String, primary_key=True),
    Column("stream", Uuid, primary_key=True),
    Column("at", Instant, nullable=False, index=True),
)
_SET = insert(due)
_CLEAR = delete(due).where(due.c.name == bindparam("due_name"), due.c.stream == bindparam("due_stream"))
_named = (due.c.name == bindparam("due_name", type_=String), due.c.stream == bindparam("due_stream", type_=Uuid))
_FIRST = insert(due).from_select(
    ["name", "stream", "at"],
    select(
        bindparam("due_name", type_=String), bindparam("due_stream", type_=Uuid), bindparam("due_at", type_=Instant)
    ).where(~select(due.c.name).where(*_named).exists()),
)


def set_due(name: str, stream: UUID, at: datetime) -> Change:
    """The deadline `name` of a stream falls at `at`. Clear it first where it may stand already."""
    return _SET, {"name": name, "stream": stream, "at": at}


def first_due(name: str, stream: UUID, at: datetime) -> Change:
    """The same, unless it stands already: then it stays as it is."""
    return _FIRST, {"due_name": name, "due_stream": stream, "due_at": at}


def clear_due(name: str, stream: UUID) -> Change:
    """The deadline no longer stands (it was met, or its commands were issued)."""
    return _CLEAR, {"due_name": name, "due_stream": stream}


def earliest(changes: Iterable[Change]) -> datetime | None:
    """The first of the deadlines that these set."""
    at = {id(_SET): "at", id(_FIRST): "due_at"}
    return min((values[at[id(statement)]] for statement, values in changes if id(statement) in at), default=None)
