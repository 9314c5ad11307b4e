"""A small domain for the wire's tests: things counted, some of them in public, some for the own organisation, most for nobody."""

from typing import ClassVar, TypeAlias
from uuid import UUID

from msgspec import Struct

from shared.eventlog.types import Recorded
from shared.rules import Refused
from shared.service import Public

STREAM = UUID(int=1)


class Count(Struct, frozen=True):
    """Count some things."""

    numbers: tuple[int, ...]
    who: str = "nobody"


class Counted(Struct, frozen=True, tag="test.counted.v1"):
    """One was counted, for nobody, the own organisation or the public."""

    number: int
    who: str


Event: TypeAlias = Counted
initial = -1
REFUSED, BREAKING = -13, -14


def decide(command: Count, state: int) -> list[Counted]:
    """Upward only, each number once; one is refused and one breaks."""
    if REFUSED in command.numbers:
        raise Refused("unlucky")
    if BREAKING in command.numbers:
        raise RuntimeError
    return [Counted(number, command.who) for number in command.numbers if number > state]


def evolve(state: int, event: Counted) -> int:
    """Remember the highest."""
    return max(state, event.number)


class Shown(Struct, frozen=True, tag="nl.kring.counting.shown.v1"):
    """Everybody may know."""

    SUBJECT: ClassVar[str] = "public.counting.number.shown"
    number: int


class Told(Struct, frozen=True, tag="nl.kring.counting.told.v1"):
    """The own organisation may know."""

    SUBJECT: ClassVar[str] = "own.counting.number.told"
    number: int


def publish(recorded: Recorded[Counted]) -> Public | None:
    """By whom it is for."""
    match recorded.event:
        case Counted(number, "public"):
            return Public(Shown(number), recorded.stream)
        case Counted(number, "own"):
            return Public(Told(number), recorded.stream)
        case _:
            return None
