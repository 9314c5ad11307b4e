"""What a receiver does when the sender asks to forget whom a referral told of."""

from services.intake.domain.erasure import Ground
from services.intake.domain.incoming_erasure import (
    Command,
    ErasureAsked,
    ErasureOverdue,
    ErasureRefused,
    Forget,
    Forgotten,
    HearErasureAsked,
    NoteErasureOverdue,
    RefuseErasure,
)
from services.intake.domain.incoming_events import Event
from services.intake.domain.incoming_state import Referral
from services.intake.domain.referral_progress import Cancelled, DecidedBy, Reason
from services.intake.domain.referral_status import FINAL, UNANSWERED
from shared.rules import Refused


def erasure(command: Command, state: Referral) -> list[Event]:
    """What nobody took up goes at once; for the rest a person has a month. Refusals: `erasure-done`, `erasure-not-asked`."""
    match command:
        case HearErasureAsked(sender, reference):
            asked = ErasureAsked(sender, reference)
            if state.letter is None or state.standing.status in UNANSWERED:
                return [asked, *_forget(state)]
            return [] if state.erasure_asked and not state.refused else [asked]
        case Forget():
            return [] if state.forgotten else _forget(state)
        case RefuseErasure(ground):
            return _refuse(ground, state)
        case NoteErasureOverdue():
            return [ErasureOverdue()] if _unanswered(state) and not state.erasure_overdue else []


def _forget(state: Referral) -> list[Event]:
    """Who is in care is not any more."""
    ended = state.standing.status in FINAL
    return [*([] if ended else [Cancelled(Reason.PARTICIPANT_DECLINED, DecidedBy.PARTICIPANT)]), Forgotten()]


def _refuse(ground: Ground, state: Referral) -> list[Event]:
    if not state.erasure_asked:
        raise Refused("erasure-not-asked")
    if state.letter is None:
        raise Refused("erasure-done")
    return [ErasureRefused(ground)]


def _unanswered(state: Referral) -> bool:
    return state.erasure_asked and not state.refused and not state.forgotten
