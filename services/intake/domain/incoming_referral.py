"""A referral at its receiver, whose log decides. Before acceptance only a preview is shown; accepted means that somebody owns it."""

from functools import reduce

from services.intake.domain import correction, referral_status, restored
from services.intake.domain.incoming_answers import answer, assign, confirm
from services.intake.domain.incoming_commands import (
    Accept,
    Assign,
    AttemptContact,
    Cancel,
    Command,
    Complete,
    ConfirmCancel,
    Decline,
    Fail,
    HearCancelAsked,
    HearConsentWithdrawn,
    Heard,
    HearEnteredInError,
    Hold,
    NoteOverdue,
    Receive,
    Remind,
    Start,
)
from services.intake.domain.incoming_erasure import (
    ErasureAsked,
    Forget,
    Forgotten,
    HearErasureAsked,
    NoteErasureOverdue,
    RefuseErasure,
    Unheard,
)
from services.intake.domain.incoming_events import (
    AnswerOverdue,
    AnswerReminded,
    CancelAsked,
    ConsentWithdrawn,
    ContactAttempted,
    EnteredInError,
    Event,
    FoundAtPartner,
    StepsLost,
)
from services.intake.domain.incoming_forgetting import erasure
from services.intake.domain.incoming_state import Lost, Nothing, Referral, State, evolve, initial
from services.intake.domain.referral_progress import (
    Cancelled,
    DecidedBy,
    Reason,
)
from services.intake.domain.referral_status import UNANSWERED, Status
from shared.rules import NotFound, Refused

__all__ = [
    "Accept",
    "Assign",
    "AttemptContact",
    "Cancel",
    "Command",
    "Complete",
    "ConfirmCancel",
    "Decline",
    "Event",
    "Fail",
    "Forget",
    "HearCancelAsked",
    "HearConsentWithdrawn",
    "HearEnteredInError",
    "HearErasureAsked",
    "Hold",
    "NoteErasureOverdue",
    "NoteOverdue",
    "Receive",
    "RefuseErasure",
    "Remind",
    "Start",
    "State",
    "decide",
    "evolve",
    "initial",
]

NOUN = "referral"
"""What hints call it, on either side."""


def decide(command: Command, state: State) -> list[Event]:
    """Say what follows from a command.

    Refusals: `erasure-done`, `erasure-not-asked`, `referral-transition`, `referral-void`, `referral-not-in-care`, `referral-reason`,
    `referral-attempts`, `referral-cancel-not-asked`, `referral-not-accepted`, `referral-lost`, `referral-unknown`.
    """
    events = _decided(command, state)
    return [*events, *_forgotten(events, state)]


def _decided(command: Command, state: State) -> list[Event]:
    match command, state:
        case Receive(received), Nothing():
            return [received]
        case HearErasureAsked(), Nothing() | Unheard() | Lost():
            return [ErasureAsked(command.sender, command.reference), Forgotten()]
        case _, Referral():
            return _decide(command, state)
        case restored.Compare(sender, reference, programme, standing), Nothing():
            here = (restored.RECEIVED, *command.heard)
            heard = (*command.said, *restored.correction(command.corrected))
            return [FoundAtPartner(sender, reference, programme, standing, here, heard, command.report_back)]
        case _, Lost():
            return _of_lost(command, state)
        case Receive() | correction.Hear(), Nothing() | Unheard():
            return []
        case _:
            raise NotFound("referral-unknown")


def _forgotten(events: list[Event], before: State) -> list[Event]:
    """Where nothing of the person is to be left, the key goes too."""
    now = reduce(evolve, events, before)
    had = isinstance(before, Referral) and before.letter is not None and Forgotten() not in events
    return [Forgotten()] if had and isinstance(now, Referral) and now.letter is None else []


def _decide(command: Command, state: Referral) -> list[Event]:
    match command:
        case Receive():
            return []
        case ConfirmCancel():
            return confirm(state)
        case Assign():
            return assign(command, state)
        case AttemptContact():
            if not referral_status.may_become(state.standing.status, Status.FAILED):
                raise Refused("referral-not-in-care", state=str(state.standing.status))
            return [ContactAttempted()]
        case HearCancelAsked() | HearConsentWithdrawn() | HearEnteredInError():
            return [*_said(command, state), *_follows(command, state)]
        case restored.Compare() | restored.HearLost():
            return _compare(command, state)
        case Remind() | NoteOverdue():
            return _clock(command, state)
        case Forget() | RefuseErasure() | HearErasureAsked() | NoteErasureOverdue():
            return erasure(command, state)
        case correction.Hear(number, about):
            return [*correction.taken(number, about, state.letter, state.corrected)]
        case _:
            return answer(command, state)


def _said(command: Heard, state: Referral | Lost) -> list[Event]:
    """What the sender says is recorded whatever the state. What says all there is to say, once: a comparison may have been before it."""
    match command:
        case HearEnteredInError():
            return [] if state.standing.status is Status.ENTERED_IN_ERROR else [EnteredInError()]
        case HearCancelAsked(reason, decided_by):
            return [CancelAsked(reason, decided_by)]
        case HearConsentWithdrawn():
            return [] if restored.CONSENT_WITHDRAWN in state.heard else [ConsentWithdrawn()]


def _follows(command: Heard, state: Referral) -> list[Event]:
    """What nobody has begun with is cancelled without asking anybody."""
    if state.standing.status not in UNANSWERED:
        return []
    match command:
        case HearCancelAsked(reason, decided_by):
            return [Cancelled(reason, decided_by)]
        case HearConsentWithdrawn():
            return [Cancelled(Reason.PARTICIPANT_DECLINED, DecidedBy.PARTICIPANT)]
        case HearEnteredInError():
            return []


def _compare(command: restored.Hearing, state: Referral) -> list[Event]:
    """What the sender said and is not known here is heard now."""
    found = restored.compared(command, state)
    if found is None:
        return []
    late = (event for step in restored.of_sender(found.here) for event in _late(step, state))
    return [*late, StepsLost(found.here, found.there, found.tell)]


def _late(step: str, state: Referral) -> list[Event]:
    match step:
        case restored.ENTERED_IN_ERROR:
            return [EnteredInError()]
        case restored.CONSENT_WITHDRAWN:
            asked = erasure(HearErasureAsked(state.sender, state.reference), state)
            return [ConsentWithdrawn(), *asked]
        case _:
            return [CancelAsked(Reason.OTHER, DecidedBy.ORGANISATION)]


def _of_lost(command: Command, state: Lost) -> list[Event]:
    """The sender's word counts; all that can be done here is to end it."""
    match command:
        case HearCancelAsked() | HearConsentWithdrawn() | HearEnteredInError():
            return _said(command, state)
        case restored.Compare() | restored.HearLost():
            found = restored.compared(command, state)
            return [StepsLost(found.here, found.there, found.tell, command.standing)] if found else []
        case Cancel(reason, decided_by):
            referral_status.check(state.standing.status, Status.CANCELLED)
            return [Cancelled(reason, decided_by)]
        case Forget():  # nothing of anybody is here; it is only not kept any longer
            return [Forgotten()]
        case correction.Hear(number, about):
            return [*correction.taken(number, about, None, state.corrected)]
        case Receive() | Remind() | NoteOverdue():
            return []
        case _:
            raise Refused("referral-lost", organisation=state.sender)


def _clock(command: Remind | NoteOverdue, state: Referral) -> list[Event]:
    if state.standing.status not in UNANSWERED or state.overdue:
        return []
    if isinstance(command, NoteOverdue):
        return [AnswerOverdue()]
    return [] if state.reminded else [AnswerReminded()]
