"""Who takes consent back takes every referral back that was sent on it, also one that was being sent meanwhile."""

from collections.abc import Sequence
from uuid import UUID

from services.intake.domain import outgoing_referral
from services.intake.domain.consent import ReliedOnTooLate, Withdrawn
from shared.eventlog.types import Recorded, Step

FOLLOWS = (Withdrawn, ReliedOnTooLate)


def then(recorded: Recorded[Withdrawn | ReliedOnTooLate]) -> Sequence[Step]:
    match recorded.event:
        case Withdrawn(at, referrals):
            return [_withdraw(referral, outgoing_referral.WithdrawConsent(at)) for referral in referrals]
        case late:
            return [_withdraw(late.referral, outgoing_referral.WithdrawConsent(late.withdrawn_at))]


def _withdraw(referral: UUID, command: outgoing_referral.WithdrawConsent) -> Step:
    return Step(outgoing_referral, referral, command)
