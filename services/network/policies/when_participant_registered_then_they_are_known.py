"""Whom intake registers can have interests and kliks here."""

from collections.abc import Sequence

from services.network.domain import participant
from shared.contracts.intake import ParticipantRegistered
from shared.eventlog.types import Followed, Step

FOLLOWS = (ParticipantRegistered,)


def then(event: Followed[ParticipantRegistered]) -> Sequence[Step]:
    told = event.event
    return (Step(participant, told.participant, participant.Know(event.at, told.team, told.minor)),)
