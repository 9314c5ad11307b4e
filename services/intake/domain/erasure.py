"""A partner is asked to forget somebody whom a referral told it of: they were erased here (GDPR article 19), or took their consent back.

Until it answers, neither is finished.
"""

from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID, uuid5

from msgspec import Struct, structs

from shared.rules import NotFound

_ASKED = UUID("3f3f6a56-2f0d-5f9e-8d2c-9b1b7a0e6a21")
"""Namespace of the streams: one for each referral."""


class Ground(StrEnum):
    """Why a recipient keeps what it was asked to erase: what the law allows it to name (GDPR article 17, paragraph 3)."""

    LEGAL_OBLIGATION = "legal-obligation"
    PUBLIC_TASK = "public-task"
    LEGAL_CLAIMS = "legal-claims"
    OWN_CONSENT = "own-consent"


def asked_about(referral: UUID) -> UUID:
    """The stream of what was asked about a referral."""
    return uuid5(_ASKED, str(referral))


class Ask(Struct, frozen=True):
    """Ask the partner of a referral to forget the person."""

    referral: UUID
    to: str
    at: datetime


class HearAnswer(Struct, frozen=True):
    """The partner has forgotten (no ground), or says on which ground it does not."""

    partner: str
    ground: Ground | None


class NoteOverdue(Struct, frozen=True):
    """The month in which the law wants an answer has passed (GDPR article 12, paragraph 3)."""


class Asked(Struct, frozen=True, tag="intake.erasure-asked.v1"):
    """The partner was asked."""

    referral: UUID
    to: str
    at: datetime


class AskedMeanwhile(Struct, frozen=True, tag="intake.erasure-asked-meanwhile.v1"):
    """There was another reason to ask before the partner answered: should it refuse, it is asked again."""

    at: datetime


class Confirmed(Struct, frozen=True, tag="intake.erasure-confirmed.v1"):
    """The partner has forgotten the person."""


class Refused(Struct, frozen=True, tag="intake.erasure-refused.v1"):
    """The partner keeps what it has, on this ground."""

    ground: Ground


class AnswerOverdue(Struct, frozen=True, tag="intake.erasure-answer-overdue.v1"):
    """No answer in time."""


class Nothing(Struct, frozen=True):
    """Never asked."""


class Waiting(Struct, frozen=True):
    """Asked, not answered."""

    asked: Asked
    overdue: bool = False
    again: Asked | None = None
    """What is asked when it refuses."""


class Answered(Struct, frozen=True):
    """The partner has forgotten (no ground), or named one."""

    asked: Asked
    ground: Ground | None


Command: TypeAlias = Ask | HearAnswer | NoteOverdue
Event: TypeAlias = Asked | AskedMeanwhile | Confirmed | Refused | AnswerOverdue
State: TypeAlias = Nothing | Waiting | Answered
initial: State = Nothing()


def decide(command: Command, state: State) -> list[Event]:
    """Say what follows from a command. Refusals: `erasure-unknown`.

    Who keeps it when consent was taken back is asked again when the person wants to be forgotten altogether.
    """
    match command, state:
        case Ask(referral, to, at), Nothing() | Answered(ground=Ground()):
            return [Asked(referral, to, at)]
        case Ask(at=at), Waiting(asked, again=None) if at != asked.at:
            return [AskedMeanwhile(at)]
        case HearAnswer(partner, ground), Waiting() | Answered() if partner == state.asked.to:
            return _answered(ground, state)
        case NoteOverdue(), Waiting(overdue=overdue):
            return [] if overdue else [AnswerOverdue()]
        case Ask() | NoteOverdue(), _:
            return []
        case _:
            raise NotFound("erasure-unknown")


def _answered(ground: Ground | None, state: Waiting | Answered) -> list[Event]:
    """A partner that refused may still forget; one that has forgotten has nothing more to say."""
    if isinstance(state, Answered) and ground in (state.ground, *([] if state.ground else Ground)):
        return []
    if ground is None:
        return [Confirmed()]
    again = state.again if isinstance(state, Waiting) else None
    return [Refused(ground), *([again] if again else [])]


def evolve(state: State, event: Event) -> State:
    """Take in what happened."""
    match event, state:
        case Asked(), _:
            return Waiting(event)
        case AskedMeanwhile(at), Waiting(asked):
            return structs.replace(state, again=structs.replace(asked, at=at))
        case AnswerOverdue(), Waiting():
            return structs.replace(state, overdue=True)
        case Confirmed(), Waiting(asked) | Answered(asked):
            return Answered(asked, None)
        case Refused(ground), Waiting(asked) | Answered(asked):
            return Answered(asked, ground)
        case _:
            return state
