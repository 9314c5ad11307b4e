"""A participant's link to their own file. It opens nothing by itself: each time somebody comes by it, a one-time code is needed."""

from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct, structs

from shared.rules import NotFound, Refused, Unauthenticated

DIGITS = 6
"""Of a code."""
VALID = timedelta(minutes=10)
"""How long a code is."""
TRIES = 5
"""Wrong ones after which a code is none any more."""
MOST = 30
"""Wrong ones after which the link is closed, when nobody came in between."""
CODES, SPAN = 3, timedelta(hours=1)
"""So many codes at most within this time."""


class Make(Struct, frozen=True):
    """A participant gets a link."""

    participant: UUID


class AskCode(Struct, frozen=True):
    """Somebody wants a code for it."""

    at: datetime


class Enter(Struct, frozen=True):
    """Somebody comes by the link, with a code that `fits` the one that was made at some moment, or not."""

    made: datetime | None
    fits: bool
    at: datetime


class NoteNotSent(Struct, frozen=True):
    """The mail with a code could not be sent."""

    made: datetime
    reason: str
    """Code of the refusal."""


class Withdraw(Struct, frozen=True):
    """Nobody comes by it any more."""


class Made(Struct, frozen=True, tag="intake.participant-link-made.v1"):
    """This participant has a link."""

    participant: UUID


class CodeMade(Struct, frozen=True, tag="intake.participant-link-code-made.v1"):
    """From then on one code is valid, and none of before. It can be computed again from the moment, by who has the organisation's key."""

    at: datetime


class NotSent(Struct, frozen=True, tag="intake.participant-link-code-not-sent.v1"):
    """The mail with a code could not be sent."""

    made: datetime
    reason: str


class Entered(Struct, frozen=True, tag="intake.participant-link-entered.v1"):
    """The participant came in with a code, which is none any more."""

    at: datetime


class Missed(Struct, frozen=True, tag="intake.participant-link-missed.v1"):
    """Somebody came with a wrong code."""

    at: datetime


class TriedTooOften(Struct, frozen=True, tag="intake.participant-link-tried-too-often.v1"):
    """So many wrong codes that nobody comes by it any more: whoever tries has the link, and all the time there is."""


class Withdrawn(Struct, frozen=True, tag="intake.participant-link-withdrawn.v1"):
    """Nobody comes by it any more."""


class Nothing(Struct, frozen=True):
    """No such link."""


class Open(Struct, frozen=True):
    """A link for which codes are made."""

    participant: UUID
    codes: tuple[datetime, ...] = ()
    """When the last few were made."""
    valid: datetime | None = None
    """When the one that may still be used was."""
    missed: int = 0
    """Wrong ones since."""
    wrong: int = 0
    """Wrong ones since somebody came in, for whichever code."""


class Closed(Struct, frozen=True):
    """Taken back, or tried too often."""

    tried_too_often: bool = False


Command: TypeAlias = Make | AskCode | Enter | NoteNotSent | Withdraw
Event: TypeAlias = Made | CodeMade | NotSent | Entered | Missed | TriedTooOften | Withdrawn
State: TypeAlias = Nothing | Open | Closed
initial: State = Nothing()


def decide(command: Command, state: State) -> list[Event]:
    """Say what follows from a command.

    Refused: `link-exists`, `link-unknown`, `link-tried-too-often`, `codes-too-many`; and to who would come in `link-closed`,
    whatever the reason.
    """
    match command, state:
        case Make(participant), Nothing():
            return [Made(participant)]
        case Make(participant), Open(same) if participant == same:
            return []
        case Make(), _:
            raise Refused("link-exists")
        case AskCode(at), Open(codes=codes):
            return _code(at, codes)
        case AskCode(), Closed(tried_too_often=True):
            raise Refused("link-tried-too-often", most=MOST)
        case Enter(made, fits, at), Open(valid=valid) if _usable(made, valid, at):
            return [Entered(at)] if fits else _missed(at, state)
        case Enter(), _:
            raise Unauthenticated("link-closed")
        case NoteNotSent(made, reason), Open():
            return [NotSent(made, reason)]
        case Withdraw(), Open():
            return [Withdrawn()]
        case ((NoteNotSent() | Withdraw()), Closed()):
            return []
        case _:
            raise NotFound("link-unknown")


def _code(at: datetime, codes: tuple[datetime, ...]) -> list[Event]:
    if len([one for one in codes if one > at - SPAN]) >= CODES:
        raise Refused("codes-too-many", most=CODES)
    return [CodeMade(at)]


def _missed(at: datetime, state: Open) -> list[Event]:
    return [Missed(at), *([TriedTooOften()] if state.wrong + 1 >= MOST else [])]


def _usable(made: datetime | None, valid: datetime | None, at: datetime) -> bool:
    """Whether a code was compared with the one that may be used: the last made, not used yet, not too old, not tried too often."""
    return valid is not None and made == valid and at < valid + VALID


def evolve(state: State, event: Event) -> State:
    """Take in what happened."""
    match event, state:
        case Made(participant), Nothing():
            return Open(participant)
        case CodeMade(at), Open(participant, codes):
            return Open(participant, (*codes, at)[-CODES:], valid=at, wrong=state.wrong)
        case Entered(), Open():
            return structs.replace(state, valid=None, wrong=0)
        case Missed(), Open(missed=missed):
            left = state.valid if missed + 1 < TRIES else None
            return structs.replace(state, missed=missed + 1, wrong=state.wrong + 1, valid=left)
        case TriedTooOften(), _:
            return Closed(tried_too_often=True)
        case Withdrawn(), _:
            return Closed()
        case _:
            return state
