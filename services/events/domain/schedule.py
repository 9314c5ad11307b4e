"""When a series meets: a rule, local times and a time zone. Dates are local, moments UTC; daylight saving stands between them."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from services.events.domain import rule as rules
from shared.rules import Refused

Fault: TypeAlias = tuple[str, str, Mapping[str, Any]]
"""(field, code, parameters), as `Invalid` takes them."""
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)
"""Dates outside these are typing errors."""
HORIZON = timedelta(days=3653)
"""A rule has its first date, and with COUNT its last, within ten years."""
DURATION = (5, 1440)
"""Minutes a meeting may last."""


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """Only the rule is stored; every date follows from it."""

    rule: str
    zone: str
    first_date: date
    start: time
    minutes: int


def faults_of(schedule: Schedule) -> list[Fault]:
    """Every fault of a schedule, by field."""
    faults: list[Fault] = []
    if schedule.zone not in _zones():
        faults.append(("zone", "zone-unknown", {"zone": ascii(schedule.zone)[:40]}))
    if not EARLIEST <= schedule.first_date <= LATEST:
        faults.append(("firstDate", "date-out-of-range", {"earliest": str(EARLIEST), "latest": str(LATEST)}))
    if schedule.start.tzinfo is not None:
        faults.append(("start", "start-with-zone", {}))
    if not DURATION[0] <= schedule.minutes <= DURATION[1]:
        faults.append(("minutes", "minutes-out-of-range", {"least": DURATION[0], "most": DURATION[1]}))
    return faults + _faults_of_rule(schedule, otherwise_sound=not faults)


def _faults_of_rule(schedule: Schedule, *, otherwise_sound: bool) -> list[Fault]:
    try:
        _read(schedule.rule)
        if otherwise_sound:
            _check_dates(schedule)
    except Refused as refused:
        return [("rule", refused.code, refused.parameters)]
    return []


def _check_dates(schedule: Schedule) -> None:
    rule = _read(schedule.rule)
    found = len(list(islice(_from_the_first(schedule), rule.count or 1)))
    if not found:
        raise Refused("rule-without-dates", years=10)
    if rule.count and found < rule.count:
        raise Refused("rule-too-long", years=10)


def last_day(schedule: Schedule) -> date | None:
    """The local date after which there are no more, from COUNT or UNTIL; None when the rule has no end."""
    count = _read(schedule.rule).count
    return list(islice(_from_the_first(schedule), count))[-1] if count else _until(schedule)


def dates(schedule: Schedule, first: date, last: date) -> Iterator[date]:
    """The local dates from `first` to `last`, both included, as if the rule had no end: apply `last_day`, which is worth keeping."""
    return rules.dates(_read(schedule.rule), schedule.first_date, first, last)


def meets_on(schedule: Schedule, day: date) -> bool:
    """Whether the series has a meeting on this local date."""
    last = last_day(schedule)
    return (last is None or day <= last) and any(dates(schedule, day, day))


def starts_at(schedule: Schedule, day: date) -> datetime:
    """The moment it starts. A time that the clock skips counts from before the gap, one that comes twice is the first (RFC 5545, 3.3.5)."""
    return datetime.combine(day, schedule.start, ZoneInfo(schedule.zone)).astimezone(UTC)


def ends_at(schedule: Schedule, day: date) -> datetime:
    """The moment it ends: so many minutes later by any clock."""
    return starts_at(schedule, day) + timedelta(minutes=schedule.minutes)


def _from_the_first(schedule: Schedule) -> Iterator[date]:
    begin = schedule.first_date
    return dates(schedule, begin, min(begin + HORIZON, _until(schedule) or LATEST))


def _until(schedule: Schedule) -> date | None:
    """UNTIL as the last local date; as a moment it may fall before that day's meeting."""
    until = _read(schedule.rule).until
    if not isinstance(until, datetime):
        return until
    local = until.astimezone(ZoneInfo(schedule.zone))
    return local.date() if schedule.start <= local.time() else local.date() - timedelta(days=1)


@lru_cache(maxsize=1024)
def _read(rule: str) -> rules.Rule:
    """Rules are few and read often."""
    return rules.read(rule)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    """The IANA names this machine knows; reading them costs a tenth of a second."""
    return frozenset(available_timezones())
