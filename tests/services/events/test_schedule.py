"""Dates are local, moments UTC, also when the clocks change."""

from datetime import UTC, date, datetime, time

import pytest
from msgspec.structs import replace

from services.events.domain import schedule
from services.events.domain.schedule import Schedule
from tests.services.events.examples import SECOND_SATURDAY

DAILY = replace(SECOND_SATURDAY, rule="FREQ=DAILY")


def codes(faulty: Schedule) -> list[tuple[str, str]]:
    return [(field, code) for field, code, _ in schedule.faults_of(faulty)]


def test_the_evening_starts_at_eight_in_winter_and_in_summer() -> None:
    assert schedule.starts_at(SECOND_SATURDAY, date(2026, 3, 14)) == datetime(2026, 3, 14, 19, tzinfo=UTC)
    assert schedule.starts_at(SECOND_SATURDAY, date(2026, 4, 11)) == datetime(2026, 4, 11, 18, tzinfo=UTC)


def test_a_meeting_lasts_as_long_in_the_night_the_clocks_change() -> None:
    night = replace(DAILY, start=time(23), minutes=300)
    length = schedule.ends_at(night, date(2026, 3, 28)) - schedule.starts_at(night, date(2026, 3, 28))
    assert length.total_seconds() == 300 * 60


def test_a_time_that_the_clock_skips_counts_from_before_the_gap() -> None:
    skipped = replace(DAILY, start=time(2, 30))
    assert schedule.starts_at(skipped, date(2026, 3, 29)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_time_that_comes_twice_is_the_first() -> None:
    twice = replace(DAILY, start=time(2, 30))
    assert schedule.starts_at(twice, date(2026, 10, 25)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rule", "last"),
    [
        ("FREQ=MONTHLY;BYDAY=2SA", None),
        ("FREQ=MONTHLY;BYDAY=2SA;COUNT=3", date(2026, 3, 14)),
        ("FREQ=MONTHLY;BYDAY=2SA;UNTIL=20260601", date(2026, 6, 1)),
        ("FREQ=DAILY;UNTIL=20260314T190000Z", date(2026, 3, 14)),
        ("FREQ=DAILY;UNTIL=20260314T185959Z", date(2026, 3, 13)),
    ],
)
def test_the_end_follows_from_the_rule(rule: str, last: date | None) -> None:
    assert schedule.last_day(replace(SECOND_SATURDAY, rule=rule)) == last


def test_a_series_meets_on_its_dates_and_not_after_its_end() -> None:
    three = replace(SECOND_SATURDAY, rule="FREQ=MONTHLY;BYDAY=2SA;COUNT=3")
    assert schedule.meets_on(three, date(2026, 3, 14))
    assert not schedule.meets_on(three, date(2026, 3, 15))
    assert not schedule.meets_on(three, date(2026, 4, 11))
    assert schedule.meets_on(SECOND_SATURDAY, date(2096, 4, 14))


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "Atlantic/Azores", "UTC"])
def test_a_sound_schedule_has_no_faults(zone: str) -> None:
    assert codes(replace(SECOND_SATURDAY, zone=zone)) == []


@pytest.mark.parametrize(
    "zone", ["", "Emmeloord", "Europe", "../etc/passwd", "/etc/passwd", "CEST+1", "\0", "ü" * 1000]
)
def test_what_is_no_time_zone_is_refused(zone: str) -> None:
    assert codes(replace(SECOND_SATURDAY, zone=zone)) == [("zone", "zone-unknown")]


def test_every_fault_is_told_at_once() -> None:
    wrong = Schedule(rule="FREQ=HOURLY", zone="here", first_date=date(26, 1, 1), start=time(20, tzinfo=UTC), minutes=0)
    assert codes(wrong) == [
        ("zone", "zone-unknown"),
        ("firstDate", "date-out-of-range"),
        ("start", "start-with-zone"),
        ("minutes", "minutes-out-of-range"),
        ("rule", "rule-frequency"),
    ]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "rule-without-dates"),
        ("FREQ=DAILY;UNTIL=20251231", "rule-without-dates"),
        ("FREQ=YEARLY;COUNT=1000", "rule-too-long"),
    ],
)
def test_a_rule_must_give_its_dates_within_ten_years(rule: str, code: str) -> None:
    assert codes(replace(SECOND_SATURDAY, rule=rule)) == [("rule", code)]


def test_a_rule_begun_at_the_end_of_time_is_bounded_too() -> None:
    assert codes(replace(DAILY, first_date=schedule.LATEST)) == []
