"""A partner's programme, as the partner last told: this organisation's own copy for the directory."""

from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct

from services.intake.domain.programme import Details


class Heard(Struct, frozen=True, tag="intake.partner-programme-heard.v1"):
    """A partner told about a programme. `openness` is kept as it was said."""

    organisation: str
    programme: UUID
    details: Details
    openness: str
    since: datetime
    reason: str
    until: date | None


class Hear(Struct, frozen=True):
    """Keep what a partner tells."""

    heard: Heard


class Nothing(Struct, frozen=True):
    """Nothing heard yet."""


class Copy(Struct, frozen=True):
    """What was heard last."""

    heard: Heard


NOUN = "programme"
"""What hints call it: to a reader a partner's programme is one of the directory."""

Command: TypeAlias = Hear
Event: TypeAlias = Heard
State: TypeAlias = Nothing | Copy
initial: State = Nothing()


def decide(command: Command, state: State) -> list[Event]:
    """Record what is new."""
    match state:
        case Copy(same) if same == command.heard:
            return []
        case _:
            return [command.heard]


def evolve(_: State, event: Event) -> State:
    """Take in what was heard."""
    return Copy(event)
