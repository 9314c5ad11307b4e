"""Who is gone has no kliks, and no yes of theirs or to them stands."""

from collections.abc import Sequence

from services.network.domain import klik, participant
from shared.eventlog.types import Recorded, Step

FOLLOWS = (participant.KlikLeft,)


def then(event: Recorded[participant.KlikLeft]) -> Sequence[Step]:
    return (Step(klik, event.event.klik, klik.End(event.stream, event.event.at)),)
