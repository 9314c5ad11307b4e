"""A node's database as lines of text, the same for SQLite and PostgreSQL: all but the views, which are made again from the log."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Column, Connection, LargeBinary, Table, func, insert, inspect, select, text

from shared.eventlog.accesses import Tail, accesses, standing
from shared.eventlog.columns import Id, Instant
from shared.eventlog.opening import log_ids
from shared.eventlog.tables import OWN, SCHEMA, about, events, views
from shared.wire.outbox import Outbox

TABLES: tuple[Table, ...] = (*(table for table in OWN if table is not views), *Outbox.TABLES)
"""What is kept. A view's table can be made again from the log."""
_AT_ONCE = 500
_ONE_LOOK = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
"""SQLite's readers see one state anyway; PostgreSQL's have to ask for it, before their first look."""


class Part(msgspec.Struct, frozen=True):
    """Which node's, and how far its log was."""

    node: str
    schema: int
    log: UUID
    position: int
    accesses: tuple[int, str] | None = None
    """Number and hash of the access log's last entry: who has this file can see whether later the log still goes through it."""


class Section(msgspec.Struct, frozen=True, tag="rows"):
    """Some rows of one table: one line."""

    node: str
    table: str
    columns: tuple[str, ...]
    rows: msgspec.Raw


def part(connection: Connection, node: str) -> Part:
    """Where a node's log stands. The first look of a transaction: what follows sees the same."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_ONE_LOOK)
    schema = connection.scalar(select(about.c.value).where(about.c.key == "schema"))
    position = connection.scalar(select(func.max(events.c.position)))
    end = standing(connection) if inspect(connection).has_table(accesses.name) else Tail()
    return Part(node, int(schema or SCHEMA), log_ids(connection)[-1], position or 0, (end.number, end.hash.hex()))


def lines(connection: Connection, node: str, tables: Iterable[Table] = TABLES) -> Iterator[bytes]:
    """All rows that are kept, in the transaction that `part` began."""
    made = set(inspect(connection).get_table_names())
    for table in (one for one in tables if one.name in made):  # one that came later is not in an old database
        names = tuple(str(column.name) for column in table.columns)
        found = connection.execute(select(table).execution_options(yield_per=_AT_ONCE))
        for some in found.partitions():
            raw = msgspec.Raw(msgspec.json.encode([tuple(row) for row in some]))
            yield msgspec.json.encode(Section(node, str(table.name), names, raw)) + b"\n"


def fill(connection: Connection, sections: Iterable[Section]) -> None:
    """Make the tables in an empty database, and put the rows back."""
    for table in TABLES:
        table.create(connection)
    by_name = {table.name: table for table in TABLES}
    for section in sections:
        table = by_name[section.table]
        connection.execute(insert(table), rows(section, table))
    if connection.dialect.name == "postgresql":  # numbers that were put in are not drawn from the table's sequence
        connection.execute(
            text(
                "SELECT setval(pg_get_serial_sequence('parked', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM parked), false)"
            )
        )


def rows(section: Section, table: Table) -> list[dict[str, Any]]:
    """A section's rows, by column."""
    found: list[Any] = msgspec.json.decode(section.rows, type=_rows(table, section.columns))
    return [dict(zip(section.columns, row, strict=True)) for row in found]


def _rows(table: Table, columns: Iterable[str]) -> Any:
    """The type of some rows of a table, as they stand in the file."""
    many: Any = list
    row: Any = tuple
    return many[row[tuple(_kind(table.columns[name]) for name in columns)]]


def _kind(column: Column[Any]) -> Any:
    match column.type:
        case Id():
            kind: Any = UUID
        case Instant():
            kind = datetime
        case LargeBinary():
            kind = bytes
        case other:
            kind = other.python_type
    return kind | None if column.nullable else kind
