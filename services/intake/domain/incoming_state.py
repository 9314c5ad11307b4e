"""What a referral is at its receiver, by what happened to it."""

from datetime import datetime
from typing import TypeAlias, TypeVar
from uuid import UUID

from msgspec import Struct, structs

from services.intake.domain import correction, restored
from services.intake.domain.incoming_erasure import (
    ErasureAsked,
    ErasureOverdue,
    ErasureRefused,
    Forgotten,
    Unheard,
)
from services.intake.domain.incoming_events import (
    AnswerOverdue,
    AnswerReminded,
    Assigned,
    CancelAsked,
    ConsentWithdrawn,
    ContactAttempted,
    EnteredInError,
    Event,
    FoundAtPartner,
    Received,
    StepsLost,
)
from services.intake.domain.referral_progress import (
    STATUS,
    Accepted,
    Cancelled,
    Completed,
    DecidedBy,
    Declined,
    Failed,
    Held,
    Letter,
    News,
    Reason,
    Standing,
    Started,
    after,
)
from services.intake.domain.referral_status import FINAL, UNANSWERED, Status
from services.intake.domain.restored import Steps


class Nothing(Struct, frozen=True):
    """Not there."""


class Referral(Struct, frozen=True):
    """Received; `letter` is None when nothing of the person may be left."""

    sender: str
    reference: UUID
    programme: UUID
    letter: Letter | None
    answer_by: datetime
    standing: Standing = Standing(Status.RECEIVED)
    asked: tuple[Reason, DecidedBy] | None = None
    """The sender's wish to cancel that nobody has answered yet."""
    attempts: int = 0
    reminded: bool = False
    overdue: bool = False
    said: Steps = ()
    """Steps of this side, as the sender was told."""
    heard: Steps = ()
    """Steps of the sender."""
    corrected: int = 0
    """The last correction of what the sender told of the person."""
    erasure_asked: bool = False
    """The participant wants to be forgotten, or took consent back."""
    refused: bool = False
    """That was answered with a ground to keep it."""
    erasure_overdue: bool = False
    """Nobody answered it in time."""
    forgotten: bool = False
    """It says so itself; a letter can also be away because its key is, in a log that was restored."""
    report_back: bool = True
    """Whether the person agreed that the sender is told how they fare."""
    team: str | None = None
    """Whose it is since it was accepted (None: the whole organisation's)."""


class Lost(Struct, frozen=True):
    """The sender has it; here only that is known."""

    sender: str
    reference: UUID
    programme: UUID
    standing: Standing
    said: Steps
    heard: Steps
    corrected: int = 0
    erasure_asked: bool = False
    report_back: bool = True


Kept = TypeVar("Kept", Referral, Lost)
State: TypeAlias = Nothing | Unheard | Referral | Lost
initial: State = Nothing()


def evolve(state: State, event: Event) -> State:
    """Take in what happened."""
    match event, state:
        case Received(sender, reference, programme, letter, answer_by, report_back), Nothing():
            return Referral(sender, reference, programme, letter, answer_by, report_back=report_back)
        case ErasureAsked(sender, reference), Nothing():
            return Unheard(sender, reference)
        case ErasureAsked() | ErasureRefused() | ErasureOverdue(), Referral():
            return _erasure(state, event)
        case ErasureAsked(), Lost():
            return structs.replace(state, erasure_asked=True)
        case Assigned(team), Referral():
            return structs.replace(state, team=team)
        case correction.Taken(), Referral():
            return _corrected(state, event)
        case _, Referral():
            return _goes_on(state, event)
        case FoundAtPartner(sender, reference, programme, standing, here, heard, report_back), Nothing():
            last = restored.last_correction(heard)
            known = restored.uncounted(heard)
            return Lost(sender, reference, programme, standing, here, known, last, report_back=report_back)
        case _, Lost():
            return _of_lost(state, event)
        case _:
            return state


def _goes_on(state: Referral, event: Event) -> Referral:
    match event:
        case CancelAsked(reason, decided_by):
            return _asked(_heard(state, restored.CANCEL_ASKED), reason, decided_by)
        case ConsentWithdrawn():
            return _asked(_heard(state, restored.CONSENT_WITHDRAWN), Reason.PARTICIPANT_DECLINED, DecidedBy.PARTICIPANT)
        case EnteredInError():
            return _heard(_wrong(state), restored.ENTERED_IN_ERROR)
        case ContactAttempted():
            return structs.replace(state, attempts=state.attempts + 1)
        case AnswerReminded():
            return structs.replace(state, reminded=True)
        case AnswerOverdue():
            return structs.replace(state, overdue=True)
        case StepsLost():
            return _lost(state, event)
        case Forgotten():
            return _forgotten(state)
        case Accepted() | Declined() | Started() | Held() | Completed() | Failed() | Cancelled():
            return _answered(_said(state, event), after(state.standing, event))
        case _:
            return state


def _erasure(state: Referral, event: ErasureAsked | ErasureRefused | ErasureOverdue) -> Referral:
    match event:
        case ErasureAsked():
            return structs.replace(state, erasure_asked=True, refused=False, erasure_overdue=False)
        case ErasureRefused():
            return structs.replace(state, refused=True, erasure_overdue=False)
        case ErasureOverdue():
            return structs.replace(state, erasure_overdue=True)


def _wrong(state: Referral) -> Referral:
    standing = Standing(Status.ENTERED_IN_ERROR)
    return structs.replace(state, standing=standing, asked=None, letter=None, overdue=False)


def _forgotten(state: Referral) -> Referral:
    standing = structs.replace(state.standing, outcome=None)
    return structs.replace(state, letter=None, standing=standing, forgotten=True)


def _of_lost(state: Lost, event: Event) -> Lost:
    match event:
        case CancelAsked():
            return _heard(state, restored.CANCEL_ASKED)
        case ConsentWithdrawn():
            return _heard(state, restored.CONSENT_WITHDRAWN)
        case EnteredInError():
            wrong = structs.replace(state, standing=Standing(Status.ENTERED_IN_ERROR))
            return _heard(wrong, restored.ENTERED_IN_ERROR)
        case correction.Taken(number):
            return structs.replace(state, corrected=max(state.corrected, number))
        case StepsLost(here):
            told = _heard(_lost(state, event), *restored.of_sender(here))
            return structs.replace(told, standing=event.standing or state.standing)
        case Cancelled():
            said = (*state.said, STATUS[Cancelled])
            return structs.replace(state, standing=after(state.standing, event), said=said)
        case _:
            return state


def _corrected(state: Referral, event: correction.Taken) -> Referral:
    letter = correction.put_right(state.letter, event.about) if state.letter and event.about else state.letter
    return structs.replace(state, letter=letter, corrected=max(state.corrected, event.number))


def _lost(state: Kept, event: StepsLost) -> Kept:
    """Lost steps of this side were said all the same; what the sender tells again is not lost twice."""
    corrected = max(state.corrected, restored.last_correction(event.here))
    return structs.replace(state, said=(*state.said, *restored.of_receiver(event.here)), corrected=corrected)


def _heard(state: Kept, *steps: str) -> Kept:
    return structs.replace(state, heard=(*state.heard, *steps))


def _said(state: Referral, news: News) -> Referral:
    return structs.replace(state, said=(*state.said, STATUS[type(news)]))


def _asked(state: Referral, reason: Reason, decided_by: DecidedBy) -> Referral:
    return state if state.standing.status in FINAL else structs.replace(state, asked=(reason, decided_by))


def _answered(state: Referral, standing: Standing) -> Referral:
    """What was never accepted leaves nothing of the person behind."""
    closed = standing.status in FINAL
    keeps = not (closed and state.standing.status in UNANSWERED)
    return structs.replace(
        state,
        standing=standing,
        asked=None if closed else state.asked,
        letter=state.letter if keeps else None,
        overdue=False,
    )
