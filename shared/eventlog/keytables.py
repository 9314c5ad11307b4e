"""Where the keys of a node's personal data stand: a database of their own, with a ledger of those that were destroyed."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    Column,
    Connection,
    LargeBinary,
    MetaData,
    String,
    Table,
    bindparam,
    insert,
    select,
    update,
)
from sqlalchemy import delete as delete_from

from shared.eventlog.columns import Id, Instant
from shared.eventlog.database import Database
from shared.eventlog.masterkey import Master
from shared.ids import text

Row: TypeAlias = Mapping[str, Any]
Whose: TypeAlias = tuple[UUID, str]
"""A subject (a person's id, or that of a record about one), and the purpose."""
_AT_ONCE = 500

_metadata = MetaData()
keys = Table(
    "keys",
    _metadata,
    Column("subject", Id, primary_key=True),
    Column("purpose", String, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
)
destroyed = Table(
    "destroyed",
    _metadata,
    Column("subject", Id, primary_key=True),
    Column("purpose", String, primary_key=True),
    Column("at", Instant, nullable=False),
)
"""The ledger: keys that must never come back."""
TABLES = (keys, destroyed)
ADD, DESTROY = insert(keys), insert(destroyed)
_NAMED = (bindparam("who", type_=Id), bindparam("what", type_=String))
_REWRAP = (
    update(keys)
    .where(keys.c.subject == _NAMED[0], keys.c.purpose == _NAMED[1])
    .values(wrapped=bindparam("box", type_=LargeBinary))
)
REMOVE = delete_from(keys).where(keys.c.subject == _NAMED[0], keys.c.purpose == _NAMED[1])
_SOME: BindParameter[Any] = bindparam("some", expanding=True)
_GONE = select(destroyed.c.subject, destroyed.c.purpose, destroyed.c.at)
_KEYS = select(keys.c.subject, keys.c.purpose, keys.c.wrapped).where(
    keys.c.subject.in_(_SOME),
    ~_GONE.where(destroyed.c.subject == keys.c.subject, destroyed.c.purpose == keys.c.purpose).exists(),
)
_ENDED = _GONE.where(destroyed.c.subject.in_(_SOME))


def keys_database(url: str, node: str) -> Database:
    """Where those keys are."""
    beside = f"{url.removesuffix('.db')}.keys.db" if url.startswith("sqlite:") else url
    return Database(beside, f"{node.rpartition('.')[2]}_keys")


def wrapped(connection: Connection, some: Collection[Whose]) -> Iterator[tuple[Whose, bytes]]:
    """The keys of some that have one which was not destroyed."""
    return _found(connection, _KEYS, some)


def ended(connection: Connection, some: Collection[Whose]) -> set[Whose]:
    """Those of some whose keys were destroyed."""
    return {whose for whose, _ in _found(connection, _ENDED, some)}


def _found(connection: Connection, query: Any, some: Collection[Whose]) -> Iterator[tuple[Whose, Any]]:
    wanted, subjects = set(some), list({subject for subject, _ in some})
    for start in range(0, len(subjects), _AT_ONCE):
        for subject, purpose, value in connection.execute(query, {"some": subjects[start : start + _AT_ONCE]}).all():
            if (whose := (subject, purpose)) in wanted:
                yield whose, value


def make(connection: Connection) -> None:
    """Make the tables, where they are not there yet."""
    for table in TABLES:
        table.create(connection, checkfirst=True)


def merge(connection: Connection, wrapped: Sequence[Row], ended: Sequence[Row]) -> None:
    """Take over another copy's keys and ledger: whoever either of the two has forgotten stays forgotten."""
    make(connection)
    _add(connection, destroyed, ended)
    gone = {(row.subject, row.purpose) for row in connection.execute(select(destroyed))}
    _add(connection, keys, [one for one in wrapped if (one["subject"], one["purpose"]) not in gone])
    if gone:
        connection.execute(REMOVE, [{"who": subject, "what": purpose} for subject, purpose in gone])


def rewrap(connection: Connection, node: str, master: Master) -> None:
    """The same for a node that is not running. Raises `Unavailable("master-key-wrong")`."""
    rows = connection.execute(select(keys)).all()
    again = [
        {"who": row.subject, "what": row.purpose, "box": master.wrap(master.unwrap(bytes(row.wrapped), name), name)}
        for row in rows
        for name in (name_of(node, (row.subject, row.purpose)),)
    ]
    if again:
        connection.execute(_REWRAP, again)


def _add(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Those that are not there yet."""
    present = {(row.subject, row.purpose) for row in connection.execute(select(table.c.subject, table.c.purpose))}
    fresh = [one for one in rows if (one["subject"], one["purpose"]) not in present]
    if fresh:
        connection.execute(insert(table), fresh)


def name_of(node: str, whose: Whose) -> bytes:
    """What a wrapped key is bound to."""
    return f"{node}|{text(whose[0])}|{whose[1]}".encode()
