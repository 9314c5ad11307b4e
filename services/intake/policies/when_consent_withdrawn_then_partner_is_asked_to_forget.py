"""A partner whose referral has lost its ground is asked to destroy what it has none of its own for, as when somebody is forgotten."""

from collections.abc import Sequence

from services.intake.domain import erasure
from services.intake.domain.outgoing_events import ConsentWithdrawn
from shared.eventlog.types import Recorded, Step

FOLLOWS = (ConsentWithdrawn,)


def then(recorded: Recorded[ConsentWithdrawn]) -> Sequence[Step]:
    referral, event = recorded.stream, recorded.event
    asked = erasure.Ask(referral, event.to, event.at)
    return [Step(erasure, erasure.asked_about(referral), asked)] if event.to else []
