"""Deadlines as rows: projections set and clear them, the process's one heap issues their commands."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, MetaData, String, Table

from shared.eventlog.changes import drop, first, put
from shared.eventlog.columns import Id, Instant
from shared.eventlog.types import Change

due = Table(
    "due",
    MetaData(),
    Column("name", String, primary_key=True),
    Column("stream", Id, primary_key=True),
    Column("at", Instant, nullable=False, index=True),
)
_SET, _FIRST, _CLEAR = put(due), first(due), drop(due)


def set_due(name: str, stream: UUID, at: datetime) -> Change:
    """The deadline `name` of a stream falls at `at`, and no longer when it fell before."""
    return _SET, {"name": name, "stream": stream, "at": at}


def first_due(name: str, stream: UUID, at: datetime) -> Change:
    """The same, unless it stands already: then it stays as it is."""
    return _FIRST, {"name": name, "stream": stream, "at": at}


def clear_due(name: str, stream: UUID) -> Change:
    """The deadline no longer stands (it was met, or its commands were issued)."""
    return _CLEAR, {"name": name, "stream": stream}


def earliest(changes: Iterable[Change]) -> datetime | None:
    """The first of the deadlines that these set."""
    return min((values["at"] for statement, values in changes if statement in (_SET, _FIRST)), default=None)
