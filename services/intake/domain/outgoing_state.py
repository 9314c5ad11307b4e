"""What a referral is at its sender, by what happened to it."""

from datetime import datetime
from typing import TypeAlias, TypeVar
from uuid import UUID

from msgspec import Struct, structs

from services.intake.domain import correction, restored
from services.intake.domain.agreed_data import without
from services.intake.domain.outgoing_events import (
    AnswerOverdue,
    CancelAsked,
    ConsentWithdrawn,
    Delivered,
    Drafted,
    EnteredInError,
    Event,
    FoundAtPartner,
    HandedOver,
    Reported,
    Requested,
    StepsLost,
    TakenBack,
    Wish,
)
from services.intake.domain.referral_progress import (
    STATUS,
    Cancelled,
    Letter,
    News,
    Standing,
    after,
)
from services.intake.domain.referral_status import FINAL, Status
from services.intake.domain.restored import Steps


class Nothing(Struct, frozen=True):
    """Not there."""


class Referral(Struct, frozen=True):
    """Written, and perhaps sent."""

    wish: Wish
    standing: Standing = Standing(Status.DRAFT)
    answer_by: datetime | None = None
    expires: datetime | None = None
    """Until when the consent it was sent on holds."""
    without: tuple[str, ...] = ()
    """Fields of the letter that stayed here."""
    report_back: bool = True
    """Whether the partner may tell how the person fares; until it is requested, that is not known."""
    handed: bool = False
    delivered: bool = False
    cancel_asked: bool = False
    """The partner has not answered it yet."""
    consent_withdrawn: bool = False
    overdue: bool = False
    confirmed: int = 0
    """The last correction of what was told of the person that the partner has taken in."""
    corrected: int = 0
    """The last one that the partner may have."""
    numbered: int = 0
    """The last one that was to go."""
    said: Steps = ()
    """Steps of this side, as the partner was told."""
    heard: Steps = ()
    """Steps of the partner."""

    @property
    def letter(self) -> Letter | None:
        """As it goes, or will go; None once the participant was erased."""
        return without(self.wish.letter, self.without) if self.wish.letter else None

    @property
    def ground_gone(self) -> bool:
        """Consent was taken back, also when only the partner still knew."""
        return self.consent_withdrawn or restored.CONSENT_WITHDRAWN in self.said


class Lost(Struct, frozen=True):
    """The partner has it; here only that is known."""

    partner: str
    programme: UUID
    standing: Standing
    said: Steps
    heard: Steps
    corrected: int = 0


Kept = TypeVar("Kept", Referral, Lost)
State: TypeAlias = Nothing | Referral | Lost
initial: State = Nothing()


def evolve(state: State, event: Event) -> State:
    """Take in what happened."""
    match event, state:
        case Drafted(wish), Nothing():
            return Referral(wish)
        case correction.Told() | correction.HandedOver() | correction.Confirmed(), Referral():
            return _corrected(state, event)
        case _, Referral():
            return _goes_on(state, event)
        case FoundAtPartner(partner, programme, standing, here, heard), Nothing():
            return _knows(Lost(partner, programme, standing, said=(), heard=heard), *here)
        case Reported(_, news), Lost():
            return _knows(structs.replace(state, standing=after(state.standing, news)), STATUS[type(news)])
        case StepsLost(), Lost():
            return _knows(structs.replace(state, standing=event.standing), *event.here)
        case _:
            return state


def _goes_on(state: Referral, event: Event) -> Referral:
    match event:
        case Requested(_, expires, _, answer_by, stays, report_back):
            sent, agreed = Standing(Status.REQUESTED), {"without": stays, "report_back": report_back}
            return structs.replace(state, standing=sent, expires=expires, answer_by=answer_by, **agreed)
        case HandedOver():
            return structs.replace(state, handed=True)
        case Delivered():
            return _delivered(state)
        case TakenBack(reason, decided_by):
            return structs.replace(state, standing=after(state.standing, Cancelled(reason, decided_by)), overdue=False)
        case CancelAsked():
            return _knows(structs.replace(state, cancel_asked=True), restored.CANCEL_ASKED)
        case ConsentWithdrawn():
            return _withdrawn(state)
        case EnteredInError():
            return _in_error(state)
        case AnswerOverdue():
            return structs.replace(state, overdue=True)
        case Reported(_, news):
            return _reported(_knows(state, STATUS[type(news)]), news)
        case StepsLost():
            return _lost(state, event)
        case _:
            return state


def _knows(state: Kept, *steps: str) -> Kept:
    said, heard = (*state.said, *restored.of_sender(steps)), (*state.heard, *restored.of_receiver(steps))
    corrected = max(state.corrected, restored.last_correction(steps))
    return structs.replace(state, said=said, heard=heard, corrected=corrected)


def _withdrawn(state: Referral) -> Referral:
    open_ = state.standing.status not in FINAL
    return _knows(structs.replace(state, consent_withdrawn=True, cancel_asked=open_), restored.CONSENT_WITHDRAWN)


def _in_error(state: Referral) -> Referral:
    wrong = Standing(Status.ENTERED_IN_ERROR)
    left = structs.replace(state, standing=wrong, cancel_asked=False, overdue=False)
    return _knows(left, restored.ENTERED_IN_ERROR) if state.handed else left


def _lost(state: Referral, event: StepsLost) -> Referral:
    """Lost steps were said all the same. The receiver's log decides; what it was asked and this side forgot, it was asked all the same."""
    asked = event.standing.status not in FINAL and (state.cancel_asked or restored.CANCEL_ASKED in event.here)
    there = structs.replace(state, handed=True, delivered=True, cancel_asked=asked, overdue=False)
    return _knows(structs.replace(there, standing=event.standing), *event.here)


def _corrected(state: Referral, event: correction.Told | correction.HandedOver | correction.Confirmed) -> Referral:
    match event:
        case correction.Confirmed(number):
            return structs.replace(state, confirmed=number)
        case correction.HandedOver(number):
            return structs.replace(state, corrected=number)
        case correction.Told(number, _, said):
            letter = correction.put_right(state.wish.letter, said) if state.wish.letter and said else None
            wish = structs.replace(state.wish, letter=letter)
            return structs.replace(state, wish=wish, numbered=max(state.numbered, number))


def _delivered(state: Referral) -> Referral:
    """Delivery may be noted after the partner's first answer: then only the fact is new."""
    waiting = state.standing.status is Status.REQUESTED
    standing = structs.replace(state.standing, status=Status.RECEIVED) if waiting else state.standing
    return structs.replace(state, delivered=True, standing=standing)


def _reported(state: Referral, news: News) -> Referral:
    """The partner's log decides, but for what the sender alone may say: entered in error."""
    if state.standing.status is Status.ENTERED_IN_ERROR:
        return state
    standing = after(state.standing, news)
    asked = state.cancel_asked and standing.status not in FINAL
    return structs.replace(state, standing=standing, cancel_asked=asked, overdue=False)
