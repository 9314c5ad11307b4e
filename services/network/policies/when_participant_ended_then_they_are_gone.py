"""Whose file ends at intake leaves the network, with interests and kliks."""

from collections.abc import Sequence

from services.network.domain import participant
from shared.contracts.intake import ParticipantEnded
from shared.eventlog.types import Followed, Step

FOLLOWS = (ParticipantEnded,)


def then(event: Followed[ParticipantEnded]) -> Sequence[Step]:
    return (Step(participant, event.event.participant, participant.End(event.at)),)
