"""A participant's link to their own file (see also shared.contracts.links)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from shared.contracts.links import Entered


class LinkAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A link; it opens nothing without a code that is made for each time."""

    id: UUID
    participant: UUID
    made_at: datetime
    code_at: datetime | None
    """When the last code was made."""
    not_sent: str
    """Why it could not be sent (`mail-away`, `mail-refused`, `mail-address`), or none is any more (`link-tried-too-often`); empty
    when nothing is known to be wrong."""
    entered_at: datetime | None
    """When the participant last came in."""
    withdrawn_at: datetime | None
    """Since when nobody comes by it: it was taken back, or wrong codes were tried too often."""


class LinkPage(msgspec.Struct, frozen=True, rename="camel"):
    """A participant's links, oldest first."""

    items: Sequence[LinkAnswer]
    next: str | None


class ParticipantEntered(Entered, frozen=True, rename="camel"):
    """A token for who came by their own link, and who they are to Kring."""

    participant: UUID


class CodeAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """A code to read aloud; it is shown this once."""

    code: str
    """Six digits."""
    valid_until: datetime
