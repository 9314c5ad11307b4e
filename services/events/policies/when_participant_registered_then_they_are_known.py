"""Whom intake registers can be registered at a meeting here."""

from collections.abc import Sequence

from services.events.domain import participant
from shared.contracts.intake import ParticipantRegistered
from shared.eventlog.types import Followed, Step

FOLLOWS = (ParticipantRegistered,)


def then(event: Followed[ParticipantRegistered]) -> Sequence[Step]:
    return (Step(participant, event.event.participant, participant.Know(event.at, event.event.team)),)
