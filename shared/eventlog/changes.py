"""Many small statements, run with little ado: SQLAlchemy compiles each once, the driver runs it for rows and rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias, TypeVar

from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Table, Update, bindparam, delete
from sqlalchemy.dialects.postgresql import insert  # with ON CONFLICT, which SQLite writes alike
from sqlalchemy.exc import DBAPIError

from shared.eventlog.types import Change

Value = Callable[[Any], Any]
S = TypeVar("S", Insert, Delete)
_Statement: TypeAlias = Insert | Update | Delete
_Parameters: TypeAlias = Mapping[str, Any]
_KEYED: set[_Statement] = set()
"""Statements that name whole rows by their key."""


class _Run(NamedTuple):
    statement: _Statement
    names: tuple[str, ...]
    rows: list[Any]


class Prepared(NamedTuple):
    """A statement as the driver takes it."""

    sql: str
    given: Sequence[str]
    makes: Sequence[tuple[int, Value]]
    """What makes a value of the driver's of one that is given."""
    fixed: Sequence[Any]
    """Values of the statement itself; they come after those that are given."""
    order: Sequence[int]
    """In which the driver takes them all."""
    names: Sequence[str] | None
    """Under which it takes them in that order; None: by order alone."""

    def row(self, one: _Parameters) -> Any:
        """Parameters as the driver takes them."""
        values = [one[name] for name in self.given]
        for at, make in self.makes:
            values[at] = make(values[at])
        if self.fixed:
            values += self.fixed
            values = [values[at] for at in self.order]
        return values if self.names is None else dict(zip(self.names, values, strict=True))


@cache
def put(table: Table) -> Insert:
    """A row in the place of what stands under its key. Parameters are named as the columns, here and below."""
    adding = insert(table)
    others = {column.name: adding.excluded[column.name] for column in table.c if not column.primary_key}
    return _keyed(adding.on_conflict_do_update(index_elements=table.primary_key, set_=others))


@cache
def first(table: Table) -> Insert:
    """A row, unless one stands under its key."""
    return _keyed(insert(table).on_conflict_do_nothing(index_elements=table.primary_key))


@cache
def drop(table: Table) -> Delete:
    """No row under this key."""
    return _keyed(delete(table).where(*(column == bindparam(column.name) for column in table.primary_key)))


def execute(connection: Connection, changes: Iterable[Change]) -> None:
    """Run changes grouped per table, in order within each table; runs of one statement go as one `executemany`.

    Tables are independent of each other (no foreign keys between read models), so only the order within a table matters.
    """
    tables: dict[Any, list[_Run]] = {}
    for statement, parameters in changes:
        runs, names = tables.setdefault(statement.table, []), tuple(parameters)
        if runs and runs[-1].statement is statement and runs[-1].names == names:
            runs[-1].rows.append(parameters)
        else:
            runs.append(_Run(statement, names, [parameters]))
    with closing(connection.connection.cursor()) as cursor:
        for table, runs in tables.items():
            for one in _left(table, runs) if all(one.statement in _KEYED for one in runs) else runs:
                _run(cursor, connection.dialect, one)


def _left(table: Table, runs: Iterable[_Run]) -> Iterable[_Run]:
    """What is left of changes that name whole rows by key: the last one of each row, as the order of others does not matter."""
    key_of = itemgetter(*table.primary_key.columns.keys())
    last: dict[Any, tuple[_Statement, tuple[str, ...], _Parameters]] = {}
    for statement, names, rows in runs:
        unless = statement is first(table)
        for row in rows:
            key = key_of(row)
            if unless and key in last:
                if last[key][0] is drop(table):
                    last[key] = (put(table), names, row)
            else:
                last[key] = (statement, names, row)
    left: dict[Any, _Run] = {}
    for statement, names, row in last.values():
        left.setdefault((statement, names), _Run(statement, names, [])).rows.append(row)
    return left.values()


def run(connection: Connection, statement: _Statement, rows: Sequence[_Parameters]) -> int:
    """Run one statement for rows that name the same parameters; gives how many rows of the table it touched."""
    with closing(connection.connection.cursor()) as cursor:
        return _run(cursor, connection.dialect, _Run(statement, tuple(rows[0]), list(rows)))


def _run(cursor: Any, dialect: Dialect, one: _Run) -> int:
    prepared = _prepared(one.statement, dialect, one.names)
    _ask(cursor, dialect, prepared.sql, [prepared.row(row) for row in one.rows])
    return int(cursor.rowcount)


def value(connection: Connection, statement: Select[Any]) -> Any:
    """The first column of the first row, as the driver gives it; None where there is no row."""
    prepared = _prepared(statement, connection.dialect, ())
    with closing(connection.connection.cursor()) as cursor:
        _ask(cursor, connection.dialect, prepared.sql, [prepared.row({})])
        row = cursor.fetchone()
    return None if row is None else row[0]


def _ask(cursor: Any, dialect: Dialect, sql: str, rows: list[Any]) -> None:
    """What the driver raises is raised as SQLAlchemy would, with the statement and without its values."""
    driver: Any = dialect.dbapi
    try:
        if len(rows) == 1:
            cursor.execute(sql, rows[0])
        else:
            cursor.executemany(sql, rows)
    except driver.Error as fault:
        raise DBAPIError.instance(sql, None, fault, driver.Error, dialect=dialect) from fault


def _keyed(statement: S) -> S:
    _KEYED.add(statement)
    return statement


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
    makes = {
        name: bind.type.dialect_impl(dialect).bind_processor(dialect) for bind, name in compiled.bind_names.items()
    }
    order = list(compiled.positiontup or makes)
    given = [name for name in order if name in names]
    own = [name for name in order if name not in names]
    fixed = [make(compiled.params[name]) if (make := makes[name]) else compiled.params[name] for name in own]
    where = {name: at for at, name in enumerate([*given, *own])}
    made = [(at, make) for at, name in enumerate(given) if (make := makes[name])]
    by_name = None if compiled.positional else order
    return Prepared(str(compiled), given, made, fixed, [where[name] for name in order], by_name)
