"""What a restore leaves in the log itself: its first event under the new identity. Every log knows it, whatever its service."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct

NOUN = "log"


class LogRestored(Struct, frozen=True, tag="kring.log-restored.v1"):
    """The log was put back from a backup: what its former identity recorded after `position` is lost."""

    former: UUID
    """The identity the log had in the backup."""
    position: int
    """Its last event that is kept; 0: none was."""
    made: datetime
    """When the backup was made."""


Event: TypeAlias = LogRestored
State: TypeAlias = LogRestored | None
initial: State = None


def decide(command: object, state: State) -> Sequence[Event]:  # noqa: ARG001  (a decider's signature)
    """Nothing: only a restore writes this."""
    return ()


def evolve(state: State, event: Event) -> State:  # noqa: ARG001
    """Take in what happened."""
    return event
