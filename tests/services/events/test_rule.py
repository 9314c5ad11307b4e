"""RFC 5545 rules: read strictly, expanded as dateutil does, in bounded time."""

import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import islice

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.events.domain.rule import Rule, dates, read
from shared.rules import Refused

START = date(2026, 1, 1)
END = date(2026, 12, 31)


def calls(work: Callable[[], object]) -> int:
    """How many functions it calls: what it costs, on any machine."""
    counted = 0

    def count(*_: object) -> None:
        nonlocal counted
        counted += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return counted


def in_2026(text: str) -> list[str]:
    return [f"{day:%d-%m}" for day in dates(read(text), START, START, END)]


def test_the_second_saturdays_of_2026() -> None:
    assert in_2026("FREQ=MONTHLY;BYDAY=2SA") == [
        *("10-01", "14-02", "14-03", "11-04", "09-05", "13-06"),
        *("11-07", "08-08", "12-09", "10-10", "14-11", "12-12"),
    ]


def test_the_third_sundays_of_2026() -> None:
    assert in_2026("FREQ=MONTHLY;BYDAY=3SU") == [
        *("18-01", "15-02", "15-03", "19-04", "17-05", "21-06"),
        *("19-07", "16-08", "20-09", "18-10", "15-11", "20-12"),
    ]


def test_letters_may_be_small() -> None:
    assert read("freq=weekly;byday=mo") == read("FREQ=WEEKLY;BYDAY=MO")


def test_until_is_a_date_or_a_moment() -> None:
    assert read("FREQ=DAILY;UNTIL=20260301").until == date(2026, 3, 1)
    assert read("FREQ=DAILY;UNTIL=20260301T120000Z").until == datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "rule-unreadable"),
        ("BYDAY=MO", "rule-unreadable"),
        ("INTERVAL=2", "rule-unreadable"),
        ("RRULE:FREQ=DAILY", "rule-unreadable"),
        ("FREQ=DAILY;", "rule-unreadable"),
        ("FREQ=DAILY\nFREQ=DAILY", "rule-unreadable"),
        ("FREQ=DAILY;FREQ=DAILY", "rule-unreadable"),
        ("FREQ=OFTEN", "rule-unreadable"),
        ("FREQ=WEEKLY;BYDAY=XX", "rule-unreadable"),
        ("FREQ=WEEKLY;WKST=XX", "rule-unreadable"),
        ("FREQ=MONTHLY;BYDAY=54MO", "rule-unreadable"),
        ("FREQ=MONTHLY;BYDAY=0MO", "rule-unreadable"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "rule-unreadable"),
        ("FREQ=DAILY;INTERVAL=0", "rule-unreadable"),
        ("FREQ=DAILY;COUNT=99999999999999", "rule-unreadable"),
        ("FREQ=DAILY;COUNT=\u0661", "rule-unreadable"),
        ("FREQ=DAILY;UNTIL=tomorrow", "rule-unreadable"),
        ("FREQ=DAILY;UNTIL=20260230", "rule-unreadable"),
        ("FREQ=DAILY;UNTIL=99991231T235959Z", "rule-unreadable"),
        ("FREQ=DAILY;BYMONTH=" + ",".join(["1"] * 200), "rule-unreadable"),
        ("FREQ=SECONDLY", "rule-frequency"),
        ("FREQ=MINUTELY;COUNT=5", "rule-frequency"),
        ("FREQ=HOURLY", "rule-frequency"),
        ("FREQ=DAILY;BYHOUR=9,10", "rule-part"),
        ("FREQ=YEARLY;BYWEEKNO=20", "rule-part"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20260301", "rule-combination"),
        ("FREQ=WEEKLY;BYDAY=1MO", "rule-combination"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "rule-combination"),
        ("FREQ=MONTHLY;BYSETPOS=1", "rule-combination"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_code(text: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        read(text)
    assert refused.value.code == code


PARTS = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS", "WKST", "BYHOUR", "X")
VALUES = (
    "DAILY",
    "WEEKLY",
    "MONTHLY",
    "YEARLY",
    "SECONDLY",
    "1",
    "-1",
    "31",
    "2SA",
    "MO,TU",
    "-5FR",
    "20260230",
    "0",
    "",
)
almost_rules = st.lists(
    st.tuples(st.sampled_from(PARTS), st.sampled_from(VALUES) | st.text(max_size=8)).map("=".join), max_size=6
).map(";".join)


@given(st.text(max_size=250) | almost_rules)
def test_any_text_gives_a_rule_or_a_coded_refusal_in_bounded_time(text: str) -> None:
    def ten_years() -> None:
        with suppress(Refused):
            list(dates(read(text), START, START, START + timedelta(days=3653)))

    assert calls(ten_years) < 200_000


@given(st.text(max_size=250) | almost_rules)
def test_a_refusal_says_which_part_shortly(text: str) -> None:
    refusal = refusal_of(text)
    assert refusal is None or refusal.code.startswith("rule-")
    assert refusal is None or all(len(str(value)) < 50 for value in refusal.parameters.values())


def refusal_of(text: str) -> Refused | None:
    try:
        read(text)
    except Refused as refused:
        return refused
    return None


def test_a_rule_that_never_fits_ends_at_once() -> None:
    never = "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"
    assert in_2026(never) == []
    assert calls(lambda: in_2026(never)) < 10_000


def test_the_distant_future_costs_no_more_than_this_year() -> None:
    rule = read("FREQ=DAILY;INTERVAL=2")
    far = date(2150, 1, 1)

    def month(first: date) -> list[date]:
        return list(dates(rule, START, first, first + timedelta(days=30)))

    assert len(month(far)) in {15, 16}
    assert calls(lambda: month(far)) < 2 * calls(lambda: month(START))


numbers = st.integers(1, 4)
weekdays = st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"])


def listed(name: str, items: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    values = st.lists(items, min_size=1, max_size=3, unique=True).map(lambda found: f"{name}={','.join(found)}")
    return st.just("") | values


def signed(most: int) -> st.SearchStrategy[str]:
    return st.integers(-most, most).filter(bool).map(str)


@st.composite
def rules(draw: st.DrawFn) -> str:
    # never MO beside 2MO in one BYDAY: dateutil wants a day to be both, the RFC either
    every = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    by_month = every in {"MONTHLY", "YEARLY"}
    named = st.tuples(signed(5), weekdays).map("".join)
    parts = [
        f"FREQ={every}",
        f"INTERVAL={draw(numbers)}",
        draw(listed("BYDAY", weekdays) | listed("BYDAY", named) if by_month else listed("BYDAY", weekdays)),
        draw(listed("BYMONTH", st.integers(1, 12).map(str))),
        "" if every == "WEEKLY" else draw(listed("BYMONTHDAY", signed(31))),
        draw(st.just("") | weekdays.map("WKST={}".format)),
    ]
    positions = draw(listed("BYSETPOS", signed(4))) if any(part.startswith("BY") for part in parts) else ""
    return ";".join(part for part in [*parts, positions] if part)


@settings(max_examples=150, deadline=None)
@given(rules(), st.dates(date(2024, 1, 1), date(2028, 12, 31)), st.integers(0, 1500), st.integers(0, 366))
def test_dates_are_those_of_dateutil(text: str, start: date, later: int, days: int) -> None:
    first = start + timedelta(days=later)
    last = first + timedelta(days=days)
    assume(
        any(dates(read(text), start, last + timedelta(days=1), last + timedelta(days=3653)))
    )  # or dateutil never stops
    theirs = rrulestr(f"{text};UNTIL={last:%Y%m%d}", dtstart=datetime.combine(start, datetime.min.time()))
    if "WEEKLY" in text and "BYSETPOS" in text:
        # dateutil counts positions in the first week from the start; the RFC, in the whole week
        assume(first - start >= timedelta(days=7))
    assert list(dates(read(text), start, first, last)) == [day.date() for day in theirs if day.date() >= first]


def test_positions_count_in_the_whole_week_also_in_the_first() -> None:
    wednesday = date(2026, 1, 7)
    rule = read("FREQ=WEEKLY;BYDAY=MO,FR;BYSETPOS=2")
    assert list(islice(dates(rule, wednesday, wednesday, END), 2)) == [date(2026, 1, 9), date(2026, 1, 16)]


def test_a_rule_says_nothing_it_was_not_told() -> None:
    assert read("FREQ=DAILY") == Rule(every=read("FREQ=DAILY").every)
