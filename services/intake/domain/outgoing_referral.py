"""A referral at its sender. The sender may draft, request, take back and enter in error; the rest is what the partner reports."""

from datetime import datetime
from typing import TypeAlias

from msgspec import Struct, structs

from services.intake.domain import correction, referral_status, restored, sending
from services.intake.domain.outgoing_correction import correct, told_again
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
from services.intake.domain.outgoing_state import Lost, Nothing, Referral, State, evolve, initial
from services.intake.domain.referral_progress import DecidedBy, News, Reason, Standing, after
from services.intake.domain.referral_status import UNANSWERED, Status
from services.intake.domain.working_days import end_of_working_day
from shared.rules import NotFound, Refused

__all__ = ["Event", "State", "decide", "evolve", "initial"]

NOUN = "referral"
"""What hints call it, on either side."""

ANSWER_WITHIN = 5
"""Working days."""


class Draft(Struct, frozen=True):
    """Keep it, unsent."""

    wish: Wish


class Request(Struct, frozen=True):
    """Send it: `wish` at once, or (None) the draft that is there."""

    facts: sending.Facts
    wish: Wish | None = None


class HandOver(Struct, frozen=True):
    """From now on the partner may have it."""


class Deliver(Struct, frozen=True):
    """The partner's node has recorded it."""


class Cancel(Struct, frozen=True):
    """Take it back: at once while it was never handed over, else ask."""

    reason: Reason
    decided_by: DecidedBy


class WithdrawConsent(Struct, frozen=True):
    """The participant took back the consent it was sent on."""

    at: datetime


class EnterInError(Struct, frozen=True):
    """It should never have been there."""


class NoteOverdue(Struct, frozen=True):
    """The time for an answer has passed."""


class Report(Struct, frozen=True):
    """A partner says how it goes on."""

    partner: str
    news: News


Command: TypeAlias = (
    Draft
    | Request
    | HandOver
    | Deliver
    | Cancel
    | WithdrawConsent
    | EnterInError
    | NoteOverdue
    | Report
    | restored.Hearing
    | correction.Correct
    | correction.HandOver
    | correction.HearConfirmed
)


def decide(command: Command, state: State) -> list[Event]:
    """Say what follows from a command.

    Refusals: those of `sending`, `referral-transition`, `referral-void`, `referral-exists`, `referral-lost`, `referral-unknown`.
    """
    match command, state:
        case Draft(wish), Nothing():
            return [Drafted(wish)]
        case Draft(wish), Referral():
            return _already(wish, state)
        case Request(facts, Wish() as wish), Nothing():
            return [Drafted(wish), _requested(wish, facts)]
        case Request(wish=Wish() as wish), Referral() if (
            wish != state.wish or state.standing.status is not Status.DRAFT
        ):
            return _already(wish, state)
        case _, Referral():
            return _decide(command, state)
        case correction.Correct(), Nothing() | Lost():
            return []
        case restored.Compare(), Nothing():
            here = (restored.REQUESTED, *command.heard, *restored.correction(command.corrected))
            return [FoundAtPartner(command.partner, command.programme, command.standing, here, command.said)]
        case _, Lost():
            return _of_lost(command, state)
        case _:
            raise NotFound("referral-unknown")


def _decide(command: Command, state: Referral) -> list[Event]:
    status = state.standing.status
    match command:
        case Request(facts):
            referral_status.check(status, Status.REQUESTED)
            return [_requested(state.wish, facts)]
        case Report(partner, news):
            return _report(partner, news, state)
        case restored.Compare() | restored.HearLost():
            return _compare(command, state)
        case correction.Correct() | correction.HandOver() | correction.HearConfirmed():
            return [*correct(command, state)]
        case Cancel(reason, decided_by):
            return _cancel(reason, decided_by, state)
        case EnterInError():
            referral_status.check(status, Status.ENTERED_IN_ERROR)
            return [EnteredInError()]
        case WithdrawConsent(at):
            return _withdraw_consent(at, state)
        case HandOver():
            return [HandedOver()] if status is Status.REQUESTED and not state.handed else []
        case Deliver():
            return [Delivered()] if state.handed and not state.delivered else []
        case _:
            return [AnswerOverdue()] if status in UNANSWERED and not state.overdue else []


def _already(wish: Wish, state: Referral) -> list[Event]:
    if wish != state.wish:
        raise Refused("referral-exists")
    return []


def _requested(wish: Wish, facts: sending.Facts) -> Requested:
    ground = sending.check(wish.to, wish.participant, facts)
    consent, until = (ground.id, ground.until) if isinstance(ground, sending.Ground) else (None, None)
    answer_by = end_of_working_day(facts.at, ANSWER_WITHIN)
    return Requested(consent, until, facts.at, answer_by, ground.left_out, ground.report_back)


def _compare(command: restored.Hearing, state: Referral) -> list[Event]:
    """Who tells how it stands has it, also when this side has forgotten that it was sent."""
    if command.partner != state.wish.to:
        raise NotFound("referral-unknown")
    found = restored.compared(command, state)
    if found is None:
        return [] if state.handed else [StepsLost((restored.REQUESTED,), (), command.standing, tell=True)]
    here = found.here if state.handed else (restored.REQUESTED, *found.here)
    lost = StepsLost(here, found.there, _stands(command, found, state), found.tell)
    return [lost, *told_again(found.there, state)]


def _stands(command: restored.Hearing, found: restored.Found, state: Referral) -> Standing:
    """As the receiver has it, unless it has lost the referral or is yet to hear of an error. Not every letter tells the outcome again."""
    if restored.RECEIVED in found.there or restored.ENTERED_IN_ERROR in state.said:
        return state.standing
    same = command.standing.status is state.standing.status
    return structs.replace(command.standing, outcome=state.standing.outcome) if same else command.standing


def _of_lost(command: Command, state: Lost) -> list[Event]:
    """Only what the partner says counts."""
    match command:
        case Report(state.partner, news):
            return [] if after(state.standing, news) == state.standing else [Reported(state.partner, news)]
        case correction.HearConfirmed():
            return []
        case restored.Compare(state.partner) | restored.HearLost(state.partner):
            found = restored.compared(command, state)
            return [StepsLost(found.here, found.there, command.standing, found.tell)] if found else []
        case _:
            raise Refused("referral-lost", organisation=state.partner)


def _report(partner: str, news: News, state: Referral) -> list[Event]:
    if partner != state.wish.to or not state.handed:
        raise NotFound("referral-unknown")
    return [] if after(state.standing, news) == state.standing else [Reported(partner, news)]


def _cancel(reason: Reason, decided_by: DecidedBy, state: Referral) -> list[Event]:
    if state.cancel_asked:
        return []
    referral_status.check(state.standing.status, Status.CANCELLED)
    return [CancelAsked(reason, decided_by) if state.handed else TakenBack(reason, decided_by)]


def _withdraw_consent(at: datetime, state: Referral) -> list[Event]:
    if state.handed:
        return [] if state.consent_withdrawn else [ConsentWithdrawn(at, state.wish.to)]
    if state.standing.status is Status.REQUESTED:
        return [TakenBack(Reason.PARTICIPANT_DECLINED, DecidedBy.PARTICIPANT)]
    return []
