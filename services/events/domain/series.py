"""A series of meetings at a place: planned by a rule, with dates that are skipped, until it is cancelled."""

from datetime import date, datetime
from typing import Literal, TypeAlias
from uuid import UUID

from msgspec import Struct

from services.events.domain import schedule as schedules
from services.events.domain.schedule import Schedule
from shared.rules import Invalid, NotFound, Refused

Kind: TypeAlias = Literal["meeting-market", "evening", "activity", "workshop", "walk-in", "residents-initiative"]


class Plan(Struct, frozen=True, kw_only=True):
    """There will be meetings by a rule."""

    place: UUID
    title: str
    kind: Kind
    text: str
    schedule: Schedule
    at: datetime


class SkipDate(Struct, frozen=True):
    """There is no meeting on this local date."""

    date: date
    at: datetime


class Cancel(Struct, frozen=True):
    """There are no more meetings from now on."""

    at: datetime


class Planned(Struct, frozen=True, kw_only=True, tag="events.series-planned.v1"):
    """A series is planned."""

    place: UUID
    title: str
    kind: Kind
    text: str
    schedule: Schedule
    at: datetime


class DateSkipped(Struct, frozen=True, tag="events.series-date-skipped.v1"):
    """One date of the series falls out."""

    date: date
    at: datetime


class Cancelled(Struct, frozen=True, tag="events.series-cancelled.v1"):
    """What would have started after this moment does not take place."""

    at: datetime


class Nothing(Struct, frozen=True):
    """No such series."""


class Running(Struct, frozen=True):
    """A series that brings meetings."""

    place: UUID
    title: str
    kind: Kind
    text: str
    schedule: Schedule
    skipped: frozenset[date] = frozenset()


class Over(Struct, frozen=True):
    """A cancelled series."""


Command = Plan | SkipDate | Cancel
Event = Planned | DateSkipped | Cancelled
State = Nothing | Running | Over
initial: State = Nothing()


def decide(command: Command, state: State) -> list[Event]:
    """Refused: `series-exists`, `series-unknown`, `series-cancelled`, `date-not-in-series`, `invalid` with every fault."""
    match command, state:
        case Plan(), Nothing():
            return [_planned(command)]
        case Plan(), Running() if _same(command, state):
            return []
        case Plan(), _:
            raise Refused("series-exists")
        case _, Nothing():
            raise NotFound("series-unknown")
        case SkipDate(day, at), Running():
            return _skipped(day, at, state)
        case SkipDate(), _:
            raise Refused("series-cancelled")
        case Cancel(at), Running():
            return [Cancelled(at)]
        case _:
            return []


def evolve(state: State, event: Event) -> State:
    """Skipped dates gather; cancelled is the end."""
    match event, state:
        case Planned(), _:
            return Running(event.place, event.title, event.kind, event.text, event.schedule)
        case DateSkipped(day), Running() as running:
            skipped = running.skipped | {day}
            return Running(running.place, running.title, running.kind, running.text, running.schedule, skipped)
        case _:
            return Over()


def _planned(command: Plan) -> Planned:
    if faults := schedules.faults_of(command.schedule):
        raise Invalid(faults)
    return Planned(
        place=command.place,
        title=command.title,
        kind=command.kind,
        text=command.text,
        schedule=command.schedule,
        at=command.at,
    )


def _same(command: Plan, state: Running) -> bool:
    said = (command.place, command.title, command.kind, command.text, command.schedule)
    return said == (state.place, state.title, state.kind, state.text, state.schedule)


def _skipped(day: date, at: datetime, state: Running) -> list[Event]:
    if day in state.skipped:
        return []
    if not schedules.meets_on(state.schedule, day):
        raise Refused("date-not-in-series", date=str(day))
    return [DateSkipped(day, at)]
