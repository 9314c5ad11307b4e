"""What service `events` tells and answers: places, series and the public agenda.

| method | path | who | request → answer |
|---|---|---|---|
| POST | /v1/places | coordinator, administrator | `RegisterPlace` → 201 `PlaceAnswer` |
| PUT | /v1/places/{id} | coordinator, administrator | `PlaceDetails` → `PlaceAnswer` |
| GET | /v1/places/{id} | everybody | → `PlaceAnswer` |
| GET | /v1/places?area&after&first | everybody | → `PlacePage` |
| POST | /v1/series | coordinator, administrator | `PlanSeries` → 201 `SeriesAnswer` |
| POST | /v1/series/{id}/skip-date | coordinator, administrator | `SkipDate` → 200 `SeriesAnswer` |
| POST | /v1/series/{id}/cancel | coordinator, administrator | no body → 200 `SeriesAnswer` |
| GET | /v1/series/{id} | everybody | → `SeriesAnswer` |
| GET | /v1/series?place&after&first | everybody | → `SeriesPage` |
| GET | /v1/occurrences?from&until&area&place&after&first | everybody | → `AgendaPage` |
| POST | /v1/series/{id}/evenings/{date}/links | coordinator, host | `MakeLink` → 201 `EveningLinkMade` (shared.contracts.evenings) |
| GET | /v1/series/{id}/evenings/{date}/links?after&first | coordinator, host | → `EveningLinkPage` |
| POST | /v1/evening-links/{id}/withdraw | coordinator, host | no body → 200 `EveningLink` |
| POST | /v1/evening-links/{id}/enter | everybody | `Enter` → 200 `Entered` (shared.contracts.links) |
| GET | /v1/evening | who hosts it by a link | → `EveningAnswer` |
| GET | /v1/participants/{id} | coordinator | → `KnownParticipant` |
| GET | /v1/participants/{id}/file | coordinator, privacy officer, the participant | → `EventsFile` (shared.contracts.file) |

"Everybody" needs no token: the agenda is public, and the address names the organisation. Lists take `first` (1-100, 20
unless told) and `after`, the `next` of the page before. `from` and `until` are local dates, both included, at most 366
days apart (`until` may be left out: 31 days). Times go out in UTC.
"""

from datetime import date, datetime, time
from typing import Annotated, ClassVar, Literal, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Meta

from shared.contracts.text import Name, Short

Accessibility: TypeAlias = Literal[
    "step-free", "accessible-toilet", "hearing-loop", "quiet-room", "parking-close-by", "assistance-dogs", "lift"
]
Kind: TypeAlias = Literal["meeting-market", "evening", "activity", "workshop", "walk-in", "residents-initiative"]
PublicText: TypeAlias = Annotated[str, Meta(extra_json_schema={"maxLength": 2000})]
"""What the public reads."""
Activities: TypeAlias = Annotated[
    tuple[str, ...], Meta(extra_json_schema={"maxItems": 30, "items": {"maxLength": 100}})
]
"""What there is to do, in a few words each."""


class PlaceDetails(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """All that is said of a place. `contact` is a general number or address, never a private person's."""

    name: Name
    address: Name
    area: str
    """CBS code: GM, WK or BU with 4, 6 or 8 positions."""
    opening_hours: PublicText = ""
    contact: Short = ""
    accessibility: tuple[Accessibility, ...] = ()
    activities: Activities = ()
    languages: tuple[str, ...] = ("nl",)
    """ISO 639 codes of two or three letters."""


class RegisterPlace(PlaceDetails, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A new place; `id` is a UUIDv7 made by the caller."""

    id: UUID


class PlaceAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A place as it is now."""

    id: UUID
    name: str
    address: str
    area: str
    opening_hours: str
    contact: str
    accessibility: tuple[str, ...]
    activities: tuple[str, ...]
    languages: tuple[str, ...]
    changed_at: datetime


class PlacePage(msgspec.Struct, frozen=True, rename="camel"):
    """Places, oldest first."""

    items: list[PlaceAnswer]
    next: str | None


class PlanSeries(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A new series; `id` is a UUIDv7 made by the caller. For a single meeting say `FREQ=DAILY;COUNT=1`."""

    id: UUID
    place: UUID
    title: Name
    kind: Kind
    text: PublicText = ""
    rule: str
    """RFC 5545 recurrence rule without `RRULE:`, by the day at most, as in `FREQ=MONTHLY;BYDAY=2SA`."""
    zone: str = "Europe/Amsterdam"
    """IANA name."""
    first_date: date
    """The first meeting falls on this day or, where the rule passes it over, on the first day after it that fits."""
    start: time
    """Local time at the place."""
    minutes: int
    """How long a meeting lasts, in minutes."""


class SkipDate(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """One date of a series on which there is no meeting, as a local date."""

    date: date


class SeriesAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A series as it is now. `cancelled_at`: since then it brings no more meetings."""

    id: UUID
    place: UUID
    title: str
    kind: str
    text: str
    rule: str
    zone: str
    first_date: date
    start: time
    minutes: int
    skipped: tuple[date, ...]
    cancelled_at: datetime | None


class SeriesPage(msgspec.Struct, frozen=True, rename="camel"):
    """Series, oldest first."""

    items: list[SeriesAnswer]
    next: str | None


class Occurrence(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One meeting of the agenda. Series and date together name it for ever."""

    series: UUID
    date: date
    starts_at: datetime
    ends_at: datetime
    zone: str
    title: str
    kind: str
    text: str
    place: UUID
    place_name: str
    address: str
    area: str


class AgendaPage(msgspec.Struct, frozen=True, rename="camel"):
    """Meetings by time of start, from any series."""

    items: list[Occurrence]
    next: str | None


class KnownParticipant(msgspec.Struct, frozen=True, rename="camel"):
    """Somebody who can be registered at a meeting: the id only, as intake made it."""

    id: UUID
    since: datetime

    @property
    def person(self) -> UUID:
        """Whom it is about."""
        return self.id


class PlaceTold(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Common to what is told of a place: all of it but the contact, as published facts are kept for ever."""

    place: UUID
    name: str
    address: str
    area: str
    opening_hours: str
    accessibility: tuple[str, ...]
    activities: tuple[str, ...]
    languages: tuple[str, ...]


class PlaceRegistered(PlaceTold, frozen=True, kw_only=True, rename="camel", tag="nl.kring.events.place-registered.v1"):
    """A place where people meet is there."""

    SUBJECT: ClassVar[str] = "public.events.place.registered"


class PlaceChanged(PlaceTold, frozen=True, kw_only=True, rename="camel", tag="nl.kring.events.place-changed.v1"):
    """What is said of a place has changed; this is all of it."""

    SUBJECT: ClassVar[str] = "public.events.place.changed"


class SeriesPlanned(msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag="nl.kring.events.series-planned.v1"):
    """A series of meetings is planned: the rule, not its dates."""

    SUBJECT: ClassVar[str] = "public.events.series.planned"
    series: UUID
    place: UUID
    title: str
    kind: str
    text: str
    rule: str
    zone: str
    first_date: date
    start: time
    minutes: int


class DateSkipped(msgspec.Struct, frozen=True, rename="camel", tag="nl.kring.events.date-skipped.v1"):
    """On this date of the series there is no meeting."""

    SUBJECT: ClassVar[str] = "public.events.series.date-skipped"
    series: UUID
    date: date


class SeriesCancelled(msgspec.Struct, frozen=True, rename="camel", tag="nl.kring.events.series-cancelled.v1"):
    """From then on the series brings no more meetings."""

    SUBJECT: ClassVar[str] = "public.events.series.cancelled"
    series: UUID
    at: datetime
