"""Recurrence rules (RFC 5545, section 3.3.10) by the day: read strictly, expanded in bounded time.

dateutil reads more and stops less: a rule that never fits (30 February) keeps it searching until the year 9999. Here any
stretch of time can be asked for, at the cost of that stretch alone. Tests hold the two against each other.
"""

import calendar
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

import msgspec

from shared.rules import Refused

N = TypeVar("N")

LONGEST = 200
"""Characters a rule may have."""


class Every(StrEnum):
    """How often a period begins; more often than daily is not for meetings."""

    DAY = "DAILY"
    WEEK = "WEEKLY"
    MONTH = "MONTHLY"
    YEAR = "YEARLY"


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as read. An empty part says nothing."""

    every: Every
    interval: int = 1
    count: int | None = None
    until: datetime | date | None = None
    """A local date, included; or a moment in UTC. From 2000 to 2199."""
    months: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    """1 to 31, or -1 (the last) to -31."""
    weekdays: frozenset[tuple[int, int]] = frozenset()
    """(which one in its month or year, or 0 for each; Monday = 0)."""
    positions: frozenset[int] = frozenset()
    week_start: int = 0


def read(text: str) -> Rule:
    """Read a rule, as in `FREQ=MONTHLY;BYDAY=2SA`. Refused: `rule-unreadable`, `rule-frequency`, `rule-part`, `rule-combination`."""
    if len(text) > LONGEST or not text.isascii():
        raise Refused("rule-unreadable", part=ascii(text)[:30])
    parts: dict[str, Any] = {}
    for part in text.upper().split(";"):
        name, _, value = part.partition("=")
        if name in _NOT_TAKEN:
            raise Refused("rule-part", part=name)
        if name not in _PARTS or _PARTS[name][0] in parts:
            raise Refused("rule-unreadable", part=part[:30])
        field, reader = _PARTS[name]
        parts[field] = reader(value)
    if "every" not in parts:
        raise Refused("rule-unreadable", part="FREQ")
    rule = Rule(**parts)
    for reason, wrong in _combinations(rule).items():
        if wrong:
            raise Refused("rule-combination", parts=reason)
    return rule


def _combinations(rule: Rule) -> dict[str, bool]:
    """What RFC 5545 says may not stand together."""
    by_month = rule.every in {Every.MONTH, Every.YEAR}
    return {
        "COUNT, UNTIL": rule.count is not None and rule.until is not None,
        f"FREQ={rule.every}, BYDAY=1MO": not by_month and any(nth for nth, _ in rule.weekdays),
        "FREQ=WEEKLY, BYMONTHDAY": rule.every is Every.WEEK and bool(rule.month_days),
        "BYSETPOS": bool(rule.positions) and not (rule.months or rule.month_days or rule.weekdays),
    }


def dates(rule: Rule, start: date, first: date, last: date) -> Iterator[date]:
    """The rule's dates from `first` to `last`, both included, never before `start`; COUNT and UNTIL are the schedule's to apply."""
    rule = _with_defaults(rule, start)
    number = max(0, _periods_before(rule, start, first))
    while (days := _period(rule, start, number))[0] <= last:
        for day in _chosen(rule, [day for day in days if _fits(rule, day)]):
            if max(start, first) <= day <= last:
                yield day
        number += 1


def _with_defaults(rule: Rule, start: date) -> Rule:
    """What the rule leaves open follows from the start (the table of section 3.3.10)."""
    by_day = rule.month_days or rule.weekdays
    if rule.every is Every.DAY or by_day:
        return rule
    if rule.every is Every.WEEK:
        return msgspec.structs.replace(rule, weekdays=frozenset({(0, start.weekday())}))
    months = rule.months or (frozenset({start.month}) if rule.every is Every.YEAR else rule.months)
    return msgspec.structs.replace(rule, months=months, month_days=frozenset({start.day}))


def _periods_before(rule: Rule, start: date, day: date) -> int:
    """How many whole periods lie between the start and a day."""
    match rule.every:
        case Every.DAY:
            return (day - start).days // rule.interval
        case Every.WEEK:
            return (day - _monday(rule, start)).days // (7 * rule.interval)
        case Every.MONTH:
            return ((day.year - start.year) * 12 + day.month - start.month) // rule.interval
        case _:
            return (day.year - start.year) // rule.interval


def _period(rule: Rule, start: date, number: int) -> Sequence[date]:
    """The days of a period, counted from the one that holds the start."""
    step = number * rule.interval
    match rule.every:
        case Every.DAY:
            return _days(start + timedelta(days=step), 1)
        case Every.WEEK:
            return _days(_monday(rule, start) + timedelta(weeks=step), 7)
        case Every.MONTH:
            years, month = divmod(start.month - 1 + step, 12)
            begin = date(start.year + years, month + 1, 1)
            return _days(begin, calendar.monthrange(begin.year, begin.month)[1])
        case _:
            year = start.year + step
            return _days(date(year, 1, 1), 366 if calendar.isleap(year) else 365)


def _days(begin: date, length: int) -> Sequence[date]:
    return [begin + timedelta(days=number) for number in range(length)]


def _monday(rule: Rule, day: date) -> date:
    """The first day of its week, whatever day weeks begin with here."""
    return day - timedelta(days=(day.weekday() - rule.week_start) % 7)


def _fits(rule: Rule, day: date) -> bool:
    length = calendar.monthrange(day.year, day.month)[1]
    return (
        (not rule.months or day.month in rule.months)
        and (not rule.month_days or bool(rule.month_days & {day.day, day.day - length - 1}))
        and (not rule.weekdays or bool(rule.weekdays & _names(rule, day, length)))
    )


def _names(rule: Rule, day: date, length: int) -> set[tuple[int, int]]:
    """What a day can be called in BYDAY: `SA`, `2SA`, `-3SA`."""
    before, after = day.day - 1, length - day.day
    if rule.every is Every.YEAR and not rule.months:
        before = day.timetuple().tm_yday - 1
        after = (date(day.year, 12, 31) - day).days
    return {(nth, day.weekday()) for nth in (0, before // 7 + 1, -(after // 7) - 1)}


def _chosen(rule: Rule, days: Sequence[date]) -> Iterator[date]:
    """BYSETPOS: of the period's days only those at these positions, from the front or from the back."""
    for number, day in enumerate(days):
        if not rule.positions or rule.positions & {number + 1, number - len(days)}:
            yield day


def _frequency(value: str) -> Every:
    if value in {"HOURLY", "MINUTELY", "SECONDLY"}:
        raise Refused("rule-frequency", part=value)
    try:
        return Every(value)
    except ValueError:
        raise Refused("rule-unreadable", part=f"FREQ={value}"[:30]) from None


def _whole(most: int, *, least: int = 1) -> Callable[[str], int]:
    """A reader of numbers from `least` to `most`; of the negative ones, from -1 down."""

    def reader(value: str) -> int:
        number = int(value) if re.fullmatch(r"[+-]?[0-9]{1,4}", value) else 0
        if number == 0 or not least <= number <= most:
            raise Refused("rule-unreadable", part=value[:30])
        return number

    return reader


def _several(reader: Callable[[str], N]) -> Callable[[str], frozenset[N]]:
    return lambda value: frozenset(reader(item) for item in value.split(","))


def _weekday(value: str) -> tuple[int, int]:
    found = re.fullmatch(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)", value)
    if not found:
        raise Refused("rule-unreadable", part=value[:30])
    nth, name = found.groups()
    return _whole(53, least=-53)(nth) if nth else 0, _WEEKDAYS.index(name)


def _week_start(value: str) -> int:
    if value not in _WEEKDAYS:
        raise Refused("rule-unreadable", part=f"WKST={value}"[:30])
    return _WEEKDAYS.index(value)


def _until(value: str) -> datetime | date:
    try:
        if re.fullmatch(r"2[01][0-9]{6}", value):
            return date(int(value[:4]), int(value[4:6]), int(value[6:]))
        if re.fullmatch(r"2[01][0-9]{6}T[0-9]{6}Z", value):
            return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        pass
    raise Refused("rule-unreadable", part=f"UNTIL={value}"[:30])


_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_NOT_TAKEN = frozenset({"BYHOUR", "BYMINUTE", "BYSECOND", "BYYEARDAY", "BYWEEKNO", "BYEASTER", "RSCALE", "SKIP"})
_PARTS: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "FREQ": ("every", _frequency),
    "INTERVAL": ("interval", _whole(366)),
    "COUNT": ("count", _whole(1000)),
    "UNTIL": ("until", _until),
    "BYMONTH": ("months", _several(_whole(12))),
    "BYMONTHDAY": ("month_days", _several(_whole(31, least=-31))),
    "BYDAY": ("weekdays", _several(_weekday)),
    "BYSETPOS": ("positions", _several(_whole(366, least=-366))),
    "WKST": ("week_start", _week_start),
}
