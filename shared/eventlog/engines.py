"""How SQLAlchemy connects: an engine for each database. A process holds thousands of them, so they share all that is the same."""

import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import psycopg.sql
from sqlalchemy import Connection, Dialect, Engine, NullPool, QueuePool, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.util import LRUCache

try:
    from pysqlite3 import dbapi2 as sqlite
except ImportError:  # no wheel for this platform: Python's own (its SQLite may lack the WAL fix of 3.51.3)
    import sqlite3 as sqlite

_driver: Any = sqlite  # pysqlite3 says nothing of its types
BUSY = 5_000
"""Milliseconds that SQLite waits for others."""
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    f"busy_timeout={BUSY}",
    "secure_delete=ON",
    "temp_store=MEMORY",
    "wal_autocheckpoint=4000",
)
_ALIVE = {"tcp_keepalives_idle": 5, "tcp_keepalives_interval": 5, "tcp_keepalives_count": 2, "tcp_user_timeout": 15_000}
"""PostgreSQL and we each find out within 15 s that the other's machine has died; the lock of a dead owner is free then."""
_STATEMENTS = 2_000
"""Compiled statements that are kept for all engines of a process together."""
_POOLED, _MORE = 4, 30
"""Connections that an engine keeps, and those it opens besides while many ask."""
_compiled: Any = LRUCache(_STATEMENTS)
_POSTGRES = make_url("postgresql+psycopg://")
_met: list[Dialect] = []
"""PostgreSQL's, once a server has answered."""


def sqlite_engine(path: Path) -> Engine:
    """An engine for one file. With the dialect and the compiled statements shared, it holds 7 KiB instead of 170 once it was used."""

    def connect() -> Any:
        connection = _driver.connect(str(path), check_same_thread=False)
        connection.isolation_level = None  # transactions are ours: the driver would begin them only at the first write
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        return connection

    dialect = _sqlite()
    pool = QueuePool(connect, pool_size=_POOLED, max_overflow=_MORE, use_lifo=True, dialect=dialect)
    engine = Engine(pool, dialect, make_url(f"sqlite:///{path}"), execution_options={"compiled_cache": _compiled})
    event.listen(engine, "begin", _begin)
    return engine


@cache
def _sqlite() -> Dialect:
    """As SQLAlchemy sets it up when an engine first connects: that asks the driver, and no database."""
    engine = create_engine("sqlite://", module=sqlite)
    with engine.connect():
        return engine.dialect


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("kring_writes", False)
    driver: Any = connection.connection.driver_connection
    try:
        driver.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
    except _driver.Error as fault:  # as SQLAlchemy would say it
        raise DBAPIError.instance("BEGIN", None, fault, _driver.Error, dialect=connection.dialect) from fault


def postgres_engine(url: str, schema: str) -> Engine:
    """An engine for one schema of a database, which is made where it is not."""
    plain = url.replace("postgresql+psycopg://", "postgresql://", 1)
    options = " ".join(f"-c {name}={value}" for name, value in {"search_path": schema, **_ALIVE}.items())
    ours: dict[str, Any] = {name.replace("tcp_keep", "keep"): value for name, value in _ALIVE.items()}
    made = threading.Event()

    def connect() -> Any:
        connection = psycopg.connect(plain, options=options, connect_timeout=10, **ours)
        if not made.is_set():
            connection.execute(psycopg.sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(psycopg.sql.Identifier(schema)))
            connection.commit()
            made.set()
        return connection

    dialect = _postgres(connect)
    pool = QueuePool(connect, pool_size=_POOLED, max_overflow=_MORE, pre_ping=True, dialect=dialect)
    return Engine(pool, dialect, _POSTGRES, execution_options={"compiled_cache": _compiled})


def _postgres(connect: Callable[[], Any]) -> Dialect:
    """As SQLAlchemy sets it up when an engine first connects: by asking a server, here the first that answers."""
    if not _met:
        engine = create_engine(_POSTGRES, creator=connect, poolclass=NullPool)
        with engine.connect():
            _met.append(engine.dialect)
    return _met[0]
