"""Programmes: what the organisation offers, and whether new people can come."""

from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct, structs

from services.intake.domain.ages import ADULT
from shared.rules import Invalid, NotFound, Refused


class Openness(StrEnum):
    """Whether new people can come."""

    OPEN = "open"
    WAITING_LIST = "waiting-list"
    STOP = "stop"


class Details(Struct, frozen=True, kw_only=True):
    """What there is to know. Areas are CBS codes or own work areas (none: everywhere); cost in eurocents, 0 is said."""

    name: str
    kind: str
    description: str = ""
    areas: tuple[str, ...] = ()
    audience: str = ""
    languages: tuple[str, ...] = ()
    cost_cents: int | None = None
    accessibility: str = ""
    contact: str = ""
    age_from: int = ADULT
    age_until: int | None = None
    """Included; None: no end."""


class Offer(Struct, frozen=True):
    """A new programme, open from now."""

    details: Details
    at: datetime


class Change(Struct, frozen=True):
    """Describe it anew."""

    details: Details


class SetOpenness(Struct, frozen=True):
    """Stop, open a waiting list, or reopen; `reason` and `until` are for the first two."""

    openness: Openness
    reason: str
    until: date | None
    at: datetime


class Offered(Struct, frozen=True, tag="intake.programme-offered.v1"):
    """There is a new programme, open."""

    details: Details
    at: datetime


class Changed(Struct, frozen=True, tag="intake.programme-changed.v1"):
    """It is described anew."""

    details: Details


class OpennessSet(Struct, frozen=True, tag="intake.programme-openness-set.v1"):
    """It stopped, has a waiting list, or is open again."""

    openness: Openness
    reason: str
    until: date | None
    at: datetime


class Nothing(Struct, frozen=True):
    """Not there."""


class Programme(Struct, frozen=True):
    """Offered."""

    details: Details
    since: datetime
    openness: Openness = Openness.OPEN
    reason: str = ""
    until: date | None = None


Command: TypeAlias = Offer | Change | SetOpenness
Event: TypeAlias = Offered | Changed | OpennessSet
State: TypeAlias = Nothing | Programme
initial: State = Nothing()


def decide(command: Command, state: State) -> list[Event]:
    """Say what follows from a command. Refusals: `invalid`, `programme-exists`, `programme-reason`, `programme-unknown`."""
    match command, state:
        case Offer(details, at), Nothing():
            return [Offered(_checked(details), at)]
        case Offer(details), Programme(same):
            if details == same:
                return []
            raise Refused("programme-exists")
        case Change(details), Programme(same):
            return [] if details == same else [Changed(_checked(details))]
        case SetOpenness(), Programme():
            return _set(command, state)
        case _:
            raise NotFound("programme-unknown")


def _checked(details: Details) -> Details:
    if details.age_until is not None and details.age_until < details.age_from:
        raise Invalid([("ageUntil", "ages-reversed", {})])
    return details


def _set(command: SetOpenness, state: Programme) -> list[Event]:
    if command.openness is not Openness.OPEN and not command.reason:
        raise Refused("programme-reason")
    if (command.openness, command.reason, command.until) == (state.openness, state.reason, state.until):
        return []
    return [OpennessSet(command.openness, command.reason, command.until, command.at)]


def evolve(state: State, event: Event) -> State:
    """Take in what happened."""
    match event, state:
        case Offered(details, at), Nothing():
            return Programme(details, at)
        case Changed(details), Programme():
            return structs.replace(state, details=details)
        case OpennessSet(openness, reason, until, at), Programme(details):
            return Programme(details, at, openness, reason, until)
        case _:
            return state
