"""How many people were registered in a month: recorded before anybody's key goes, so that history keeps its numbers.

Numbers stand apart (by area, by age band, by life event), never crossed. While a month lasts they are personal themselves: who knows
two of them, one person apart, knows that person. So they are sealed, and their key goes when the month is closed and one number stands.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, ClassVar, TypeAlias
from uuid import UUID, uuid5

from msgspec import Struct

from services.intake.domain.working_days import AMSTERDAM
from shared.personal import Subject

_MONTHS = UUID("5a1f2f0e-1c53-5c0b-8a43-7e9f54c2a9d0")
"""Namespace of the streams: one for each month."""
SO_FAR = "so-far"
"""Purpose of the numbers of a month that is not over."""
_CODE = re.compile(r"GM\d{4}|WK\d{4}[0-9A-Z]{2}|BU\d{4}[0-9A-Z]{4}")


class Told(Struct, frozen=True):
    """What somebody told of what is counted; None: not told, or erased."""

    area: str | None
    age_band: str | None
    life_event: str | None


class Numbers(Struct, frozen=True):
    """How many people, and of those who told it how many by what. Registered less their sum: told nothing that is counted."""

    registered: int = 0
    by_area: dict[str, int] = {}
    """By codes of Statistics Netherlands, and the names that the organisation's own programmes use."""
    by_age_band: dict[str, int] = {}
    by_life_event: dict[str, int] = {}


class Count(Struct, frozen=True):
    """Write down the numbers up to a position of the log, for somebody is about to be forgotten."""

    month: str
    numbers: Numbers
    through: int


class Close(Struct, frozen=True):
    """The same, when the month is over."""

    month: str
    numbers: Numbers
    through: int


class Counted(Struct, frozen=True, tag="intake.month-counted.v1"):
    """The month (2026-01) so far: everybody who was registered in it up to a position of the log."""

    month: str
    numbers: Annotated[Numbers | None, Subject(purpose=SO_FAR)]
    through: int


class Closed(Struct, frozen=True, tag="intake.month-closed.v1"):
    """The month whole."""

    FORGETS: ClassVar = (Subject(purpose=SO_FAR),)
    month: str
    numbers: Numbers
    through: int


class Running(Struct, frozen=True):
    """Not over, or not counted yet."""

    through: int = 0


class Over(Struct, frozen=True):
    """Closed."""

    through: int


Command: TypeAlias = Count | Close
Event: TypeAlias = Counted | Closed
State: TypeAlias = Running | Over
initial: State = Running()


def decide(command: Command, state: State) -> list[Event]:
    """Say what follows from a command. Numbers that reach no further than what stands are older, and change nothing."""
    month, numbers, through = command.month, command.numbers, command.through
    match command, state:
        case _, Over(reached) if through > reached:
            return [Closed(month, numbers, through)]
        case Count(), Running(reached) if through > reached:
            return [Counted(month, numbers, through)]
        case Close(), Running(reached) if through >= reached:
            return [Closed(month, numbers, through)]
        case _:
            return []


def evolve(state: State, event: Event) -> State:  # noqa: ARG001  (a decider's signature)
    """Take in what happened."""
    return Over(event.through) if isinstance(event, Closed) else Running(event.through)


def kept_as(month: str) -> UUID:
    """The stream of a month (2026-01)."""
    return uuid5(_MONTHS, month)


def month_of(at: date) -> str:
    """The month of a day, or in which something happened by the calendar of Amsterdam: 2026-01."""
    day = at.astimezone(AMSTERDAM) if isinstance(at, datetime) else at
    return f"{day:%Y-%m}"


def end_of(month: str) -> datetime:
    """The moment at which a month is over in Amsterdam, in UTC."""
    following = (date.fromisoformat(f"{month}-28") + timedelta(days=4)).replace(day=1)
    return datetime.combine(following, time(), AMSTERDAM).astimezone(UTC)


def counted(before: Numbers, people: Iterable[Told], own_areas: Collection[str]) -> Numbers:
    """Numbers with more people in them. What somebody typed as an area is counted only where it is a code or a name that is no secret."""
    every = list(people)
    named = [one.area for one in every if one.area and (_CODE.fullmatch(one.area) or one.area in own_areas)]
    return Numbers(
        before.registered + len(every),
        _more(before.by_area, named),
        _more(before.by_age_band, (one.age_band for one in every)),
        _more(before.by_life_event, (one.life_event for one in every)),
    )


def _more(before: dict[str, int], told: Iterable[str | None]) -> dict[str, int]:
    return dict(sorted((Counter(before) + Counter(one for one in told if one)).items()))
