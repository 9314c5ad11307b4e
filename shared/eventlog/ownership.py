"""A node lives in one process at a time: a lock says so, an epoch makes a zombie's commit fail."""

import asyncio
import fcntl
import hashlib
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, bindparam, insert, select, text, update

from shared.eventlog.changes import value
from shared.eventlog.database import Database, DatabaseUnusable
from shared.eventlog.tables import about
from shared.eventlog.unfinished import refuse_unfinished
from shared.rules import Unavailable

_EPOCH = select(about.c.value).where(about.c.key == "epoch").with_for_update(read=True)
_RAISE = update(about).where(about.c.key == "epoch").values(value=bindparam("epoch"))


class NotOwner(Unavailable):
    """Another process owns this node now; nothing was written."""


class Ownership:
    """The lock on one node: a locked file beside a SQLite database, an advisory lock in PostgreSQL."""

    def __init__(self, database: Database, node: str) -> None:
        self._database = database
        self._node = node
        self._file: int | None = None
        self._session: psycopg.Connection[Any] | None = None
        self.epoch = 0

    def acquire(self, folder: Path | None = None) -> None:
        """Take the lock. `folder`: the organisation's, where what a restore has left half put back is not opened.

        Raises:
            DatabaseUnusable: `database-owned`, with the process id of the owner where it is known; `restore-unfinished`.
        """
        if self._database.path is not None:
            self._lock_file(self._database.path.with_suffix(".lock"))
        else:
            self._lock_advisory()
        refuse_unfinished(folder, self._node)  # only now: who puts back holds the lock

    def begin(self, connection: Connection) -> None:
        """Raise the epoch: commits of earlier owners fail from now on."""
        found = connection.execute(_EPOCH).scalar()
        self.epoch = int(found or 0) + 1
        if found is None:
            connection.execute(insert(about), {"key": "epoch", "value": str(self.epoch)})
        else:
            connection.execute(_RAISE, {"epoch": str(self.epoch)})

    def check(self, connection: Connection) -> None:
        """Called in every writing transaction.

        Raises:
            NotOwner: when another process has taken over.
        """
        if value(connection, _EPOCH) != str(self.epoch):
            raise NotOwner("node-moved", node=self._node)

    @contextmanager
    def watched(self, lost: Callable[[], None]) -> Generator[None]:
        """While the block lasts, call `lost` when PostgreSQL ends the session that holds the lock. A file's lock is never taken away.

        Nothing is ever asked on that session: its socket is read only when the server says something, so idle nodes cost nothing.
        """
        if self._session is None:
            yield
            return
        loop, session = asyncio.get_running_loop(), self._session.pgconn

        def look() -> None:
            try:
                session.consume_input()
            except psycopg.OperationalError:
                loop.remove_reader(socket)
                lost()

        socket = session.socket
        loop.add_reader(socket, look)
        try:
            yield
        finally:
            loop.remove_reader(socket)

    def release(self) -> None:
        """Let the next owner in."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._session is not None:
            with suppress(psycopg.Error):  # the server frees the lock of a closed session too, a moment later
                self._session.execute("SELECT pg_advisory_unlock_all()")
            self._session.close()
            self._session = None

    def _lock_file(self, path: Path) -> None:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(file, 20).decode() or "?"
            os.close(file)
            raise DatabaseUnusable("database-owned", node=self._node, process=owner) from None
        self._file = file  # from here on `release` gives it back, also when the disk is full
        os.ftruncate(file, 0)
        os.write(file, str(os.getpid()).encode())

    def _lock_advisory(self) -> None:
        connection = self._database.connection().execution_options(isolation_level="AUTOCOMMIT")
        key = int.from_bytes(hashlib.sha256(self._node.encode()).digest()[:8], "big", signed=True)
        if not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}).scalar():
            connection.close()
            raise DatabaseUnusable("database-owned", node=self._node, process="?")
        connection.detach()  # from the pool: closing it gives the lock back
        self._session = cast("psycopg.Connection[Any]", connection.connection.dbapi_connection)
