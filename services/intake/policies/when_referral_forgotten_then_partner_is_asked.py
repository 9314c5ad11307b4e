"""Whoever was told of a person is asked to forget them too."""

from collections.abc import Sequence

from services.intake.domain import erasure
from services.intake.domain.participant import ReferralForgotten
from shared.eventlog.types import Recorded, Step

FOLLOWS = (ReferralForgotten,)


def then(recorded: Recorded[ReferralForgotten]) -> Sequence[Step]:
    referral, to = recorded.event.referral, recorded.event.to
    return [Step(erasure, erasure.asked_about(referral), erasure.Ask(referral, to, recorded.at))]
