"""What others may read of this service's events: that there is a klik, or no more, by a random id. All else is private."""

from typing import Any
from uuid import UUID

from services.network.domain import klik
from shared.contracts.network import KlikEnded, KlikFormed
from shared.eventlog.types import Recorded
from shared.service import Public


def publish(recorded: Recorded[Any]) -> Public | None:
    match recorded.event:
        case klik.Formed(klik=id_):
            return Public(KlikFormed(id_), id_)
        case klik.Ended(klik=UUID() as id_) | klik.Blocked(klik=UUID() as id_):
            return Public(KlikEnded(id_), id_)
        case _:
            return None
