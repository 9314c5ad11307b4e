"""How long files are kept after they were closed, and the daily work that erases what is older.

Nothing goes unannounced: a shorter period, and the first one, holds only after a notice in which people can see who would go.
"""

from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from dateutil.relativedelta import relativedelta
from msgspec import Struct, structs

KEPT_AS = UUID("b6f1b5c2-6b0d-5a53-9c37-2e0c5a6d1f44")
"""The stream: there is one."""
DEFAULT = 24
"""Months."""
NOTICE = timedelta(days=30)
"""Between saying that less is kept and keeping less; also how far ahead it is shown who goes."""
DAY = timedelta(days=1)


class Place(Struct, frozen=True):
    """How far a part of a day's work came: this file is the last it looked at."""

    closed_at: datetime
    id: UUID


class Set(Struct, frozen=True):
    """Keep files so many months after they were closed."""

    months: int
    at: datetime


class Sweep(Struct, frozen=True):
    """Today's work, or a part of it, was done; `until`: there is another part, from there on."""

    participants: int
    referrals: int
    kept: int
    until: Place | None
    at: datetime


class RetentionSet(Struct, frozen=True, tag="intake.retention-set.v1"):
    """How long files are kept: `months` from `since` on, `before` until then (None: for ever)."""

    months: int
    since: datetime
    before: int | None


class Swept(Struct, frozen=True, tag="intake.retention-swept.v1"):
    """So many were erased, and so many participants kept for a referral that is open. `until`: there is another part, from there on."""

    participants: int
    referrals: int
    kept: int
    until: Place | None = None


class Retention(Struct, frozen=True):
    """What holds. `since` None: nothing was ever said, and nothing goes."""

    months: int = DEFAULT
    since: datetime | None = None
    before: int | None = None


Command: TypeAlias = Set | Sweep
Event: TypeAlias = RetentionSet | Swept
State: TypeAlias = Retention
initial: State = Retention()


def decide(command: Command, state: State) -> list[Event]:
    """Say what follows from a command."""
    match command:
        case Set(months, at):
            return [] if state.since and months == state.months else [_set(months, at, state)]
        case Sweep(participants, referrals, kept, until, at):
            first = [] if state.since else [_set(state.months, at, state)]
            return [*first, Swept(participants, referrals, kept, until)]


def _set(months: int, at: datetime, state: State) -> RetentionSet:
    """What was announced before and does not hold yet is no longer announced."""
    now = holds(state, at)
    longer = now is not None and months >= now
    return RetentionSet(months, at if longer else at + NOTICE, now)


def evolve(state: State, event: Event) -> State:
    """Take in what happened."""
    match event:
        case RetentionSet(months, since, before):
            return structs.replace(state, months=months, since=since, before=before)
        case Swept():
            return state


def holds(state: State, at: datetime) -> int | None:
    """Months that files are kept at a moment; None: for ever."""
    return state.months if state.since is not None and state.since <= at else state.before


def cutoff(state: State, at: datetime) -> datetime | None:
    """Files closed at or before this moment are gone at `at`; None: none are."""
    months = holds(state, at)
    return None if months is None else at - relativedelta(months=months)


def goes_at(state: State, closed_at: datetime, at: datetime) -> datetime | None:
    """When a file that was closed goes at the earliest, as far as is known at a moment; None: never."""
    months = holds(state, at)
    now = [] if months is None else [closed_at + relativedelta(months=months)]
    announced = [] if state.since is None else [max(closed_at + relativedelta(months=state.months), state.since)]
    return min((*now, *announced), default=None)
