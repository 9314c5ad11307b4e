"""Breaking the glass: in need a coordinator opens the file of another team, for an hour, with a reason that is looked at afterwards."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, TypeAlias
from uuid import UUID

from msgspec import Struct, structs

from shared.personal import Subject
from shared.rules import NotFound, Refused

OPEN_FOR = timedelta(hours=1)
"""How long it opens the file; who needs longer gives a reason again, or asks the person's team."""


class Verdict(StrEnum):
    """What the privacy officer finds of it."""

    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not-justified"


class BreakGlass(Struct, frozen=True):
    """Somebody of another team must see this file now."""

    participant: UUID
    user: str
    team: str
    """The team of who opens it."""
    reason: str
    at: datetime


class Close(Struct, frozen=True):
    """The hour has passed."""


class Review(Struct, frozen=True):
    """The privacy officer looked at it. `by` is their user."""

    verdict: Verdict
    note: str
    by: str
    at: datetime


class GlassBroken(Struct, frozen=True, tag="intake.glass-broken.v1"):
    """One user sees one file that is not their team's, until then."""

    participant: UUID
    user: str
    team: str
    reason: Annotated[str | None, Subject("participant")]
    until: datetime


class GlassClosed(Struct, frozen=True, tag="intake.glass-closed.v1"):
    """The file is its team's alone again."""


class GlassReviewed(Struct, frozen=True, tag="intake.glass-reviewed.v1"):
    """It was looked at; once more, when that was done before."""

    participant: UUID
    verdict: Verdict
    note: Annotated[str | None, Subject("participant")]
    by: str
    at: datetime


class Unbroken(Struct, frozen=True):
    """Never happened."""


class Broken(Struct, frozen=True):
    """It happened: now or earlier."""

    how: GlassBroken
    over: bool = False
    review: GlassReviewed | None = None


Command: TypeAlias = BreakGlass | Close | Review
Event: TypeAlias = GlassBroken | GlassClosed | GlassReviewed
State: TypeAlias = Unbroken | Broken
initial: State = Unbroken()


def decide(command: Command, state: State) -> list[Event]:
    """Say what follows from a command. Refusals: `break-glass-exists`, `break-glass-unknown`, `break-glass-own`."""
    match command, state:
        case BreakGlass(participant, user, team, reason, at), Unbroken():
            return [GlassBroken(participant, user, team, reason, at + OPEN_FOR)]
        case BreakGlass(participant, user, _, reason), Broken(how):
            if (participant, user, reason) == (how.participant, how.user, how.reason):
                return []
            raise Refused("break-glass-exists")
        case Close(), Broken(over=over):
            return [] if over else [GlassClosed()]
        case Review(by=by), Broken(how) if by == how.user:
            raise Refused("break-glass-own")
        case Review(), Broken():
            return _reviewed(command, state)
        case _:
            raise NotFound("break-glass-unknown")


def _reviewed(command: Review, state: Broken) -> list[Event]:
    made = GlassReviewed(state.how.participant, command.verdict, command.note, command.by, command.at)
    if state.review and structs.replace(state.review, at=made.at) == made:
        return []
    return [made]


def evolve(state: State, event: Event) -> State:
    """Take in what happened."""
    match event, state:
        case GlassBroken(), Unbroken():
            return Broken(event)
        case GlassClosed(), Broken():
            return structs.replace(state, over=True)
        case GlassReviewed(), Broken():
            return structs.replace(state, review=event)
        case _:
            return state
