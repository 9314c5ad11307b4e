"""Many small statements, run with little ado: SQLAlchemy compiles each once, the driver runs it for rows and rows."""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Update
from sqlalchemy.exc import DBAPIError

from shared.eventlog.types import Change

Value = Callable[[Any], Any]


class Slot(NamedTuple):
    """A parameter of a statement."""

    name: str | None
    """None: its value stands in the statement itself."""
    make: Value | None
    """What makes a value of the driver's of it, where it is none yet."""
    fixed: Any


class Prepared(NamedTuple):
    """A statement as the driver takes it."""

    sql: str
    slots: Sequence[Slot]
    names: Sequence[str] | None
    """Parameters' names, where the driver takes them by name; otherwise it takes them in the order of the slots."""

    def rows(self, changes: Iterable[Mapping[str, Any]]) -> list[Any]:
        """Parameters as the driver takes them."""
        rows = [
            tuple(
                [
                    fixed if name is None else one[name] if make is None else make(one[name])
                    for name, make, fixed in self.slots
                ]
            )
            for one in changes
        ]
        return rows if self.names is None else [dict(zip(self.names, row, strict=True)) for row in rows]


def execute(connection: Connection, changes: Iterable[Change]) -> None:
    """Run changes grouped per table, in order within each table; runs of one statement go as one `executemany`.

    Tables are independent of each other (no foreign keys between read models), so only the order within a table matters.
    """
    tables: dict[Any, list[tuple[Any, list[Mapping[str, Any]]]]] = {}
    for statement, parameters in changes:
        runs = tables.setdefault(statement.table, [])
        if runs and runs[-1][0] is statement and runs[-1][1][0].keys() == parameters.keys():
            runs[-1][1].append(parameters)
        else:
            runs.append((statement, [parameters]))
    for runs in tables.values():
        for statement, rows in runs:
            run(connection, statement, rows)


def run(connection: Connection, statement: Insert | Update | Delete, rows: Sequence[Mapping[str, Any]]) -> int:
    """Run one statement for rows that name the same parameters; gives how many rows of the table it touched."""
    prepared = _prepared(statement, connection.dialect, tuple(rows[0]))
    made = prepared.rows(rows)
    with _cursor(connection, prepared.sql) as cursor:
        if len(made) == 1:
            cursor.execute(prepared.sql, made[0])
        else:
            cursor.executemany(prepared.sql, made)
        return int(cursor.rowcount)


def value(connection: Connection, statement: Select[Any]) -> Any:
    """The first column of the first row, as the driver gives it; None where there is no row."""
    prepared = _prepared(statement, connection.dialect, ())
    with _cursor(connection, prepared.sql) as cursor:
        row = cursor.execute(prepared.sql, prepared.rows([{}])[0]).fetchone()
        return None if row is None else row[0]


@contextmanager
def _cursor(connection: Connection, sql: str) -> Generator[Any]:
    """What the driver raises is raised as SQLAlchemy would."""
    driver: Any = connection.dialect.dbapi
    try:
        with closing(connection.connection.cursor()) as cursor:
            yield cursor
    except driver.Error as fault:
        raise DBAPIError.instance(sql, None, fault, driver.Error, dialect=connection.dialect) from fault


@lru_cache(maxsize=1024)
def _prepared(statement: Any, dialect: Dialect, names: tuple[str, ...]) -> Prepared:
    """Statements are constants of their modules, and a process has one dialect or two: this is done once for each.

    Raises:
        TypeError: `IN (…)` in a change; SQLAlchemy would write it anew for each row.
    """
    compiled = statement.compile(dialect=dialect, column_keys=list(names), for_executemany=True)
    if compiled.post_compile_params:
        msg = f"a change compares with each value by itself: {compiled}"
        raise TypeError(msg)
    binds = {compiled.bind_names[bind]: bind for bind in compiled.binds.values()}
    order = list(compiled.positiontup or binds)
    slots = [_slot(binds[name], compiled.params, name, dialect, given=name in names) for name in order]
    return Prepared(str(compiled), slots, None if compiled.positional else order)


def _slot(bind: Any, fixed: Mapping[str, Any], name: str, dialect: Dialect, *, given: bool) -> Slot:
    make = bind.type.dialect_impl(dialect).bind_processor(dialect)
    value = None if given else fixed[name]
    return Slot(name if given else None, make, value if make is None or given else make(value))
