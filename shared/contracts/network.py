"""What service `network` tells and answers: participants' interests and kliks.

| method | path | who | request → answer |
|---|---|---|---|
| GET | /v1/participants?after&first | coordinator | → `ParticipantPage` |
| GET | /v1/participants/{id} | coordinator, the participant | → `ParticipantAnswer` |
| PUT | /v1/participants/{id}/interests | coordinator | `Interests` → `ParticipantAnswer` |
| DELETE | /v1/participants/{id}/interests | coordinator | → 204 |
| GET | /v1/participants/{id}/file | coordinator, privacy officer, the participant | → `NetworkFile` (shared.contracts.file) |
| GET | /v1/participants/{id}/kliks?after&first | coordinator, the participant | → `KlikPage` |
| POST | /v1/kliks/yes | coordinator | `SayYes` → 200 `YesAnswer` |
| POST | /v1/kliks/end | coordinator | `EndKlik` → 204 |
| POST | /v1/kliks/block | coordinator | `BlockKlik` → 204 |

Lists take `first` (1-100, 20 unless told) and `after`, the `next` of the page before.

A yes that the other has not answered is shown nowhere. Ending and blocking answer the same whether there was a klik, a yes or
nothing, and a yes to somebody who has blocked is taken like any other: nobody can find out by asking. So is a yes to somebody
of another team who is not there, or with whom no klik may be: a minor with an adult.
"""

from datetime import datetime
from typing import Annotated, ClassVar, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Meta

from shared.contracts.text import Name, Text

Likes: TypeAlias = Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": 500})]
"""Free text that must be there."""


class Interests(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What somebody likes to do, and how. Free text, so personal; at most 500 characters each."""

    likes: Likes
    """What."""
    company: Text = ""
    """With whom."""
    times: Text = ""
    """When."""
    distance_km: int | None = None
    """How far from home, in kilometres; None when it was not said."""


class ParticipantAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """A participant whom the network knows; who it is, intake knows."""

    id: UUID
    since: datetime
    interests: Interests | None

    @property
    def person(self) -> UUID:
        """Whom it is about."""
        return self.id


class ParticipantPage(msgspec.Struct, frozen=True, rename="camel"):
    """Known participants, by id."""

    items: list[ParticipantAnswer]
    next: str | None


class SayYes(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """`participant` would like to stay in touch with `other`, and shares `contact` if the other would too.

    `id` is a UUIDv7 made by the caller: the klik's, should this yes make it one. Said again, it replaces the contact and takes
    back an own block.
    """

    id: UUID
    participant: UUID
    other: UUID
    contact: Name
    """As they choose: a phone number, a mail address, "every Tuesday in the library"; at most 100 characters."""


class EndKlik(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """`participant` does not want to stay in touch with `other` any more; either may say yes again."""

    participant: UUID
    other: UUID


class BlockKlik(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """`participant` wants no klik with `other`, now or later, until they themselves say yes."""

    participant: UUID
    other: UUID


class KlikAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """Two people who both said yes, as one of them sees it: with the other's chosen contact."""

    id: UUID
    other: UUID
    contact: str
    since: datetime

    @property
    def person(self) -> UUID:
        """Whose contact it shows; the address names the other."""
        return self.other


class YesAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """The klik, when both have said yes; otherwise nothing."""

    klik: KlikAnswer | None


class KlikPage(msgspec.Struct, frozen=True, rename="camel"):
    """One participant's kliks, oldest first."""

    items: list[KlikAnswer]
    next: str | None


class KlikFormed(msgspec.Struct, frozen=True, rename="camel", tag="nl.kring.network.klik-formed.v1"):
    """Two people both said yes. Who they are is not told: the id is random and known to them alone."""

    SUBJECT: ClassVar[str] = "own.network.klik.formed"
    klik: UUID


class KlikEnded(msgspec.Struct, frozen=True, rename="camel", tag="nl.kring.network.klik-ended.v1"):
    """A klik is no more. Why, and by whom, is not told."""

    SUBJECT: ClassVar[str] = "own.network.klik.ended"
    klik: UUID
