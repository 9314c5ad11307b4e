"""A small domain for the log's own tests: seats in a room, taken by name."""

from collections.abc import Iterator
from typing import TypeAlias

from msgspec import Struct
from sqlalchemy import Column, Integer, MetaData, String, Table, Uuid, bindparam, insert, update

from shared.eventlog.types import Change, Recorded
from shared.rules import Refused


class Open(Struct, frozen=True):
    """A room opens."""

    seats: int


class Take(Struct, frozen=True):
    """Somebody takes a seat."""

    name: str


class Opened(Struct, frozen=True, tag="test.room-opened.v1"):
    """It opened."""

    seats: int


class Taken(Struct, frozen=True, tag="test.seat-taken.v2"):
    """A seat was taken."""

    name: str
    quietly: bool = False


class Room(Struct, frozen=True):
    """How full it is."""

    seats: int
    taken: tuple[str, ...] = ()


Event: TypeAlias = Opened | Taken
initial: Room | None = None
UPCASTS = {"test.seat-taken.v1": lambda data: {"type": "test.seat-taken.v2", "name": data["who"]}}


def decide(command: Open | Take, state: Room | None) -> list[Event]:
    """As many people as there are seats; each once."""
    match command, state:
        case Open(seats), None:
            return [Opened(seats)]
        case Take(name), Room(_, taken) if name in taken:
            return []
        case Take(name), Room(seats, taken) if len(taken) < seats:
            return [Taken(name)]
    raise Refused("no-seat")


def evolve(state: Room | None, event: Event) -> Room | None:
    """The room after it."""
    match event, state:
        case Opened(seats), _:
            return Room(seats)
        case Taken(name), Room(seats, taken):
            return Room(seats, (*taken, name))
        case _:
            return state


VERSION = 1
rooms = Table(
    "rooms",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("taken", Integer, nullable=False),
    Column("last", String(20)),
)
TABLES = (rooms,)
FOLLOWS = (Opened, Taken)
_OPEN = insert(rooms)
_TAKE = update(rooms).where(rooms.c.id == bindparam("key")).values(taken=rooms.c.taken + 1, last=bindparam("who"))
BROKEN = "somebody the view cannot hold"


def project(recorded: Recorded[object]) -> Iterator[Change]:
    """Count in SQL."""
    match recorded.event:
        case Opened():
            yield _OPEN, {"id": recorded.stream, "taken": 0, "last": None}
        case Taken(name) if name == BROKEN:
            yield _OPEN, {"id": recorded.stream, "taken": 0, "last": None}
        case Taken(name):
            yield _TAKE, {"key": recorded.stream, "who": name}
        case _:
            pass
