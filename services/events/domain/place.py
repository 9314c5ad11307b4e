"""A place where people meet: where it is, when it is open, what there is to do."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias

from msgspec import Struct

from shared.rules import Invalid, NotFound, Refused

Accessibility: TypeAlias = Literal[
    "step-free", "accessible-toilet", "hearing-loop", "quiet-room", "parking-close-by", "assistance-dogs", "lift"
]

AREA = re.compile(r"GM[0-9]{4}|WK[0-9A-Z]{6}|BU[0-9A-Z]{8}")
"""Codes of Statistics Netherlands (CBS): municipality, district, neighbourhood."""
LANGUAGE = re.compile(r"[a-z]{2,3}")
"""ISO 639 codes."""
MOST_LANGUAGES = 10


class Details(Struct, frozen=True, kw_only=True):
    """All that is said of a place, and all of it public."""

    name: str
    address: str
    area: str
    opening_hours: str = ""
    contact: str = ""
    accessibility: tuple[Accessibility, ...] = ()
    activities: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


class Register(Struct, frozen=True):
    """There is a new place."""

    details: Details
    at: datetime


class Change(Struct, frozen=True):
    """What is said of the place changes, as a whole."""

    details: Details
    at: datetime


class Registered(Struct, frozen=True, tag="events.place-registered.v1"):
    """A place is there."""

    details: Details
    at: datetime


class Changed(Struct, frozen=True, tag="events.place-changed.v1"):
    """From then on this is said of the place."""

    details: Details
    at: datetime


class Nothing(Struct, frozen=True):
    """No such place."""


class Open(Struct, frozen=True):
    """A place as it is now."""

    details: Details


Command = Register | Change
Event = Registered | Changed
State = Nothing | Open
initial: State = Nothing()


def decide(command: Command, state: State) -> list[Event]:
    """Refused: `place-exists`, `place-unknown`, `invalid` with every fault."""
    if isinstance(state, Open) and command.details == state.details:
        return []
    _check(command.details)
    match command, state:
        case Register(details, at), Nothing():
            return [Registered(details, at)]
        case Change(details, at), Open():
            return [Changed(details, at)]
        case Register(), _:
            raise Refused("place-exists")
        case _:
            raise NotFound("place-unknown")


def evolve(_state: State, event: Event) -> State:
    """The latest description holds."""
    return Open(event.details)


def _check(details: Details) -> None:
    faults: list[tuple[str, str, Mapping[str, Any]]] = []
    if not AREA.fullmatch(details.area):
        faults.append(("area", "area-unreadable", {}))
    if len(details.languages) > MOST_LANGUAGES:
        faults.append(("languages", "too-many", {"limit": MOST_LANGUAGES, "length": len(details.languages)}))
    if not all(LANGUAGE.fullmatch(language) for language in details.languages):
        faults.append(("languages", "language-unreadable", {}))
    if faults:
        raise Invalid(faults)
