"""What a receiver may say about a referral, and when."""

from services.intake.domain import referral_status
from services.intake.domain.incoming_commands import (
    Accept,
    Answer,
    Assign,
    Complete,
    Decline,
    Fail,
    Hold,
    Start,
)
from services.intake.domain.incoming_events import Assigned, Event
from services.intake.domain.incoming_state import Referral
from services.intake.domain.referral_progress import (
    STATUS,
    Accepted,
    Cancelled,
    Completed,
    Declined,
    Failed,
    Held,
    News,
    Reason,
    Started,
    after,
)
from services.intake.domain.referral_status import Status
from shared.rules import Refused

ATTEMPTS = 3
"""How often somebody must have been tried before `no-contact` is a reason."""


def answer(command: Answer, state: Referral) -> list[Event]:
    """What the receiver says; nothing when it is already so. Refusals: `referral-transition`, `referral-reason`, `referral-attempts`."""
    news = _news(command)
    if after(state.standing, news) == state.standing:
        return []
    if not (isinstance(news, Held) and state.standing.status is Status.ON_HOLD):
        referral_status.check(state.standing.status, STATUS[type(news)])
    _check_reason(news, state)
    return [news, *_assigned(command.team, state)] if isinstance(command, Accept) else [news]


def assign(command: Assign, state: Referral) -> list[Event]:
    """Hand it to another team. Refusals: `referral-not-accepted`: until then it is every team's."""
    if state.standing.owner is None:
        raise Refused("referral-not-accepted")
    return _assigned(command.team, state)


def _assigned(team: str | None, state: Referral) -> list[Event]:
    return [] if team == state.team else [Assigned(team)]


def confirm(state: Referral) -> list[Event]:
    """Do what the sender asked. Refusals: `referral-cancel-not-asked`, `referral-transition`."""
    if state.standing.status is Status.CANCELLED:
        return []
    if state.asked is None:
        raise Refused("referral-cancel-not-asked")
    referral_status.check(state.standing.status, Status.CANCELLED)
    return [Cancelled(*state.asked)]


def _news(command: Answer) -> News:
    match command:
        case Accept(owner):
            return Accepted(owner)
        case Decline(reason, decided_by):
            return Declined(reason, decided_by)
        case Start():
            return Started()
        case Hold(reason, decided_by, position):
            return Held(reason, decided_by, position)
        case Complete(outcome):
            return Completed(outcome)
        case Fail(reason, decided_by):
            return Failed(reason, decided_by)
        case _:
            return Cancelled(command.reason, command.decided_by)


def _check_reason(news: News, state: Referral) -> None:
    match news:
        case Declined(Reason.NOT_NOW) | Held(Reason.NOT_NOW) | Failed(Reason.NOT_NOW) | Cancelled(Reason.NOT_NOW):
            raise Refused("referral-reason")
        case (
            Declined(Reason.NO_CONTACT)
            | Held(Reason.NO_CONTACT)
            | Failed(Reason.NO_CONTACT)
            | Cancelled(Reason.NO_CONTACT)
        ):
            if state.attempts < ATTEMPTS:
                raise Refused("referral-attempts", needed=ATTEMPTS, done=state.attempts)
        case _:
            return
