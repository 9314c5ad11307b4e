"""Making, checking and opening a node's database."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, Table, delete, insert, inspect, select

from shared.eventlog.database import DatabaseUnusable
from shared.eventlog.tables import OWN, SCHEMA, about, commands, identities

REMEMBERED = timedelta(days=30)
"""How long a command id is known."""


def prepare(connection: Connection, node: str, new_log_id: UUID, tables: Iterable[Table]) -> None:
    """See that what stands in the database is this node's, and make what is missing: the log's tables and those of its reactions.

    Raises:
        DatabaseUnusable: `database-foreign` (another program's or another node's),
            `database-newer` (of a later version of Kring), `database-moved` (it was exported: its organisation lives elsewhere).
    """
    found = set(inspect(connection).get_table_names())
    if found:
        _check(connection, node, found)
    for table in (*OWN, *tables):
        if table.name not in found:
            table.create(connection)
    if not found:
        connection.execute(insert(about), [{"key": "node", "value": node}, {"key": "schema", "value": str(SCHEMA)}])
        connection.execute(insert(identities), {"since": 1, "id": new_log_id})


def checked(connection: Connection, node: str) -> None:
    """See that what stands in the database, if anything, is this node's; changes nothing. Raises like `prepare`."""
    if found := set(inspect(connection).get_table_names()):
        _check(connection, node, found)


def _check(connection: Connection, node: str, found: set[str]) -> None:
    if about.name not in found:
        raise DatabaseUnusable("database-foreign", node=node, owner="?")
    known = {row.key: row.value for row in connection.execute(select(about))}
    if known.get("node") != node:
        raise DatabaseUnusable("database-foreign", node=node, owner=known.get("node", "?"))
    if "moved" in known:
        raise DatabaseUnusable("database-moved", node=node, at=known["moved"])
    if int(known["schema"]) > SCHEMA:
        raise DatabaseUnusable("database-newer", node=node, found=known["schema"], known=SCHEMA)


def log_ids(connection: Connection) -> list[UUID]:
    """All identities this log has had, oldest first."""
    return [row.id for row in connection.execute(select(identities).order_by(identities.c.since))]


def forget_commands(connection: Connection, now: datetime) -> None:
    """Whoever asks the same again after so long is not recognised any more."""
    connection.execute(delete(commands).where(commands.c.at < now - REMEMBERED))
