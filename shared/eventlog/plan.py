"""What a group of units comes to, decided before anything is written. Pure: it sees only the states it was given."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from eventsourcing.persistence import Tracking
from msgspec import structs

from shared.eventlog.cache import Known
from shared.eventlog.forgetting import ended_by
from shared.eventlog.keytables import Whose
from shared.eventlog.protection import left
from shared.eventlog.recorded import name_of
from shared.eventlog.registry import Registry
from shared.eventlog.types import Accessed, Change, Outcome, Recorded, Step, Unit, Unknown
from shared.rules import Refused

Answer = Outcome | Refused | Exception
"""What a caller gets: what was recorded, a rule's refusal, or a fault."""

Following = Callable[[Recorded[Any], Any], Iterable[Change]]
"""Changes that follow from an event and its stream's state after it: views and reactions."""


class Taken(NamedTuple):
    """What came of a group."""

    answers: Sequence[Answer]
    """One a unit, in order."""
    shown: Sequence[Recorded[Any]]
    """Events by which a view has changed."""
    deadline: datetime | None
    """The first of those that were set, or now, where that is not known."""


class Plan:
    """Decides unit after unit; each sees what the ones before it decided."""

    def __init__(
        self,
        registry: Registry,
        states: Mapping[UUID, Known],
        tracked: Mapping[str, int],
        done: Mapping[UUID, int],
    ) -> None:
        self._registry = registry
        self._before = states
        self._tracked = tracked
        self._done = dict(done)
        self.states: dict[UUID, Known] = {}
        self.events: list[Recorded[Any]] = []
        self._units: list[tuple[Sequence[Change], Sequence[tuple[Recorded[Any], Any]]]] = []
        self.accesses: list[tuple[datetime, Accessed]] = []
        self.tracking: dict[str, int] = {}
        self.commands: list[tuple[UUID, int, datetime]] = []
        self.answers: list[Answer] = []

    def add(self, unit: Unit, *, log: UUID, position: int, at: datetime) -> None:
        """Decide one unit; its events get the positions after `position` and those planned already."""
        last = position + len(self.events)
        if unit.id is not None and unit.id in self._done:
            self.answers.append(Outcome((), self._done[unit.id]))
        elif unit.tracking is not None and self._at(unit.tracking) >= unit.tracking.notification_id:
            self.answers.append(Outcome((), last))
        elif unit.tracking is not None and unit.after not in (None, self._at(unit.tracking)):
            self.answers.append(Refused("out-of-turn", upstream=unit.tracking.application_name))
        else:
            self._decide(unit, log, last, at)

    def changes(self, following: Following, gone: Collection[Whose]) -> list[Change]:
        """All changes, in order: what follows an event sees nothing of those whose keys are gone, or end with an event before it."""
        forgotten, changes = set(gone), list[Change]()
        for own, pairs in self._units:
            changes += own  # before what the events bring: a deadline that is cleared here may be set anew there
            for recorded, state in pairs:
                changes += following(_left(recorded, forgotten) if forgotten else recorded, state)
                forgotten.update(ended_by([recorded]))
        return changes

    def _at(self, tracking: Tracking) -> int:
        name = tracking.application_name
        return self.tracking.get(name, self._tracked.get(name, 0))

    def _decide(self, unit: Unit, log: UUID, last: int, at: datetime) -> None:
        states: dict[UUID, Known] = {}
        pairs: list[tuple[Recorded[Any], Any]] = []
        try:
            for step in unit.steps:
                pairs += self._step(step, states, (unit, log, last + len(pairs), at))
        except Refused as refusal:
            if unit.refused is None:
                self.answers.append(refusal)
                return
            states, pairs = {}, []
            self._units.append((unit.refused(refusal), ()))
        self._accept(unit, states, pairs, last, at)

    def _accept(
        self, unit: Unit, states: dict[UUID, Known], pairs: Sequence[tuple[Recorded[Any], Any]], last: int, at: datetime
    ) -> None:
        self._units.append((unit.changes, pairs))
        self.accesses += [(at, one) for one in unit.accesses]
        self.events += [recorded for recorded, _ in pairs]
        self.states |= states
        if unit.tracking is not None:
            self.tracking[unit.tracking.application_name] = unit.tracking.notification_id
        position = last + len(pairs)
        if unit.id is not None:
            self._done[unit.id] = position
            self.commands.append((unit.id, position, at))
        self.answers.append(Outcome(tuple(recorded for recorded, _ in pairs), position))

    def _step(
        self, step: Step, states: dict[UUID, Known], context: tuple[Unit, UUID, int, datetime]
    ) -> list[tuple[Recorded[Any], Any]]:
        unit, log, position, at = context
        known = (
            states.get(step.stream)
            or self.states.get(step.stream)
            or self._before.get(step.stream)
            or Known(step.decider.initial, 0)
        )
        if not known.whole:
            raise Refused("unknown-event-type", stream=str(step.stream))
        if known.decider is not None and known.decider.Event is not step.decider.Event:
            raise Refused("id-taken", id=str(step.stream))
        pairs = []
        for number, event in enumerate(step.decider.decide(step.command, known.state), 1):
            if name_of(event) not in self._registry.decoders:
                msg = f"{name_of(event)} is not an event of this service"
                raise TypeError(msg)
            known = Known(step.decider.evolve(known.state, event), known.version + 1, step.decider)
            recorded = Recorded(event, step.stream, known.version, position + number, log, at, unit.by, unit.trace)
            pairs.append((recorded, known.state))
        states[step.stream] = known
        return pairs


def _left(recorded: Recorded[Any], gone: Collection[Whose]) -> Recorded[Any]:
    return structs.replace(recorded, event=left(recorded.event, recorded.stream, gone))


def fold(registry: Registry, recorded: Sequence[Recorded[Any]]) -> Known:
    """The state that a stream's events come to, by the decider that its first event belongs to."""
    state, first = None, registry.deciders.get(_type(recorded[0]))
    for number, one in enumerate(recorded):
        decider = registry.deciders.get(_type(one))
        if decider is None:
            return Known(None, recorded[-1].version, first, whole=False)
        state = decider.evolve(decider.initial if number == 0 else state, one.event)
    return Known(state, recorded[-1].version, first)


def _type(recorded: Recorded[Any]) -> str:
    """The event's name; none for one of an unknown type."""
    return "" if isinstance(recorded.event, Unknown) else name_of(recorded.event)
