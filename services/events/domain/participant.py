"""A participant as events knows one: an id that can be registered at a meeting. Who it is, intake knows."""

from datetime import datetime
from typing import ClassVar

from msgspec import Struct

from shared.personal import Subject


class Know(Struct, frozen=True):
    """Intake has registered this participant, in a team (None: the whole organisation)."""

    at: datetime
    team: str | None = None


class Move(Struct, frozen=True):
    """The file is another team's."""

    team: str | None
    at: datetime


class Forget(Struct, frozen=True):
    """Intake's file of this participant has ended."""

    at: datetime


class Known(Struct, frozen=True, tag="events.participant-known.v1"):
    """The participant can be registered at meetings, as one of a team."""

    at: datetime
    team: str | None = None


class Moved(Struct, frozen=True, tag="events.participant-moved.v1"):
    """One of another team."""

    team: str | None
    at: datetime


class Forgotten(Struct, frozen=True, tag="events.participant-forgotten.v1"):
    """The participant is no longer known here."""

    FORGETS: ClassVar = (Subject(),)
    at: datetime


class Nothing(Struct, frozen=True):
    """Never heard of."""


class Present(Struct, frozen=True):
    """A known participant."""


class Gone(Struct, frozen=True):
    """An ended participant; ids do not come back."""


Command = Know | Move | Forget
Event = Known | Moved | Forgotten
State = Nothing | Present | Gone
initial: State = Nothing()


def decide(command: Command, state: State) -> list[Event]:
    """Follow intake; what is already so gives nothing, and the end stays the end."""
    match command, state:
        case Know(at, team), Nothing():
            return [Known(at, team)]
        case Move(team, at), Present():
            return [Moved(team, at)]
        case Forget(at), Nothing() | Present():
            return [Forgotten(at)]
        case _:
            return []


def evolve(_state: State, event: Event) -> State:
    """The last that was heard."""
    return Gone() if isinstance(event, Forgotten) else Present()
