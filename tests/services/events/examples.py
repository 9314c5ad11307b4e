"""Places and series to tell stories with: names from practices.md; figures made up."""

from datetime import UTC, date, datetime, time
from uuid import UUID

from msgspec.structs import replace

from services.events.domain import place, series
from services.events.domain.schedule import Schedule

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
AANEEN = UUID("01970000-0000-7000-8000-000000000001")
TWENTY7 = UUID("01970000-0000-7000-8000-000000000002")
KLIK = UUID("01970000-0000-7000-8000-00000000000a")
SUNDAYS = UUID("01970000-0000-7000-8000-00000000000b")

EMMELOORD = place.Details(
    name="Restaurant AanEen",
    address="Emmeloord",
    area="GM0171",
    opening_hours="open on KL!K evenings",
    contact="info@example.org",
    accessibility=("step-free",),
    activities=("evening",),
    languages=("nl",),
)
BANT = replace(EMMELOORD, name="Twenty7", address="Bant", area="WK017103")
SECOND_SATURDAY = Schedule(
    rule="FREQ=MONTHLY;BYDAY=2SA", zone="Europe/Amsterdam", first_date=date(2026, 1, 1), start=time(20), minutes=180
)
THIRD_SUNDAY = replace(SECOND_SATURDAY, rule="FREQ=MONTHLY;BYDAY=3SU", start=time(15))
PLAN = series.Plan(place=AANEEN, title="KL!K", kind="evening", text="For company.", schedule=SECOND_SATURDAY, at=NOON)


def planned(schedule: Schedule = SECOND_SATURDAY, at_place: UUID = AANEEN, title: str = "KL!K") -> series.Planned:
    return series.Planned(place=at_place, title=title, kind="evening", text="For company.", schedule=schedule, at=NOON)
