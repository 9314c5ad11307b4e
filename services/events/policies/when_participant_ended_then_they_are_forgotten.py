"""Whose file ends at intake is not known here any more."""

from collections.abc import Sequence

from services.events.domain import participant
from shared.contracts.intake import ParticipantEnded
from shared.eventlog.types import Followed, Step

FOLLOWS = (ParticipantEnded,)


def then(event: Followed[ParticipantEnded]) -> Sequence[Step]:
    return (Step(participant, event.event.participant, participant.Forget(event.at)),)
