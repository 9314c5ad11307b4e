"""Forgotten means gone: once an event that ends keys is committed they are destroyed, and no bytes of what was deleted are left."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, bindparam, delete, insert, select

from shared.eventlog.columns import Id
from shared.eventlog.database import Database
from shared.eventlog.keystore import Keys
from shared.eventlog.keytables import Whose
from shared.eventlog.ownership import Ownership
from shared.eventlog.protection import whose
from shared.eventlog.tables import forgetting
from shared.eventlog.types import Recorded
from shared.personal import Subject

_NOTE = insert(forgetting)
_DONE = delete(forgetting).where(
    forgetting.c.subject == bindparam("who", type_=Id), forgetting.c.purpose == bindparam("what")
)


class Forgetting:
    """What one node still has to forget. It is noted in the transaction that records the event, so that a crash delays it only."""

    def __init__(self, node: str, database: Database, ownership: Ownership, keys: Keys | None) -> None:
        self.owed: list[Whose] = []
        self._node = node
        self._database = database
        self._ownership = ownership
        self._keys = keys

    def open(self, connection: Connection) -> None:
        """Read what is still owed."""
        self.owed = [(row.subject, row.purpose) for row in connection.execute(select(forgetting))]

    def note(self, connection: Connection, ended: Sequence[Whose]) -> None:
        """Note what events end, in their transaction; `take` it once that is committed."""
        new = [one for one in ended if one not in self.owed]
        if new:
            connection.execute(_NOTE, [{"subject": subject, "purpose": purpose} for subject, purpose in new])

    def take(self, ended: Sequence[Whose]) -> None:
        """What was noted is committed: from now on it may be destroyed."""
        self.owed += [one for one in ended if one not in self.owed]

    def carry_out(self, now: datetime) -> None:
        """Destroy the keys, and leave no bytes of deleted rows. What fails is said, and stays owed."""
        try:
            gone = self._keys is None or self._keys.destroy(self.owed, now)
            if not (gone and self._database.settle()):
                return  # a reader is in the way: a little later
            with self._database.write() as connection:
                self._ownership.check(connection)
                connection.execute(_DONE, [{"who": subject, "what": purpose} for subject, purpose in self.owed])
            self.owed = []
        except Exception as fault:  # noqa: BLE001  (the event is recorded; only this is late)
            structlog.get_logger().error("keys could not be destroyed yet", node=self._node, error=type(fault).__name__)


def ended_by(events: Sequence[Recorded[Any]]) -> Iterator[Whose]:
    """Whose keys some events destroy."""
    for one in events:
        ends: Sequence[Subject] = getattr(one.event, "FORGETS", ())
        for subject in ends:
            yield whose(subject, one.event, one.stream)
