"""A link for one evening: whoever has it and its code is that evening's host until the next morning, without an account."""

from datetime import UTC, date, datetime, time, timedelta
from typing import TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct, structs

from shared.rules import NotFound, Refused, Unauthenticated

TRIES = 5
"""Wrong codes after which a link is closed: one has to be made anew."""
DIGITS = 8
"""Of the code."""
MORNING = time(6)
"""Local time of the morning after, when it is over."""


class Make(Struct, frozen=True, kw_only=True):
    """Somebody will host this meeting."""

    series: UUID
    date: date
    zone: str
    at: datetime


class Enter(Struct, frozen=True):
    """Somebody comes by the link, with a code that `fits` or not."""

    fits: bool
    at: datetime


class Withdraw(Struct, frozen=True):
    """Nobody comes by it any more."""

    at: datetime


class Made(Struct, frozen=True, kw_only=True, tag="events.evening-link-made.v1"):
    """From `opens` until `closes` it lets in the host of this meeting."""

    series: UUID
    date: date
    opens: datetime
    closes: datetime


class Entered(Struct, frozen=True, tag="events.evening-link-entered.v1"):
    """A host came in by it."""

    at: datetime


class Missed(Struct, frozen=True, tag="events.evening-link-missed.v1"):
    """Somebody came with a wrong code."""

    at: datetime


class Withdrawn(Struct, frozen=True, tag="events.evening-link-withdrawn.v1"):
    """Nobody comes by it any more."""

    at: datetime


class Nothing(Struct, frozen=True):
    """No such link."""


class Open(Struct, frozen=True):
    """A link that lets in."""

    made: Made
    missed: int = 0


class Locked(Struct, frozen=True):
    """Tried too often: it lets nobody in any more; who came in before may stay."""


class Closed(Struct, frozen=True):
    """Taken back."""


Command: TypeAlias = Make | Enter | Withdraw
Event: TypeAlias = Made | Entered | Missed | Withdrawn
State: TypeAlias = Nothing | Open | Locked | Closed
initial: State = Nothing()


def hours(zone: str, day: date) -> tuple[datetime, datetime]:
    """From the first moment of the day itself, by the clock of the place, until the next morning."""
    begin, end = datetime.combine(day, time(), ZoneInfo(zone)), datetime.combine(day, MORNING, ZoneInfo(zone))
    return begin.astimezone(UTC), (end + timedelta(days=1)).astimezone(UTC)


def decide(command: Command, state: State) -> list[Event]:
    """Say what follows from a command.

    Refused: `evening-over`, `link-exists`, `link-unknown`, `evening-not-yet` (to who has the code), and to everybody else who would come in
    `link-closed`, whatever the reason.
    """
    match command, state:
        case Make(), Nothing():
            return [_made(command)]
        case Make(series=series, date=day), Open(made) if (series, day) == (made.series, made.date):
            return []
        case Make(), _:
            raise Refused("link-exists")
        case Enter(fits, at), Open(made) if at < made.closes:
            return [_entered(made, at) if fits else Missed(at)]
        case Enter(), _:
            raise Unauthenticated("link-closed")
        case Withdraw(at), Open() | Locked():
            return [Withdrawn(at)]
        case Withdraw(), Closed():
            return []
        case _:
            raise NotFound("link-unknown")


def _made(command: Make) -> Made:
    opens, closes = hours(command.zone, command.date)
    if command.at >= closes:
        raise Refused("evening-over", date=str(command.date))
    return Made(series=command.series, date=command.date, opens=opens, closes=closes)


def _entered(made: Made, at: datetime) -> Entered:
    if at < made.opens:
        raise Refused("evening-not-yet", date=str(made.date))
    return Entered(at)


def evolve(state: State, event: Event) -> State:
    """Wrong codes are counted for as long as the link is there."""
    match event, state:
        case Made(), Nothing():
            return Open(event)
        case Missed(), Open(missed=missed):
            return structs.replace(state, missed=missed + 1) if missed + 1 < TRIES else Locked()
        case Withdrawn(), _:
            return Closed()
        case _:
            return state
