"""Whose file is another team's at intake is another team's here too."""

from collections.abc import Sequence

from services.network.domain import participant
from shared.contracts.intake import ParticipantMoved
from shared.eventlog.types import Followed, Step

FOLLOWS = (ParticipantMoved,)


def then(event: Followed[ParticipantMoved]) -> Sequence[Step]:
    return (Step(participant, event.event.participant, participant.Move(event.event.team, event.at)),)
