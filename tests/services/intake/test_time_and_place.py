"""Working days and areas."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from services.intake.domain.areas import around
from services.intake.domain.working_days import AMSTERDAM, end_of_working_day, holidays, is_working_day
from tests.services.intake.examples import ANSWER_BY, NOON


def test_the_holidays_of_a_year() -> None:
    days = ["01-01", "04-03", "04-06", "04-27", "05-05", "05-14", "05-25", "12-25", "12-26"]
    assert holidays(2026) == {date.fromisoformat(f"2026-{day}") for day in days}


def test_kings_day_is_never_on_a_sunday() -> None:
    assert date(2025, 4, 26) in holidays(2025)
    assert date(2025, 4, 27) not in holidays(2025)


@pytest.mark.parametrize(
    ("asked", "by"),
    [
        (NOON, ANSWER_BY),
        (datetime(2026, 12, 23, 9, tzinfo=UTC), datetime(2026, 12, 31, 23, tzinfo=UTC)),
        (datetime(2026, 3, 27, 9, tzinfo=UTC), datetime(2026, 4, 7, 22, tzinfo=UTC)),
        (datetime(2026, 11, 22, 23, 30, tzinfo=UTC), ANSWER_BY),
    ],
)
def test_five_working_days_end_at_midnight_in_amsterdam(asked: datetime, by: datetime) -> None:
    assert end_of_working_day(asked, 5) == by


@given(
    some.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=some.just(UTC)),  # noqa: DTZ001  (Hypothesis adds the zone)
    some.integers(1, 40),
)
def test_as_many_working_days_lie_between_as_were_asked(at: datetime, days: int) -> None:
    first, last = at.astimezone(AMSTERDAM).date(), end_of_working_day(at, days).astimezone(AMSTERDAM).date()
    between = [date.fromordinal(day) for day in range(first.toordinal() + 1, last.toordinal())]
    assert sum(map(is_working_day, between)) == days
    assert is_working_day(between[-1])


@pytest.mark.parametrize(
    ("area", "expected"),
    [
        ("BU03610102", ("BU03610102", "WK036101", "GM0361")),
        ("WK036101", ("WK036101", "GM0361")),
        ("GM0361", ("GM0361",)),
        ("Werkgebied Noord", ("Werkgebied Noord",)),
        ("", ("",)),
    ],
)
def test_an_area_knows_what_contains_it(area: str, expected: tuple[str, ...]) -> None:
    assert around(area) == expected
