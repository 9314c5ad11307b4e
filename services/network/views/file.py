"""What of a participant's streams goes into their file: their own words, and the kliks that both said yes to.

That somebody said yes to them is not told; nor is their own yes as long as it is not answered: from its absence they could read that
the other has blocked them (GDPR article 15, paragraph 4).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from services.network.domain import klik, participant
from shared.contracts.file import FiledKlik
from shared.eventlog.types import Recorded

TOLD = (
    participant.Known,
    participant.Moved,
    participant.AgeTold,
    participant.InterestsSet,
    participant.InterestsCleared,
)
"""Events about the participant alone; that they joined a klik is not one: a yes of somebody else makes them join too."""


def told(stream: Sequence[Recorded[Any]]) -> list[Recorded[Any]]:
    """Of a participant's stream, what is about themselves."""
    return [one for one in stream if isinstance(one.event, TOLD)]


def joined(stream: Sequence[Recorded[Any]]) -> list[UUID]:
    """The pairs' streams in which a participant may have kliks."""
    return [one.event.klik for one in stream if isinstance(one.event, participant.KlikJoined)]


def kliks(stream: Sequence[Recorded[Any]], person: UUID) -> Iterator[FiledKlik]:
    """The kliks of one pair, one after another, as one of the two may see them."""
    standing: FiledKlik | None = None
    for one in stream:
        match one.event:
            case klik.Formed() as formed:
                standing = _formed(formed, person)
            case klik.ContactChanged(who, contact) if standing:
                changed: Mapping[str, Any] = {"own_contact" if who == person else "contact": contact}
                standing = msgspec.structs.replace(standing, **changed)
            case klik.Ended(at=at) | klik.Blocked(at=at) if standing:
                yield msgspec.structs.replace(standing, until=at, contact=None)
                standing = None
            case _:
                continue
    if standing:
        yield standing


def _formed(formed: klik.Formed, person: UUID) -> FiledKlik:
    own, other = formed.one_contact, formed.two_contact
    if formed.one != person:
        own, other = other, own
    return FiledKlik(since=formed.at, until=None, contact=other, own_contact=own)
