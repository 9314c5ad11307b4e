"""A referral at its sender, when what was told of the person was wrong: the letter is put right, and who may have it is told."""

from msgspec import structs

from services.intake.domain.correction import (
    Confirmed,
    Correct,
    HandedOver,
    HandOver,
    HearConfirmed,
    Told,
    about,
    put_right,
)
from services.intake.domain.outgoing_state import Referral
from services.intake.domain.referral_status import UNANSWERED
from services.intake.domain.restored import Steps, last_correction
from shared.rules import NotFound


def correct(command: Correct | HandOver | HearConfirmed, state: Referral) -> list[Told | HandedOver | Confirmed]:
    """Say what follows; nothing when the letter says so already. Refusals: `referral-unknown`."""
    match command:
        case Correct():
            return _told(command, state)
        case HandOver(number):
            return [HandedOver(number)] if number > state.corrected else []
        case HearConfirmed(partner, number):
            if partner != state.wish.to:
                raise NotFound("referral-unknown")
            return [Confirmed(number)] if state.confirmed < number <= state.corrected else []


def told_again(lost: Steps, state: Referral) -> list[Told]:
    """What the partner lost of the corrections is told again: the last one says all."""
    letter = state.wish.letter
    if letter is None or not state.corrected or not last_correction(lost) or not _may_hold(state):
        return []
    return [Told(state.corrected, state.wish.participant, about(letter))]


def _told(command: Correct, state: Referral) -> list[Told | HandedOver | Confirmed]:
    letter = state.wish.letter
    if letter is None or put_right(letter, command.about) == letter:
        return []
    now = structs.replace(state, wish=structs.replace(state.wish, letter=put_right(letter, command.about)))
    expired = state.expires is not None and state.expires <= command.at
    goes = _may_hold(state) and not expired and now.letter != state.letter
    number = max(state.numbered, state.corrected) + 1
    return [Told(number if goes else 0, state.wish.participant, command.about)]


def _may_hold(state: Referral) -> bool:
    """Whether the partner may have the letter, and may hear more of the person: not who declined, or lost the ground."""
    standing = state.standing
    return not state.ground_gone and (standing.status in UNANSWERED or standing.owner is not None)
