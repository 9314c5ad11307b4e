"""A small domain for what is personal: people, and what others said about them."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, TypeAlias
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Column, MetaData, String, Table, Uuid, bindparam, delete, insert

from shared.eventlog.types import Change, Recorded
from shared.personal import Personal, Subject


class Named(Struct, frozen=True):
    """Part of an event."""

    name: Personal[str]
    town: str


class Met(Struct, frozen=True, tag="test.met.v1"):
    """Somebody came."""

    who: Named
    age: Personal[int]


class Praised(Struct, frozen=True, tag="test.praised.v1"):
    """Somebody said something about somebody else."""

    about: UUID
    words: Annotated[str | None, Subject("about")]


class Thanked(Praised, frozen=True, tag="test.thanked.v1"):
    """The same fields, and another event."""


class Forgotten(Struct, frozen=True, tag="test.forgotten.v1"):
    """Nothing is left of somebody."""

    FORGETS: ClassVar = (Subject(),)


Event: TypeAlias = Met | Praised | Thanked | Forgotten
initial: tuple[Event, ...] = ()


def decide(command: Event, state: object) -> list[Event]:
    """What is said, happens."""
    return [command]


def evolve(state: tuple[Event, ...], event: Event) -> tuple[Event, ...]:
    """All that happened."""
    return (*state, event)


VERSION = 1
names = Table("names", MetaData(), Column("id", Uuid, primary_key=True), Column("name", String, nullable=False))
TABLES = (names,)
FOLLOWS = (Met, Forgotten)
_MEET = insert(names)
_FORGET = delete(names).where(names.c.id == bindparam("key"))


def project(recorded: Recorded[Any]) -> Iterator[Change]:
    """Who is known, by name."""
    match recorded.event:
        case Met(Named(str() as name)):
            yield _MEET, {"id": recorded.stream, "name": name}
        case Forgotten():
            yield _FORGET, {"key": recorded.stream}
        case _:
            return
