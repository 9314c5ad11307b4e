"""Whether somebody is a minor is known here too: minors and adults are not brought together one to one."""

from collections.abc import Sequence

from services.network.domain import participant
from shared.contracts.intake import ParticipantAgeTold
from shared.eventlog.types import Followed, Step

FOLLOWS = (ParticipantAgeTold,)


def then(event: Followed[ParticipantAgeTold]) -> Sequence[Step]:
    return (Step(participant, event.event.participant, participant.TellAge(event.event.minor, event.at)),)
