"""The keys of a node's personal data, in a database of their own: one for each subject and purpose, wrapped by a master key.

Keys are committed before what needs them. A destroyed key leaves its name in a ledger, so that no backup brings it back.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, select

from shared.eventlog.database import Database
from shared.eventlog.keytables import (
    ADD,
    DESTROY,
    REMOVE,
    Whose,
    destroyed,
    ended,
    keys,
    keys_database,
    make,
    name_of,
    rewrap,
    wrapped,
)
from shared.eventlog.masterkey import Master, boxed, opened
from shared.rules import Unavailable

T = TypeVar("T")
_UNKNOWN: Any = object()
_KEPT = 2_000
"""Keys of a node that are held in memory, unwrapped."""


def keystore(url: str, node: str, master: Master | None) -> "Keys":
    """The keys of a node whose log is at `url`: in a file beside it, or in a schema of their own.

    Raises:
        TypeError: without a master key.
    """
    if master is None:
        msg = f"{node} keeps what is about persons: it needs a master key"
        raise TypeError(msg)
    return Keys(keys_database(url, node), node, master)


class Ring:
    """Some of a node's keys, at hand: no database is asked. None stands for one that was destroyed."""

    def __init__(self, node: str, ciphers: Mapping[Whose, AESGCM | None]) -> None:
        self._node = node
        self._ciphers = ciphers

    @property
    def destroyed(self) -> set[Whose]:
        """Those of which nothing can be kept any more."""
        return {whose for whose, cipher in self._ciphers.items() if cipher is None}

    def seal(self, whose: Whose, plain: bytes, place: bytes) -> bytes | None:
        """Encrypt what is said about a subject, for one place; None when their key was destroyed."""
        cipher = self._ciphers[whose]
        return None if cipher is None else boxed(cipher, plain, place)

    def reveal(self, whose: Whose, box: bytes, place: bytes) -> bytes | None:
        """Decrypt; None when the subject's key was destroyed.

        Raises:
            Unavailable: `personal-key-missing`, `personal-damaged` (altered, or moved from another place).
        """
        if whose not in self._ciphers:
            raise Unavailable("personal-key-missing", node=self._node)
        cipher = self._ciphers[whose]
        if cipher is None:
            return None
        try:
            return opened(cipher, box, place)
        except InvalidTag:
            raise Unavailable("personal-damaged", node=self._node) from None


class Keys:
    """One node's keys. Its database is made and opened when a key is first needed. Safe for many threads."""

    def __init__(self, database: Database, node: str, master: Master) -> None:
        self._database = database
        self._node = node
        self._master = master
        self._lock = threading.Lock()
        self._known: OrderedDict[Whose, AESGCM | None] = OrderedDict()
        self._made = False
        self._destructions = 0

    def provide(self, wanted: Collection[Whose]) -> "Ring":
        """These keys, for sealing: those that never were are made, and committed. What was destroyed stays so."""
        since, found = self._destructions, self._held(wanted)
        if len(found) == len(wanted):
            return Ring(self._node, found)
        missing = [one for one in wanted if one not in found]
        with self._writing() as connection:
            found |= self._read(connection, missing)
            fresh = {one: AESGCM.generate_key(256) for one in missing if one not in found}
            rows = [
                {"subject": one[0], "purpose": one[1], "wrapped": self._master.wrap(key, name_of(self._node, one))}
                for one, key in fresh.items()
            ]
            if rows:
                connection.execute(ADD, rows)
        return self._keep(found | {one: AESGCM(key) for one, key in fresh.items()}, since)

    def fetch(self, wanted: Collection[Whose]) -> "Ring":
        """These keys, for reading: one question to the database for all that are not in memory."""
        since, found = self._destructions, self._held(wanted)
        if len(found) == len(wanted):
            return Ring(self._node, found)
        if not self._made:
            self.copied(lambda _: None)
        with self._database.read() as connection:
            found |= self._read(connection, [one for one in wanted if one not in found])
        return self._keep(found, since)

    def destroy(self, some: Collection[Whose], at: datetime) -> bool:
        """Destroy keys, for ever. False: bytes of them are still in the database, as a reader is in the way; ask again."""
        with self._writing() as connection:
            gone = ended(connection, some)
            rows = [{"subject": one[0], "purpose": one[1], "at": at} for one in some if one not in gone]
            if rows:
                connection.execute(DESTROY, rows)
            connection.execute(REMOVE, [{"who": subject, "what": purpose} for subject, purpose in some])
        with self._lock:
            self._destructions += 1
            for one in some:
                self._known.pop(one, None)
        return self._database.settle(keys)

    def forgotten(self) -> dict[UUID, set[str]]:
        """All subjects in the ledger, with the purposes that ended."""
        found = dict[UUID, set[str]]()
        for row in self.copied(lambda connection: connection.execute(select(destroyed)).all()):
            found.setdefault(row.subject, set()).add(row.purpose)
        return found

    def rewrap(self, master: Master) -> None:
        """Wrap every key with the newest master key; what they protect stays as it is."""
        with self._writing() as connection:
            rewrap(connection, self._node, master)
            self._master = master

    def copied(self, copy: Callable[[Connection], T]) -> T:
        """Read the whole of it, at one moment."""
        with self._writing() as connection:
            return copy(connection)

    def rest(self) -> None:
        """Let go of what is only there for speed."""
        with self._lock:
            self._known.clear()
        self._database.rest()

    def close(self) -> None:
        """Let go of everything."""
        self._database.close()

    def _held(self, wanted: Collection[Whose]) -> dict[Whose, AESGCM | None]:
        """Those in memory; they are the last to go from it now. An id hashes slowly: each is looked up as seldom as can be."""
        held = dict[Whose, AESGCM | None]()
        with self._lock:
            for one in wanted:
                cipher = self._known.get(one, _UNKNOWN)
                if cipher is not _UNKNOWN:
                    held[one] = cipher
                    self._known.move_to_end(one)
        return held

    def _keep(self, found: dict[Whose, AESGCM | None], since: int) -> Ring:
        """What was read while a key was destroyed may be that key: it is used once more, and not kept."""
        with self._lock:
            self._known |= found if since == self._destructions else {}
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return Ring(self._node, found)

    @contextmanager
    def _writing(self) -> Generator[Connection]:
        """One transaction, in which the tables are made where they are not yet; only its commit says that they are."""
        with self._database.write() as connection:
            if not self._made:
                make(connection)
            yield connection
        self._made = True

    def _read(self, connection: Connection, some: Collection[Whose]) -> dict[Whose, AESGCM | None]:
        found: dict[Whose, AESGCM | None] = {
            whose: AESGCM(self._master.unwrap(box, name_of(self._node, whose)))
            for whose, box in wrapped(connection, some)
        }
        if missing := [one for one in some if one not in found]:
            found |= dict.fromkeys(ended(connection, missing))
        return found
