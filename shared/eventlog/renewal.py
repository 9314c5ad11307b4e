"""A restored log gets a new identity, so that it is never mistaken for its former self."""

from datetime import datetime
from uuid import UUID

from eventsourcing.persistence import Notification
from sqlalchemy import Connection, delete, insert, select

from shared.eventlog.mapper import EventMapper
from shared.eventlog.opening import log_ids
from shared.eventlog.recorded import name_of
from shared.eventlog.registry import Registry
from shared.eventlog.restored import LogRestored
from shared.eventlog.tables import events, identities
from shared.eventlog.types import Recorded


def renew(connection: Connection, log: UUID, *, made: datetime, now: datetime) -> None:
    """Begin the new identity `log` after the last event, with the event that says so. `made`: when the backup was."""
    mapper = EventMapper(Registry(()))
    row = connection.execute(select(*events.c).order_by(events.c.position.desc()).limit(1)).one_or_none()
    position, at = 0, now
    if row is not None:
        last = mapper.to_domain_event(Notification(row.stream, row.version, row.type, bytes(row.state), row.position))
        position, at = last.position, max(now, last.at)  # recording time never runs backwards
    former = log_ids(connection)[-1]
    event = Recorded(LogRestored(former, position, made), log, 1, position + 1, log, at, "system", "")
    connection.execute(delete(identities).where(identities.c.since == position + 1))  # one that recorded nothing
    connection.execute(insert(identities), {"since": position + 1, "id": log})
    stored = mapper.to_stored_event(event)
    connection.execute(
        insert(events),
        {"position": position + 1, "stream": log, "version": 1, "type": stored.topic, "state": stored.state},
    )


def kept(connection: Connection) -> int | None:
    """The last position from before the log's latest restore; None when it never was restored."""
    since = connection.scalar(select(identities.c.since).order_by(identities.c.since.desc()).limit(1))
    began = connection.scalar(select(events.c.type).where(events.c.position == since))
    return since - 1 if since is not None and began == name_of(LogRestored) else None
