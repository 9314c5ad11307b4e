"""One node's database: SQLite in a file of its own, or PostgreSQL by URL. The same statements run on both."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError

from shared.eventlog.engines import BUSY, postgres_engine, sqlite_engine
from shared.eventlog.rewriting import written_anew
from shared.rules import Unavailable

T = TypeVar("T")
_PATIENCE = 10.0
"""Seconds that a last reader may take."""
_BRIEFLY = 100
"""Milliseconds that is waited for readers before the bytes of what was deleted go; nothing is written meanwhile."""
PASSING = (InterfaceError, OperationalError, Unavailable)
"""What passes: the database or its owner is away. Trying again later is right."""


class DatabaseUnusable(Unavailable):
    """The database cannot be opened or is not this node's. Codes: database-unreachable, -corrupt, -foreign, -newer, -owned."""


class Database:
    """Connections to one node's database. Writing is one connection at a time; reading goes beside it."""

    def __init__(self, url: str, schema: str) -> None:
        """Prepare to connect. `schema`: where the tables stand in PostgreSQL, where an organisation's services share a database."""
        self.path = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None
        self._make = partial(sqlite_engine, self.path) if self.path else partial(postgres_engine, url, schema)
        self._made: Engine | None = None
        self._reads: Any = {} if self.path else {"isolation_level": "REPEATABLE READ"}
        self._lock = threading.Lock()
        self._reading = 0
        self._used: float | None = None
        self._read = threading.Condition()

    @contextmanager
    def write(self) -> Generator[Connection]:
        """One transaction, committed at the end (with one sync of the disk), rolled back by an exception."""
        self._used = monotonic()
        with self._lock, self._engine.connect() as connection, connection.execution_options(kring_writes=True).begin():
            yield connection

    @contextmanager
    def read(self) -> Generator[Connection]:
        """One consistent look at what is committed."""
        self._used = monotonic()
        with self._read:
            self._reading += 1
        try:
            with self._engine.connect() as connection:
                yield connection.execution_options(**self._reads)
        finally:
            with self._read:
                self._reading -= 1
                self._read.notify_all()

    def ask(self, question: Callable[[Connection], T]) -> T:
        """What one look gives."""
        with self.read() as connection:
            return question(connection)

    def connection(self) -> Connection:
        """A connection to keep (an advisory lock lives as long as it does)."""
        return self._engine.connect()

    def idle(self, seconds: float) -> bool:
        """Whether it holds something and nobody used it for so long."""
        used, busy = self._used, self._reading or self._lock.locked()
        return used is not None and not busy and monotonic() - used >= seconds

    def rest(self) -> None:
        """Let go of what is only there for speed: pooled connections. The next use brings them back."""
        self._used = None
        if self._made is not None:
            self._made.dispose()

    def settle(self, *tables: Table) -> bool:
        """Leave no bytes of deleted rows. False: a reader was in the way, or may still see them.

        SQLite overwrites them, and here folds its write-ahead log into the file and cuts it off. PostgreSQL leaves them in the free
        space of a table's file, also after a vacuum: these tables are written anew. What its own log holds passes with that log.
        """
        with self._lock:
            if self.path is None:
                return written_anew(self._engine, tables, _BRIEFLY)
            raw = self._engine.raw_connection()
            try:
                raw.cursor().execute(f"PRAGMA busy_timeout={_BRIEFLY}")
                [[busy, *_]] = raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                raw.cursor().execute(f"PRAGMA busy_timeout={BUSY}")
                raw.close()
        return not busy

    def close(self) -> None:
        """Let go of all connections, once nobody reads any more. On SQLite the last one folds the write-ahead log into the file."""
        with self._lock, self._read:
            self._read.wait_for(lambda: self._reading == 0, timeout=_PATIENCE)
            if self._made is not None:
                self._made.dispose()

    @property
    def _engine(self) -> Engine:
        """Made when it is first needed: a standby waits for a thousand databases that it cannot have yet."""
        made = self._made or self._make()  # it may ask a server that is away: nobody waits for that who only closes
        with self._read:
            self._made = self._made or made
            return self._made


@contextmanager
def opening(url: str) -> Generator[None]:
    """Turn what a driver says while opening into a coded refusal. Never shows the URL's password."""
    try:
        yield
    except OSError as fault:
        raise DatabaseUnusable("database-unreachable", database=url, reason=fault.strerror or "?") from fault
    except OperationalError as fault:
        shown = url.rsplit("@", 1)[-1]
        raise DatabaseUnusable(
            "database-unreachable", database=shown, reason=str(fault.orig).splitlines()[0]
        ) from fault
    except DatabaseError as fault:
        shown = url.rsplit("@", 1)[-1]
        raise DatabaseUnusable("database-corrupt", database=shown, reason=str(fault.orig).splitlines()[0]) from fault
