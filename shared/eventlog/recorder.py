"""The eventsourcing library's recorder interface, on SQLAlchemy Core: one path for SQLite and PostgreSQL.

Positions are given out here, not by the database: a log has one writer, and its views and letters need them before the rows are written.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any, Never
from uuid import UUID

from eventsourcing.persistence import Notification, ProcessRecorder, StoredEvent, Tracking
from sqlalchemy import BigInteger, Connection, Integer, Row, bindparam, func, insert, select, update

from shared.eventlog.changes import run
from shared.eventlog.columns import Id
from shared.eventlog.database import Database
from shared.eventlog.tables import events, tracking

_EVENT = insert(events)
_TRACK = insert(tracking)
_MOVE = update(tracking).where(tracking.c.upstream == bindparam("name")).values(position=bindparam("to"))
COLUMNS = (events.c.position, events.c.stream, events.c.version, events.c.type, events.c.state)
_MOST = 2**31 - 1
"""More than any version, position or number of rows that is asked for."""
_LAST = select(func.max(events.c.position))
_OF_STREAM = (
    select(*COLUMNS)
    .where(
        events.c.stream == bindparam("of", type_=Id),
        events.c.version > bindparam("after", type_=BigInteger),
        events.c.version <= bindparam("until", type_=BigInteger),
    )
    .limit(bindparam("most", type_=Integer))
)
_UPWARD, _DOWNWARD = _OF_STREAM.order_by(events.c.version), _OF_STREAM.order_by(events.c.version.desc())
_ALL = (
    select(*COLUMNS)
    .where(
        events.c.position >= bindparam("since", type_=BigInteger),
        events.c.position <= bindparam("until", type_=BigInteger),
    )
    .order_by(events.c.position)
    .limit(bindparam("most", type_=Integer))
)
_OF_TYPES = _ALL.where(events.c.type.in_(bindparam("types", expanding=True)))


class Recorder(ProcessRecorder):
    """Events and tracking of one node. Every method takes part in the given `connection`'s transaction, or opens its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def _writing(self, connection: Connection | None) -> Generator[Connection]:
        if connection is not None:
            yield connection
        else:
            with self._database.write() as own:
                yield own

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        tracking: Tracking | None = None,
        connection: Connection | None = None,
        after: int | None = None,
        **_: Any,
    ) -> Sequence[int]:
        """Write events after all others (`after`: their last position, where it is known); gives the positions."""
        with self._writing(connection) as writing:
            if tracking is not None:
                self.insert_tracking(tracking, connection=writing)
            if not stored_events:
                return []
            first = ((self._last(writing) or 0) if after is None else after) + 1
            rows = [_row(position, stored) for position, stored in enumerate(stored_events, first)]
            run(writing, _EVENT, rows)
            return range(first, first + len(rows))

    def insert_tracking(self, tracking: Tracking, *, connection: Connection | None = None) -> None:
        """Move the high-water mark of an upstream."""
        name, to = tracking.application_name, tracking.notification_id
        with self._writing(connection) as writing:
            if run(writing, _MOVE, [{"name": name, "to": to}]) == 0:
                run(writing, _TRACK, [{"upstream": name, "position": to}])

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[Notification]:
        """One stream's events, with their positions."""
        wanted = {"of": originator_id, "after": gt or 0, "until": _MOST if lte is None else lte, "most": limit or _MOST}
        with self._database.read() as reading:
            return [notification(row) for row in reading.execute(_DOWNWARD if desc else _UPWARD, wanted)]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Events in the order of recording."""
        since = (start or 0) + (0 if inclusive_of_start else 1)
        wanted = {"since": since, "until": 2**63 - 1 if stop is None else stop, "most": limit}
        query, types = (_OF_TYPES, {"types": list(topics)}) if topics else (_ALL, {})
        with self._database.read() as reading:
            return [notification(row) for row in reading.execute(query, wanted | types).all()]

    def max_notification_id(self) -> int | None:
        """Position of the last event; None in an empty log."""
        with self._database.read() as reading:
            return self._last(reading)

    def max_tracking_id(self, application_name: str) -> int | None:
        """How far an upstream was followed; None when never."""
        query = select(tracking.c.position).where(tracking.c.upstream == application_name)
        with self._database.read() as reading:
            found: int | None = reading.execute(query).scalar()
            return found

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Never:
        """Not offered: `Log.wait` tells of each commit."""
        raise NotImplementedError

    def _last(self, connection: Connection) -> int | None:
        found: int | None = connection.execute(_LAST).scalar()
        return found


def _row(position: int, stored: StoredEvent) -> dict[str, Any]:
    stream, version = stored.originator_id, stored.originator_version
    return {"position": position, "stream": stream, "version": version, "type": stored.topic, "state": stored.state}


def notification(row: Row[Any]) -> Notification:
    """An event of `COLUMNS`."""
    position, stream, version, kind, state = row
    return Notification(stream, version, kind, state, position)
