"""Numbers of people and how long their files are kept: what the API of intake takes and gives."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct


class Share(Struct, frozen=True, rename="camel"):
    """How many of them."""

    name: str
    """An area, an age band or a life event."""
    number: int


class MonthCounts(Struct, frozen=True, kw_only=True, rename="camel"):
    """How many people were registered in a month of Amsterdam's calendar, of those who told it by what, and how many left in it.

    For use inside the organisation: small numbers describe persons, and are not protected here.
    """

    month: str
    """2026-01."""
    registered: int
    by_area: tuple[Share, ...]
    """By codes of Statistics Netherlands, and areas that the organisation's own programmes name."""
    by_age_band: tuple[Share, ...]
    by_life_event: tuple[Share, ...]
    ended: int
    """Whose file was ended or erased in this month, whenever they were registered."""
    closed: bool
    """The month is over and its numbers are recorded for good."""


class CountsAnswer(Struct, frozen=True, rename="camel"):
    """Oldest first; a month in which nobody was registered or left is not there."""

    months: tuple[MonthCounts, ...]


Months = Annotated[int, Meta(ge=1, le=240)]


class SetRetention(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """For how many months a file is kept after it was closed."""

    months: Months


class RetentionRun(Struct, frozen=True, kw_only=True, rename="camel"):
    """What one day's work came to."""

    at: datetime
    participants: int
    """Whose file was erased."""
    referrals: int
    """Referrals that came in, of whose person nothing is left now."""
    kept: int
    """Participants who would have gone, were there not a referral that is open."""


class RetentionAnswer(Struct, frozen=True, kw_only=True, rename="camel"):
    """How long closed files are kept, who goes soon, and what went."""

    months: int
    since: datetime | None
    """From when on the number of months holds; null: it was never said and nothing is erased yet (the first daily job says it)."""
    before: int | None
    """Months that hold until then; null: for ever."""
    soon: int
    """Files that go within thirty days, if nothing changes."""
    kept: int
    """Files whose time has come, and that stay for a referral that is open."""
    runs: tuple[RetentionRun, ...]
    """The last thirty, newest first."""


class ClosedKind(StrEnum):
    """What is closed: a participant's file, or a referral that came in."""

    PARTICIPANT = "participant"
    REFERRAL = "referral"


class ClosedFile(Struct, frozen=True, kw_only=True, rename="camel"):
    """A closed file that goes soon, or whose time has come."""

    kind: ClosedKind
    id: UUID
    closed_at: datetime
    goes_at: datetime
    """Not before then; the next daily job after it."""
    open_referrals: tuple[UUID, ...]
    """For which it stays, until they are closed."""

    @property
    def person(self) -> UUID:
        """Whose it is; of a referral that came in only that is known."""
        return self.id


class ClosedFilePage(Struct, frozen=True, rename="camel"):
    """Who goes first stands first. `next` is given to `after`; null at the end."""

    items: tuple[ClosedFile, ...]
    next: str | None = None
