"""The access log: who saw what of whom (NEN 7513), in the order of writing, each entry bound to the one before it by its hash.

A hash covers a commitment to each person, never the person's id: when somebody is forgotten id and salt go, and the chain still holds.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from shared.eventlog.changes import execute
from shared.eventlog.columns import EPOCH, MICROSECOND, Id, Instant
from shared.eventlog.types import Accessed, Seen

KEPT = timedelta(days=5 * 365 + 2)
"""How long an entry is kept: five years (NEN 7513, 8.2)."""
_metadata = MetaData()
_NUMBER = BigInteger().with_variant(Integer, "sqlite")
accesses = Table(
    "accesses",
    _metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False, index=True),
    Column("action", String, nullable=False),
    Column("what", String, nullable=False),
    Column("by", String, nullable=False),
    Column("roles", String, nullable=False),
    Column("team", String),
    Column("client", String, nullable=False),
    Column("organisation", String, nullable=False),
    Column("ground", String, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
"""Numbered without gaps, from 1. `hash` is SHA-256 over the hash before it and all that the entry says."""

seen = Table(
    "accesses_seen",
    _metadata,
    Column("entry", _NUMBER, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("subject", Id),
    Column("record", Id),
    Column("salt", LargeBinary),
    Column("commitment", LargeBinary, nullable=False),
    Index("accesses_seen_subject", "subject", "entry"),
    sqlite_with_rowid=False,
)
"""The persons of an entry. Subject, record and salt are null once the person is forgotten."""

removed = Table(
    "accesses_removed",
    _metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)
"""The last entry that grew too old and was removed: the chain goes on from its hash. One row, or none."""

authorised = Table(
    "accesses_authorised",
    _metadata,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)
"""What there is of agreements, grants and logins, as it was when its last change was recorded."""

TABLES = (accesses, seen, removed, authorised)
_ADD, _ADD_SEEN, _ADD_REMOVED = insert(accesses), insert(seen), insert(removed)
_UNLINK = update(seen).where(seen.c.subject == bindparam("whom", type_=Id)).values(subject=None, record=None, salt=None)
_NOTHING = bytes(32)


def added(connection: Connection, at: datetime, *entries: Accessed) -> None:
    """Add entries to the log of a node that does not run, in a transaction of its owner's."""
    for table in TABLES:
        table.create(connection, checkfirst=True)
    chain = Chain("")
    chain.open(connection, ())
    moment = max(at, chain.tail.at)  # recording time never runs backwards
    chain.write(connection, [(moment, one) for one in entries])


class Tail(msgspec.Struct, frozen=True):
    """Where a chain stands: its last entry."""

    number: int = 0
    hash: bytes = _NOTHING
    at: datetime = EPOCH


class Chain:
    """The access log of one node, as its writer continues it."""

    def __init__(self, node: str) -> None:
        self.tail = Tail()
        self._node = node
        self._forgotten: set[UUID] = set()

    def open(self, connection: Connection, forgotten: Iterable[UUID]) -> None:
        """Read where it stands. Of the forgotten nothing is known here yet when the answer to their commit was lost."""
        self.tail = standing(connection)
        self._forgotten.update(forgotten)

    def write(self, connection: Connection, entries: Iterable[tuple[datetime, Accessed]]) -> Tail:
        """Add entries in the transaction of their group; gives the tail to `take` once that is committed."""
        tail = self.tail
        rows, persons = list[dict[str, Any]](), list[dict[str, Any]]()
        for at, accessed in entries:
            of_entry = [self._seen(tail.number + 1, place, one) for place, one in enumerate(accessed.persons)]
            row = _row(tail.number + 1, at, accessed)
            tail = Tail(row["number"], linked(tail.hash, row, [one["commitment"] for one in of_entry]), at)
            rows.append(row | {"hash": tail.hash})
            persons += of_entry
        execute(connection, [*((_ADD, row) for row in rows), *((_ADD_SEEN, one) for one in persons)])
        if rows and tail.at.date() != self.tail.at.date():
            remove(connection, tail.at - KEPT)
        return tail

    def unlink(self, connection: Connection, forgotten: Sequence[UUID]) -> None:
        """Leave no word of these people in any entry, in the transaction that forgets them."""
        execute(connection, [(_UNLINK, {"whom": subject}) for subject in forgotten])

    def take(self, tail: Tail, forgotten: Iterable[UUID]) -> None:
        """What was written is committed. Whoever is still answered about the forgotten read before; they are not named any more.

        Once a day the process's own log says how far it was: a witness out of reach of who can only write the database.
        """
        if tail.at.date() != self.tail.at.date():
            said = {"node": self._node, "number": tail.number, "hash": tail.hash.hex()}
            structlog.get_logger().info("the access log goes on", **said)
        self.tail = tail
        self._forgotten.update(forgotten)

    def _seen(self, number: int, place: int, one: Seen) -> dict[str, Any]:
        salt = secrets.token_bytes(16)
        known = one.subject not in self._forgotten
        return {
            "entry": number,
            "place": place,
            "subject": one.subject if known else None,
            "record": one.record if known else None,
            "salt": salt if known else None,
            "commitment": committed(salt, one.subject, one.record),
        }


def committed(salt: bytes, subject: UUID, record: UUID | None) -> bytes:
    """What stands for a person in the chain. Without the salt nobody can tell whom it stands for."""
    return sha256(salt + subject.bytes + (record.bytes if record else b"")).digest()


def linked(before: bytes, row: Mapping[Any, Any], commitments: Sequence[bytes]) -> bytes:
    """The hash of an entry that follows one with the hash `before`."""
    said = [row[name] for name in _SAID]
    at = (row["at"] - EPOCH) // MICROSECOND
    return sha256(before + msgspec.json.encode((row["number"], at, *said, commitments))).digest()


_SAID = Accessed.__struct_fields__[:-1]
"""What an entry says, in the order in which the hash covers it: all but the persons."""


def _row(number: int, at: datetime, accessed: Accessed) -> dict[str, Any]:
    return {"number": number, "at": at, **{name: getattr(accessed, name) for name in _SAID}}


def standing(connection: Connection) -> Tail:
    """The last entry, or the last that was removed when there is none."""
    last = connection.execute(
        select(accesses.c.number, accesses.c.hash, accesses.c.at).order_by(accesses.c.number.desc()).limit(1)
    ).one_or_none()
    return begun(connection) if last is None else Tail(last.number, bytes(last.hash), last.at)


def begun(connection: Connection) -> Tail:
    """From where the chain goes on: the last entry that was removed."""
    row = connection.execute(select(removed)).one_or_none()
    return Tail() if row is None else Tail(row.number, bytes(row.hash))


def remove(connection: Connection, before: datetime) -> None:
    """Remove entries from before a moment; the hash of the last of them stays, so that the chain still holds."""
    found = (
        select(accesses.c.number, accesses.c.hash)
        .where(accesses.c.at < before)
        .order_by(accesses.c.at.desc(), accesses.c.number.desc())
        .limit(1)
    )
    last = connection.execute(found).one_or_none()
    if last is None:
        return
    connection.execute(delete(seen).where(seen.c.entry <= last.number))
    connection.execute(delete(accesses).where(accesses.c.number <= last.number))
    connection.execute(delete(removed))
    connection.execute(_ADD_REMOVED, {"number": last.number, "hash": last.hash})
