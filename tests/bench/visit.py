"""The noun that is measured: somebody came by. A decider with one command and one event, and a view with one row an event."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, TypeAlias

from msgspec import Struct
from sqlalchemy import Column, MetaData, String, Table, Uuid, insert

from shared.eventlog.columns import Instant
from shared.eventlog.types import Change, Recorded

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)


class Note(Struct, frozen=True):
    place: str
    at: datetime


class Noted(Struct, frozen=True, tag="bench.visit-noted.v1"):
    place: str
    at: datetime


class Unseen(Struct, frozen=True):
    pass


Event: TypeAlias = Noted
State: TypeAlias = Unseen | Noted
initial: State = Unseen()


def decide(command: Note, state: State) -> list[Event]:
    return [Noted(command.place, command.at)] if isinstance(state, Unseen) else []


def evolve(_state: State, event: Event) -> State:
    return event


VERSION = 1
visits = Table(
    "visits",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("place", String, nullable=False),
    Column("at", Instant, nullable=False, index=True),
)
TABLES = (visits,)
FOLLOWS = (Noted,)
_CAME = insert(visits)


def project(recorded: Recorded[Any]) -> Iterator[Change]:
    yield _CAME, {"id": recorded.stream, "place": recorded.event.place, "at": recorded.event.at}
