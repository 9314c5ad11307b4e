"""A consent knows which referrals were sent on it, so that withdrawing it reaches each of them."""

from collections.abc import Sequence

from services.intake.domain import consent
from services.intake.domain.outgoing_events import Requested
from shared.eventlog.types import Recorded, Step

FOLLOWS = (Requested,)


def then(recorded: Recorded[Requested]) -> Sequence[Step]:
    agreed = recorded.event.consent
    return [Step(consent, agreed, consent.RelyOn(recorded.stream))] if agreed else []
