"""Where an organisation's logs stand on this machine, while nothing runs on them."""

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from sqlalchemy import Connection, delete, insert, inspect, select

from deploy.halfway import settled
from shared.eventlog.database import Database, DatabaseUnusable, opening
from shared.eventlog.keytables import keys_database, make
from shared.eventlog.ownership import Ownership
from shared.eventlog.tables import about
from shared.node import database_url
from shared.rules import Refused
from shared.settings import Settings

MOVED = "moved"
"""Key in the table `about`: since when the organisation lives elsewhere."""
_BEFORE = "before_%Y%m%d_%H%M%S_%f"


class Place:
    """One node's database, locked: nobody else has it open."""

    def __init__(self, node: str, url: str, database: Database) -> None:
        self.node = node
        self.database = database
        self._url = url
        self._service = node.rpartition(".")[2]

    @contextmanager
    def keys(self) -> Generator[Connection]:
        """The keys of what the node keeps about persons."""
        database = keys_database(self._url, self.node)
        try:
            with opening(self._url), database.write() as connection:
                make(connection)
                yield connection
        finally:
            database.close()

    def known(self) -> dict[str, str] | None:
        """What the database says about itself; None when there is none. Raises `DatabaseUnusable("database-foreign")`."""
        if self.database.path is not None and not self.database.path.exists():
            return None
        with opening(self._url), self.database.read() as connection:
            if not inspect(connection).has_table(about.name):
                return None
            found = {row.key: row.value for row in connection.execute(select(about))}
        if found.get("node") != self.node:
            raise DatabaseUnusable("database-foreign", node=self.node, owner=found.get("node", "?"))
        return found

    def leave(self, at: datetime) -> None:
        """Take nothing any more here."""
        with self.database.write() as connection:
            connection.execute(delete(about).where(about.c.key == MOVED))
            connection.execute(insert(about), {"key": MOVED, "value": at.isoformat()})

    def stage(self) -> Database:
        """An empty database beside this one."""
        if self.database.path is None:
            with self.database.write() as connection:
                connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {self._service}_restoring CASCADE")
            return Database(self._url, f"{self._service}_restoring")
        fresh = _beside(self.database.path, "restoring")
        for name in _files(fresh):
            name.unlink(missing_ok=True)
        return Database(f"sqlite:///{fresh}", self._service)

    def swap(self, file: Path, begun: datetime) -> str | None:
        """Put the staged file in this one's place; gives where the former stands now, if there was one.

        `begun`: when that was first tried. What was put aside then is the former; what stands here since was never opened.
        """
        self.database.close()  # folds what the last owner left in the write-ahead log into the file
        aside = _beside(file, begun.strftime(_BEFORE))
        if not aside.exists():
            _moved(file, aside)
        _moved(_beside(file, "restoring"), file)
        settled(file.parent)
        return str(aside) if aside.exists() else None

    def swap_schema(self, connection: Connection, now: datetime, *, there: bool) -> str | None:
        """The same for a staged schema."""
        service, aside = self._service, f"{self._service}_{now.strftime(_BEFORE)}"
        away = f"ALTER SCHEMA {service} RENAME TO {aside}" if there else f"DROP SCHEMA {service}"
        connection.exec_driver_sql(away)
        connection.exec_driver_sql(f"ALTER SCHEMA {service}_restoring RENAME TO {service}")
        return f"schema {aside}" if there else None


def swapped(places: Sequence[Place], there: Sequence[bool], begun: datetime) -> list[str]:
    """Put what is staged for an organisation in place; gives where the former databases stand. On PostgreSQL that is one transaction."""
    files = [(place, place.database.path) for place in places if place.database.path is not None]
    if files:
        moved = [place.swap(file, begun) for place, file in files]
    else:
        now = datetime.now(UTC)
        with places[0].database.write() as connection:
            moved = [place.swap_schema(connection, now, there=was) for place, was in zip(places, there, strict=True)]
    return [aside for aside in moved if aside]


@contextmanager
def held(settings: Settings, organisation: str, service: str, *, half: bool = False) -> Generator[Place]:
    """A node's database while the block lasts; `half`: also what a restore has left half put back.

    Raises `DatabaseUnusable`: `database-owned` when the node runs, `database-unreachable`, `database-corrupt`, `restore-unfinished`.
    """
    node, url = f"{organisation}.{service}", database_url(settings, organisation, service)
    database = Database(url, service)
    ownership = Ownership(database, node)
    if database.path is not None:
        database.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with opening(url):
            ownership.acquire(None if half else settings.data / organisation)
        yield Place(node, url, database)
    finally:
        database.close()
        ownership.release()


class Secret(msgspec.Struct, frozen=True, tag="secret"):
    """One of an organisation's key files."""

    name: str
    secret: str


def secrets(settings: Settings, organisation: str) -> Iterable[bytes]:
    """An organisation's keys, a line each."""
    for path in sorted((settings.data / organisation / "keys").iterdir()):
        if not path.name.startswith("."):
            yield msgspec.json.encode(Secret(path.name, path.read_text().strip())) + b"\n"


def check_secret(settings: Settings, organisation: str, one: Secret) -> tuple[Path, str]:
    """Where a key belongs, and what it is. Raises `Refused("keys-differ")` when another one stands there."""
    path = settings.data / organisation / "keys" / Path(one.name).name
    if path.exists() and path.read_text().strip() != one.secret:
        raise Refused("keys-differ", path=str(path))
    return path, one.secret


def _beside(path: Path, what: str) -> Path:
    return path.with_name(f"{path.name}.{what}")


def _files(path: Path) -> tuple[Path, ...]:
    """The file itself last: while it stands there, it has what belongs to it or had that put aside."""
    return path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm"), path


def _moved(path: Path, to: Path) -> None:
    for one, other in zip(_files(path), _files(to), strict=True):
        if one.exists():
            one.rename(other)
