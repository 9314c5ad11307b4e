"""The one writer of a node: takes all units that wait, decides them, and writes them with one commit and one sync."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from eventsourcing.persistence import Tracking
from sqlalchemy import Connection, bindparam, insert, select

from shared.eventlog.accesses import Chain, Tail
from shared.eventlog.cache import Known, StateCache
from shared.eventlog.changes import execute, run
from shared.eventlog.database import Database
from shared.eventlog.due import earliest
from shared.eventlog.forgetting import Forgetting, ended_by
from shared.eventlog.keystore import Keys
from shared.eventlog.keytables import Whose
from shared.eventlog.mapper import EventMapper
from shared.eventlog.ownership import NotOwner, Ownership
from shared.eventlog.parked import alarm
from shared.eventlog.plan import Answer, Plan, Taken, fold
from shared.eventlog.recent import Recent
from shared.eventlog.recorder import COLUMNS, Recorder, notification
from shared.eventlog.registry import Registry
from shared.eventlog.tables import commands, events, tracking
from shared.eventlog.types import Change, Reaction, Recorded, Unit
from shared.metrics import Meter
from shared.personal import CARE

_DONE = insert(commands)
_KNOWN = select(commands.c.id, commands.c.position).where(commands.c.id.in_(bindparam("some", expanding=True)))
_STREAMS = (
    select(*COLUMNS)
    .where(events.c.stream.in_(bindparam("some", expanding=True)))
    .order_by(events.c.stream, events.c.version)
)
_UNREAD = Meter()
"""Counts for those who do not ask."""
_AT_ONCE = 500
"""Values in one `IN (…)`: within every engine's limit on parameters."""


class _Written(NamedTuple):
    changes: Sequence[Change]
    tail: Tail
    shown: Sequence[Recorded[Any]]
    """Events by which a view has changed."""
    whole: bool
    """Nothing of these events, or before them, is to be forgotten."""


class Writer:
    """Synchronous: the log runs it in a thread, one group at a time."""

    groups = 0
    log_id = UUID(int=0)
    position = 0
    reactions: Sequence[Reaction] = ()

    def __init__(
        self,
        node: str,
        database: Database,
        ownership: Ownership,
        registry: Registry,
        cache: StateCache,
        keys: Keys | None,
    ) -> None:
        self._node = node
        self._database = database
        self._ownership = ownership
        self._registry = registry
        self._mapper = EventMapper(registry, keys)
        self._recorder = Recorder(database)
        self._cache = cache
        self._forgetting = Forgetting(node, database, ownership, keys)
        self._chain = Chain(node)
        self.recent = Recent()
        self._written: list[_Written] = []
        self.meter = _UNREAD
        self.tracked: dict[str, int] = {}
        self._last_at: datetime | None = None
        self._sure, self._reopened = True, False

    def open(self, connection: Connection, log_id: UUID) -> None:
        """Read where the log stands."""
        self.log_id, self._reopened = log_id, True
        self.recent.forget()
        last = connection.execute(select(*events.c).order_by(events.c.position.desc()).limit(1)).one_or_none()
        if last is not None:
            self.position = last.position
            self._last_at = self._mapper.recorded_at(last.state)
        self.tracked = {row.upstream: row.position for row in connection.execute(select(tracking))}
        for reaction in self.reactions:
            reaction.open(connection)
        self._forgetting.open(connection)
        self._chain.open(connection, _people(self._forgetting.owed))
        self._sure = True

    @property
    def accesses(self) -> Tail:
        """Where the access log stands."""
        return self._chain.tail

    @property
    def owes(self) -> bool:
        """Whether keys or bytes of who was forgotten are still there, or may be."""
        return bool(self._forgetting.owed) or not self._sure

    def take(self, units: Sequence[Unit], clock: Callable[[], datetime]) -> Taken:
        """Write a group, and count it."""
        begin = time.perf_counter()
        answers = self.write(units, clock)
        self.meter.committed(answers, time.perf_counter() - begin)
        self.groups += 1
        self.forget(clock)
        written, self._written = self._written, []
        shown = [one for some in written for one in some.shown]
        deadline = earliest(change for some in written for change in some.changes)
        if self._reopened:  # a commit of which the answer was lost may have set one
            deadline, self._reopened = clock(), False
        return Taken(answers, shown, deadline)

    def forget(self, clock: Callable[[], datetime]) -> None:
        """Destroy the keys that committed events have ended; what fails is tried again with the next group.

        Where it is not known what is committed nothing is destroyed: that cannot be undone.
        """
        if self._sure and self._forgetting.owed:
            self._cache.forget(self._node)
            self.recent.forget()
            self._forgetting.carry_out(clock())

    def write(self, units: Sequence[Unit], clock: Callable[[], datetime]) -> list[Answer]:
        """Decide and write a group; one answer a unit, in order.

        If writing fails, the units are decided and written again one by one, so that one bad apple costs itself only; unless
        the log has grown all the same: then they may have been written, and whoever asks again is protected by id or tracking.
        """
        before = self.position
        try:
            return self._write(units, clock)
        except NotOwner as lost:
            self.recent.forget()
            return [lost] * len(units)
        except Exception as fault:  # noqa: BLE001  (whatever it was: each caller is told of its own)
            if not self._recovered(units) or len(units) == 1 or self.position != before:
                return [fault] * len(units)
            return [answer for unit in units for answer in self.write([unit], clock)]

    def _write(self, units: Sequence[Unit], clock: Callable[[], datetime]) -> list[Answer]:
        with self._database.write() as connection:
            self._ownership.check(connection)
            if not self._sure:
                self.open(connection, self.log_id)
            states = self._states(connection, {step.stream for unit in units for step in unit.steps})
            done = self._already_done(connection, [unit.id for unit in units if unit.id is not None])
            plan = Plan(self._registry, states, self.tracked, done)
            for unit in units:
                plan.add(unit, log=self.log_id, position=self.position, at=self._now(clock))
            ended = list(dict.fromkeys(ended_by(plan.events)))
            written = self._record(connection, plan, ended)
            self.recent.begin(plan.events)
        self._cache.put(self._node, states | plan.states)
        self._forgetting.take(ended)
        self._chain.take(written.tail, _people(ended))
        if written.whole:  # before the position grows: whoever knows of an event finds it
            self.recent.add(plan.events)
        else:
            self.recent.forget()
        self.position += len(plan.events)
        self._written.append(written)
        self.tracked |= plan.tracking
        alarm(self._node, written.changes)
        return plan.answers

    def _recovered(self, units: Sequence[Unit]) -> bool:
        """See what is true after a failure: a commit whose answer was lost may have happened all the same."""
        self._cache.drop(self._node, {step.stream for unit in units for step in unit.steps})
        self._sure = False
        try:
            with self._database.read() as reading:
                self.open(reading, self.log_id)
        except Exception:  # noqa: BLE001  (the database is away: the callers hear of the first fault)
            return False
        return True

    def _record(self, connection: Connection, plan: Plan, ended: Sequence[Whose]) -> _Written:
        ring, shown = self._mapper.ring(plan.events), list[Recorded[Any]]()
        gone = {*self._forgetting.owed, *(ring.destroyed if ring else ())}
        changes = plan.changes(partial(self._following, shown), gone)
        self._recorder.insert_events(self._mapper.store(plan.events, ring), connection=connection, after=self.position)
        for name, position in plan.tracking.items():
            self._recorder.insert_tracking(Tracking(name, position), connection=connection)
        if plan.commands:
            run(connection, _DONE, [{"id": id_, "position": position, "at": at} for id_, position, at in plan.commands])
        execute(connection, changes)
        self._forgetting.note(connection, ended)
        tail = self._chain.write(connection, plan.accesses)
        self._chain.unlink(connection, _people(ended))
        return _Written(changes, tail, shown, whole=not (gone or ended))

    def _following(self, shown: list[Recorded[Any]], recorded: Recorded[Any], state: Any) -> Iterable[Change]:
        changes = self._registry.project(recorded)
        shown += [recorded] if changes else []
        return changes + [change for reaction in self.reactions for change in reaction.react(recorded, state)]

    def _now(self, clock: Callable[[], datetime]) -> datetime:
        now = clock()
        if self._last_at is not None and now < self._last_at:
            now = self._last_at  # a clock set back: recording time never runs backwards
        self._last_at = now
        return now

    def _already_done(self, connection: Connection, ids: Sequence[UUID]) -> dict[UUID, int]:
        return {row.id: row.position for some in _slices(ids) for row in connection.execute(_KNOWN, {"some": some})}

    def _states(self, connection: Connection, streams: set[UUID]) -> dict[UUID, Known]:
        states = {stream: known for stream in streams if (known := self._cache.get(self._node, stream)) is not None}
        missing = list(streams - states.keys())
        for some in _slices(missing):
            rows = connection.execute(_STREAMS, {"some": some})
            recorded = self._mapper.read([notification(row) for row in rows])
            for stream, of_stream in groupby(recorded, attrgetter("stream")):
                states[stream] = fold(self._registry, list(of_stream))
        return states


def _people(ended: Iterable[Whose]) -> list[UUID]:
    """Of whom nothing is left: those whose key of care is gone."""
    return [subject for subject, purpose in ended if purpose == CARE]


def _slices(values: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
