"""Following the chain of an access log, to see that no entry was altered or taken out."""

from typing import Any

import msgspec
from sqlalchemy import Connection, select

from shared.eventlog.accesses import Tail, accesses, begun, committed, linked, seen

SECTION = 1_000
"""Entries that are looked at together."""


class Break(msgspec.Struct, frozen=True):
    """The first place where a chain does not hold."""

    number: int
    fault: str
    """`missing` (no entry has this number), `altered` (entry or persons were), `cut-off` (the end is gone)."""


def examined(after: Tail, connection: Connection) -> Tail | Break:
    """Follow the chain over the next entries; gives where it stands, or the first break."""
    tail = after
    next_ones = select(accesses).where(accesses.c.number > after.number).order_by(accesses.c.number).limit(SECTION)
    rows = connection.execute(next_ones).mappings().all()
    persons = _persons(connection, rows[0]["number"], rows[-1]["number"]) if rows else {}
    for row in rows:
        number, of_entry = row["number"], persons.get(row["number"], ())
        if number != tail.number + 1:
            return Break(tail.number + 1, "missing")
        found = linked(tail.hash, row, [bytes(one.commitment) for one in of_entry])
        if found != bytes(row["hash"]) or not all(map(_kept, of_entry)):
            return Break(number, "altered")
        tail = Tail(number, found, row["at"])
    return tail


def _persons(connection: Connection, first: int, last: int) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for one in connection.execute(
        select(seen).where(seen.c.entry.between(first, last)).order_by(seen.c.entry, seen.c.place)
    ):
        found.setdefault(one.entry, []).append(one)
    return found


def _kept(one: Any) -> bool:
    """Whether a person's row says what it was committed to; of who is forgotten it says nothing."""
    if one.subject is None:
        return one.salt is None and one.record is None
    return one.salt is not None and committed(bytes(one.salt), one.subject, one.record) == bytes(one.commitment)


def whole(connection: Connection) -> Tail | Break:
    """Follow all of it; gives where it stands, or the first break."""
    at: Tail | Break = begun(connection)
    before = None
    while isinstance(at, Tail) and at != before:
        before = at
        at = examined(before, connection)
    return at
