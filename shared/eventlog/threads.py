"""Where a log's statements run: in threads, as the event loop waits for no disk and no server."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")
READERS = 3
"""Threads in which one log reads at the same time, at most; in one more it writes."""


class Threads:
    """One log's. What waits for a thread waits here, so that an organisation that asks much leaves the process's threads to others."""

    def __init__(self, *, own: bool) -> None:
        """`own`: in threads of its own, made when they are needed: a database server that hangs holds only them."""
        self._own = own
        self._pool: ThreadPoolExecutor | None = None
        self._readers = asyncio.Semaphore(READERS)

    async def reading(self, work: Callable[[], T]) -> T:
        """Run what only reads."""
        async with self._readers:
            return await self.writing(work)

    async def writing(self, work: Callable[[], T]) -> T:
        """Run what the log does one at a time: it passes those who wait to read."""
        if self._own and self._pool is None:
            self._pool = ThreadPoolExecutor(READERS + 1, "database")
        return await asyncio.get_running_loop().run_in_executor(self._pool, copy_context().run, work)

    def end(self) -> None:
        """Let its own threads end when they are done; the next use makes new ones."""
        if self._pool is not None:
            self._pool.shutdown(wait=False)
            self._pool = None
