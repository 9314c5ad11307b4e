"""A yes concerns two people: whichever of them ends, it must go."""

from collections.abc import Sequence

from services.network.domain import klik, participant
from shared.eventlog.types import Recorded, Step

FOLLOWS = (klik.YesSaid,)


def then(event: Recorded[klik.YesSaid]) -> Sequence[Step]:
    said = event.event
    return tuple(
        Step(participant, person, participant.Join(event.stream, said.at)) for person in (said.who, said.other)
    )
