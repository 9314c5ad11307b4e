"""Whoever was told what was wrong of a person is told what is right."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.intake.domain import correction, outgoing_referral
from services.intake.domain.participant import Corrected, LetterOutdated
from shared.eventlog.types import Recorded, Step

FOLLOWS = (Corrected, LetterOutdated)


def then(recorded: Recorded[Corrected | LetterOutdated]) -> Sequence[Step]:
    match recorded.event:
        case Corrected(profile, referrals):
            return _put_right(referrals, correction.about(profile) if profile is not None else None, recorded.at)
        case late:
            return _put_right((late.referral,), late.about, recorded.at)


def _put_right(referrals: Sequence[UUID], about: correction.About | None, at: datetime) -> Sequence[Step]:
    """None: the person was forgotten since."""
    return [Step(outgoing_referral, one, correction.Correct(about, at)) for one in referrals] if about else []
