"""Working days in the Netherlands: Monday to Friday without the days of the Algemene termijnenwet, article 3."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from dateutil.easter import easter

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_DAY = timedelta(days=1)
_SUNDAY = 6
_SATURDAY = 5


@cache
def holidays(year: int) -> frozenset[date]:
    """Days of a year that the law counts as holidays (Good Friday is equated with them). Saturdays and Sundays stand apart."""
    sunday = easter(year)
    kings_day = date(year, 4, 27)
    fixed = {date(year, 1, 1), date(year, 5, 5), date(year, 12, 25), date(year, 12, 26)}
    moving = {sunday + timedelta(days=days) for days in (-2, 1, 39, 50)}
    return frozenset(fixed | moving | {kings_day - _DAY if kings_day.weekday() == _SUNDAY else kings_day})


def is_working_day(day: date) -> bool:
    """Say whether an office is open."""
    return day.weekday() < _SATURDAY and day not in holidays(day.year)


def end_of_working_day(at: datetime, days: int) -> datetime:
    """Give the end of the n-th working day after the day of `at`, by the clock of Amsterdam, in UTC."""
    day = at.astimezone(AMSTERDAM).date()
    while days:
        day += _DAY
        days -= is_working_day(day)
    return datetime.combine(day + _DAY, time(), AMSTERDAM).astimezone(UTC)
