"""Units from many tasks, written in groups: what waits at the same time is written together, with one sync of the disk."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any

from shared import tracing
from shared.eventlog.ownership import NotOwner
from shared.eventlog.plan import Answer
from shared.eventlog.threads import Threads
from shared.eventlog.types import Outcome, Recorded, Unit
from shared.eventlog.writer import Writer
from shared.rules import Unavailable

GROUP = 256
"""Units written with one commit at most."""
_AGAIN = 1.0
"""Seconds until what could not be forgotten yet is tried again, where nothing else is written meanwhile."""


class Commits:
    """One log's, one group at a time."""

    def __init__(self, node: str, writer: Writer, threads: Threads, clock: Callable[[], datetime]) -> None:
        self._node = node
        self._writer = writer
        self._threads = threads
        self._clock = clock
        self._waiting: list[tuple[Unit, asyncio.Future[Outcome]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._busy = asyncio.Lock()
        self._signal = asyncio.Event()
        self._told: list[Callable[[Sequence[Recorded[Any]]], None]] = []
        self._wakers: list[Callable[[datetime], None]] = []
        self._later: asyncio.TimerHandle | None = None
        self.closed: Unavailable | None = None
        """Why nothing is taken any more."""
        self.moved = asyncio.Event()
        """Set when another process owns the node."""

    async def write(self, unit: Unit) -> Outcome:
        """One unit, whole or not at all."""
        if self.closed is not None:
            raise self.closed
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((unit, answer))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        with tracing.span("commit", unit.trace, node=self._node):
            return await answer

    async def wait(self, after: int) -> int:
        """Sleep until the log has grown past a position; gives where it stands."""
        while self._writer.position <= after:
            await self._signal.wait()
        return self._writer.position

    def tell(self, follower: Callable[[Sequence[Recorded[Any]]], None]) -> None:
        """Call `follower` with the events of each commit by which a view changed, right after it."""
        self._told.append(follower)

    def wake(self, waker: Callable[[datetime], None]) -> None:
        """Call `waker` with the first deadline that a commit sets, right after it."""
        self._wakers.append(waker)

    def woken(self, deadline: datetime) -> None:
        """A deadline may have been set."""
        for waker in self._wakers:
            waker(deadline)

    @asynccontextmanager
    async def held(self) -> AsyncGenerator[None]:
        """While the block lasts, nothing is written: what comes waits."""
        async with self._busy:
            yield

    async def close(self, why: Unavailable) -> None:
        """Finish what was begun, refuse what comes."""
        self.closed = self.closed or why
        if self._later is not None:
            self._later.cancel()
        if self._writing is not None:
            await self._writing

    async def _write_all(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
            async with self._busy:
                units = [unit for unit, _ in group]
                taken = await self._threads.writing(partial(self._writer.take, units, self._clock))
            self._signal.set()
            self._signal = asyncio.Event()
            for (_, future), answer in zip(group, taken.answers, strict=True):
                self._reply(future, answer)
            for follower in self._told if taken.shown else ():
                follower(taken.shown)
            if taken.deadline is not None:
                self.woken(taken.deadline)
        self._writing = None
        if self._later is not None:
            self._later.cancel()
        if self._writer.owes:
            self._later = asyncio.get_running_loop().call_later(_AGAIN, self._forget)

    def _forget(self) -> None:
        """An empty group brings it about."""
        if self._writing is None and self.closed is None:
            answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
            answer.add_done_callback(lambda done: done.exception())  # what fails is tried again with the next group
            self._waiting.append((Unit(by="system"), answer))
            self._writing = asyncio.create_task(self._write_all())

    def _reply(self, future: "asyncio.Future[Outcome]", answer: Answer) -> None:
        if isinstance(answer, NotOwner):
            self.closed = answer
            self.moved.set()
        if future.done():
            return  # the caller has gone away; what was recorded stays recorded
        if isinstance(answer, Outcome):
            future.set_result(answer)
        else:
            future.set_exception(answer)
