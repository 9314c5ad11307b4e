"""Breaking the glass: what the API of intake takes and gives."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from shared.contracts.text import Said, Text


class BreakGlassVerdict(StrEnum):
    """What the privacy officer found."""

    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not-justified"


class BreakGlass(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Open the file of a participant of another team for an hour. The participant and the privacy officer read the reason."""

    id: UUID
    reason: Said


class ReviewBreakGlass(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What the privacy officer finds of it. The participant reads it too."""

    verdict: BreakGlassVerdict
    note: Text = ""


class BreakGlassAnswer(Struct, frozen=True, kw_only=True, rename="camel"):
    """Somebody opened a file of another team."""

    id: UUID
    participant: UUID | None
    """Null: forgotten since, and the reason and note with them."""
    user: str
    team: str
    """Of the user."""
    reason: str | None
    opened_at: datetime
    until: datetime
    open: bool
    """Whether the file is still open to the user."""
    verdict: BreakGlassVerdict | None
    """Null: not reviewed yet."""
    note: str | None
    reviewed_by: str | None
    reviewed_at: datetime | None

    @property
    def person(self) -> UUID | None:
        """Whose file was opened."""
        return self.participant


class BreakGlassPage(Struct, frozen=True, rename="camel"):
    """Newest first. `next` is given to `after`; null at the end."""

    items: tuple[BreakGlassAnswer, ...]
    next: str | None = None
