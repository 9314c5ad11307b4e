"""A node's event log: `run` a command, `read` a record, follow `notifications`, `query` the views."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import Connection

from shared.eventlog.accesses import Tail
from shared.eventlog.cache import StateCache
from shared.eventlog.commits import Commits
from shared.eventlog.database import Database, opening
from shared.eventlog.keystore import Keys, keystore
from shared.eventlog.mapper import EventMapper
from shared.eventlog.masterkey import Master
from shared.eventlog.opening import forget_commands, log_ids, prepare
from shared.eventlog.ownership import NotOwner, Ownership
from shared.eventlog.plan import fold
from shared.eventlog.recorder import Recorder
from shared.eventlog.registry import Registry, registry_of
from shared.eventlog.renewal import kept
from shared.eventlog.threads import Threads
from shared.eventlog.types import Decider, Outcome, Reaction, Recorded, Step, Unit, View
from shared.eventlog.views import bring_up, rebuild, sections
from shared.eventlog.writer import Writer
from shared.metrics import Meter
from shared.rules import Unavailable

T = TypeVar("T")
GATHER = 0.025
"""Seconds that who follows a log closely rests after each look: what is recorded meanwhile goes together. The first goes at once."""


def utc_now() -> datetime:
    """The clock on the wall."""
    return datetime.now(UTC)


class Log:
    """Open it with `await Log.open(…)`, close it with `await log.close()`. Safe for many tasks of one event loop."""

    def __init__(
        self,
        node: str,
        database: Database,
        registry: Registry,
        cache: StateCache,
        clock: Callable[[], datetime],
        keys: Keys | None = None,
    ) -> None:
        self.node = node
        self.clock = clock
        self.registry = registry
        self._database = database
        self._threads = Threads(own=database.path is None)
        self._cache = cache
        self.keys = keys
        self._mapper = EventMapper(registry, keys)
        self._recorder = Recorder(database)
        self._ownership = Ownership(database, node)
        self._writer = Writer(node, database, self._ownership, registry, cache, keys)
        self._commits = Commits(node, self._writer, self._threads, clock)
        self.log_ids: list[UUID] = []
        self.kept: int | None = None
        """The last position from before the log was restored from a backup; None when it never was."""

    @classmethod
    async def open(  # noqa: PLR0913  (each is one thing that the composition root chooses)
        cls,
        node: str,
        url: str,
        deciders: Sequence[Decider],
        views: Sequence[View] = (),
        reactions: Sequence[Reaction] = (),
        *,
        cache: StateCache | None = None,
        clock: Callable[[], datetime] = utc_now,
        meter: Meter | None = None,
        master: Master | None = None,
        folder: Path | None = None,
    ) -> "Log":
        """Take ownership of a node's database, make or migrate it, rebuild stale views.

        `master` wraps the keys of what the events hold about persons; only where they hold nothing it may be left out.
        `folder` is the organisation's: what a restore has left half put back there is not opened.

        Raises:
            DatabaseUnusable: owned by another process, unreachable, corrupt, another's, half put back, or of a newer version.
        """
        registry, schema = registry_of(deciders, views), node.rpartition(".")[2]
        keys = keystore(url, node, master) if registry.personal else None
        log = cls(node, Database(url, schema), registry, cache or StateCache(), clock, keys)
        log._writer.reactions, log._writer.meter = reactions, meter or log._writer.meter
        try:
            await log._threads.writing(partial(log._open, url, folder))
        except BaseException:
            log._release()
            log._threads.end()
            raise
        return log

    def _open(self, url: str, folder: Path | None) -> None:
        with opening(url):
            self._ownership.acquire(folder)
            with self._database.write() as connection:
                tables = [table for reaction in self._writer.reactions for table in reaction.TABLES]
                prepare(connection, self.node, uuid4(), tables)
                self._ownership.begin(connection)
                self.log_ids, self.kept = log_ids(connection), kept(connection)
                forget_commands(connection, self.clock())
                self._writer.open(connection, self.id)
            with self._database.write() as connection:
                bring_up(connection, self.registry.views, partial(sections, self._recorder, self._mapper))
            self._writer.forget(self.clock)

    @property
    def id(self) -> UUID:
        """The log's identity now."""
        return self.log_ids[-1]

    @property
    def position(self) -> int:
        """Position of the last event that is committed."""
        return self._writer.position

    @property
    def groups(self) -> int:
        """Groups written since it was opened: as long as there are no more, nothing in the database has changed."""
        return self._writer.groups

    def tracked(self, upstream: str) -> int:
        """How far an upstream has been followed; 0 when never."""
        return self._writer.tracked.get(upstream, 0)

    def upstreams(self, beginning: str) -> list[str]:
        """The upstreams that have been followed and whose names begin so."""
        return [name for name in self._writer.tracked.copy() if name.startswith(beginning)]

    async def run(
        self,
        decider: Decider,
        stream: UUID,
        command: Any,
        *,
        by: str,
        id: UUID | None = None,  # noqa: A002  (named like the unit's)
        trace: str = "",
    ) -> Outcome:
        """One command for one stream, recorded durably before this returns. Raises `Refused` when a rule says no."""
        return await self.write(Unit(steps=(Step(decider, stream, command),), by=by, id=id, trace=trace))

    async def write(self, unit: Unit) -> Outcome:
        """One unit, whole or not at all. What waits at the same time is written together, with one sync of the disk."""
        return await self._commits.write(unit)

    @property
    def accesses(self) -> Tail:
        """Where the access log stands: its last entry that is committed."""
        return self._writer.accesses

    def tell(self, follower: Callable[[Sequence[Recorded[Any]]], None]) -> None:
        """Call `follower` with the events of each commit by which a view changed, right after it; it may neither wait nor raise."""
        self._commits.tell(follower)

    def wake(self, waker: Callable[[datetime], None]) -> None:
        """Call `waker` with the first deadline that a commit sets, right after it; it may neither wait nor raise."""
        self._commits.wake(waker)

    async def lost(self) -> None:
        """Sleep until another process owns this node, or may: its lock was lost. Raises `NotOwner` then; nothing is answered any more."""
        with self._ownership.watched(self._commits.moved.set):
            await self._commits.moved.wait()
        self._writer.recent.forget()
        self._commits.closed = NotOwner("node-moved", node=self.node)
        raise self._commits.closed

    async def wait(self, after: int) -> int:
        """Sleep until the log has grown past a position; gives where it stands."""
        return await self._commits.wait(after)

    async def read(
        self, stream: UUID, *, until: datetime | None = None, version: int | None = None
    ) -> list[Recorded[Any]]:
        """One stream's events, as recorded until an instant, or up to a version."""
        select = partial(self._recorder.select_events, stream, lte=version)
        near = self._writer.recent.stream(stream)
        recorded = near or await self._threads.reading(lambda: self._mapper.read(select()))
        return [one for one in recorded[:version] if until is None or one.at <= until]

    async def state(self, decider: Decider, stream: UUID, *, version: int | None = None) -> Any:
        """A stream's state now, or right after a version; the decider's initial one when it has no events."""
        recorded = await self.read(stream, version=version)
        return fold(self.registry, recorded).state if recorded else decider.initial

    async def notifications(self, after: int, limit: int, types: Sequence[str] = ()) -> list[Recorded[Any]]:
        """Events in the order of recording, after a position; only of these types where some are named. The last ones are at hand."""
        near = self._writer.recent.after(after, limit, types)
        if near is not None:
            return near
        select = partial(self._recorder.select_notifications, after, limit, None, types, inclusive_of_start=False)
        return await self._threads.reading(lambda: self._mapper.read(select()))

    async def query(self, question: Callable[[Connection], T]) -> T:
        """Ask the views; runs in a thread, with a connection that sees one consistent state."""
        if self._commits.closed is not None:
            raise self._commits.closed
        return await self._threads.reading(partial(self._database.ask, question))

    async def rest(self, after: float) -> bool:
        """Give back what an idle node does not need, when nothing has used the database for `after` seconds; whether it did."""
        if not self._database.idle(after):
            return False
        await self._threads.writing(self._rest)
        self._threads.end()
        return True

    def _rest(self) -> None:
        self._database.rest()
        self._writer.recent.forget()
        if self.keys is not None:
            self.keys.rest()

    async def rebuild(self) -> int:
        """Make all views again from the log while readers see the old ones; gives the number of events."""

        def all_views() -> None:
            with self._database.write() as connection:
                self._ownership.check(connection)
                rebuild(connection, self.registry.views, partial(sections, self._recorder, self._mapper))

        async with self._commits.held():
            await self._threads.writing(all_views)
        self._commits.woken(self.clock())
        return self.position

    async def close(self) -> None:
        """Finish what was begun, refuse what comes, let the next owner in."""
        await self._commits.close(Unavailable("node-closing", node=self.node))
        self._cache.forget(self.node)
        await self._threads.writing(self._release)
        self._threads.end()

    def _release(self) -> None:
        self._database.close()
        if self.keys is not None:
            self.keys.close()
        self._ownership.release()
