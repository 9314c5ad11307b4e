"""A look at a node's database while nobody owns it. It writes nothing; while it looks, nobody else can begin."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from shared.eventlog.accesses import accesses
from shared.eventlog.accessproof import Break, whole
from shared.eventlog.database import Database, DatabaseUnusable, opening
from shared.eventlog.opening import checked
from shared.eventlog.ownership import Ownership
from shared.eventlog.unfinished import refuse_unfinished


def examine(node: str, url: str, folder: Path | None = None) -> None:
    """See that the database is this node's, that its access log holds and, where it is a file, that it is whole.

    Its size decides how long that takes.

    Raises:
        DatabaseUnusable: `database-owned` (its owner can be asked instead), `access-log-…` (its chain does not hold), or what opening it
            would say; none for one not made yet.
    """
    database = Database(url, node.rpartition(".")[2])
    if database.path is not None and not database.path.exists():
        refuse_unfinished(folder, node)
        return
    ownership = Ownership(database, node)
    try:
        with opening(url):
            ownership.acquire(folder)
            with database.read() as connection:
                checked(connection, node)
                _examine_accesses(connection, node)
                said = "ok" if database.path is None else connection.execute(text("PRAGMA quick_check(1)")).scalar()
        if said != "ok":
            reason = str(said).splitlines()[-1]
            raise DatabaseUnusable("database-corrupt", database=str(database.path), reason=reason)
    finally:
        database.close()
        ownership.release()


def _examine_accesses(connection: Connection, node: str) -> None:
    if not inspect(connection).has_table(accesses.name):
        return
    found = whole(connection)
    if isinstance(found, Break):
        raise DatabaseUnusable(f"access-log-{found.fault}", node=node, number=found.number)
