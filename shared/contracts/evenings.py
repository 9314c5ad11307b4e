"""One evening and the links of its hosts, as service `events` answers them (which routes: see shared.contracts.events)."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from shared.contracts.events import Occurrence, PlaceAnswer


class EveningLink(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A link for who hosts one evening: it lets in from `opens_at` until `closes_at`, unless it was withdrawn or is `locked`."""

    id: UUID
    series: UUID
    date: date
    opens_at: datetime
    """The first moment of the day itself."""
    closes_at: datetime
    """Six in the morning after."""
    entered_at: datetime | None
    """When somebody last came by it."""
    withdrawn_at: datetime | None
    locked: bool
    """Five wrong codes were given."""


class EveningLinkMade(EveningLink, frozen=True, kw_only=True, rename="camel"):
    """A new link; the code that goes with it is shown this once."""

    code: str
    """Eight digits in two groups."""


class EveningLinkPage(msgspec.Struct, frozen=True, rename="camel"):
    """Links of an evening, oldest first."""

    items: Sequence[EveningLink]
    next: str | None


class EveningAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The evening that one hosts."""

    meeting: Occurrence
    place: PlaceAnswer
    hosts: int
    """By how many links hosts have come in, one's own among them."""
    closes_at: datetime
    """Until then one is its host."""
