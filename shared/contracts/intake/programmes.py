"""Programmes and the directory, as the API of intake takes and gives them."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, TypeAlias
from uuid import UUID

from msgspec import Meta, Struct

from shared.contracts.text import Name, Short, Text, Words

Age: TypeAlias = Annotated[int, Meta(ge=0, le=120)]
"""In years."""


class ProgrammeKind(StrEnum):
    """What kind of thing an organisation offers."""

    BUDDY = "buddy"
    MEETING_MARKET = "meeting-market"
    MEETING_PLACE = "meeting-place"
    WORKSHOP = "workshop"
    HOME_SUPPORT = "home-support"
    ACTIVITY = "activity"
    RESIDENTS_INITIATIVE = "residents-initiative"


class ProgrammeStatus(StrEnum):
    """Whether new people can come."""

    OPEN = "open"
    WAITING_LIST = "waiting-list"
    STOP = "stop"


class Described(Struct, frozen=True, kw_only=True, rename="camel"):
    """What there is to know about a programme. Areas are CBS codes or own work areas; cost in eurocents, 0 is said."""

    name: Name
    kind: ProgrammeKind
    description: Text = ""
    areas: Words = ()
    audience: Text = ""
    languages: Words = ()
    cost_cents: Annotated[int, Meta(ge=0, lt=10**9)] | None = None
    accessibility: Text = ""
    contact: Short = ""
    age_from: Age = 18
    age_until: Age | None = None
    """For whom it is, both included; none: no end."""


class OfferProgramme(Described, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A new programme, open from now."""

    id: UUID


class ChangeProgramme(Described, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The whole description anew."""


class StopProgramme(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """No new people (or: only on the waiting list), why, and until when if that is known."""

    reason: Name
    until: date | None = None


class ProgrammeAnswer(Described, frozen=True, kw_only=True, rename="camel"):
    """One programme of one organisation, as last heard."""

    id: UUID
    organisation: str
    own: bool
    status: ProgrammeStatus
    since: datetime
    """Since when it has this status."""
    reason: str
    until: date | None
    heard_at: datetime
    """When this node recorded it: the age of a partner's copy."""


class ProgrammePage(Struct, frozen=True, rename="camel"):
    """By name. `next` is given to `after`; None at the end."""

    items: tuple[ProgrammeAnswer, ...]
    next: str | None = None
