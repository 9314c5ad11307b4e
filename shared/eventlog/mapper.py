"""Between events as the domain knows them and events as they are stored."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import msgspec
from eventsourcing.persistence import JSONTranscoder, Mapper, Notification, StoredEvent

from shared.eventlog.keystore import Keys, Ring
from shared.eventlog.protection import MARK, Place, needed, revealed, sealed, subjects
from shared.eventlog.recorded import name_of
from shared.eventlog.registry import Registry
from shared.eventlog.types import Recorded, Unknown
from shared.ids import text


class _Stored(msgspec.Struct):
    at: datetime
    by: str
    trace: str
    log: UUID
    event: msgspec.Raw


class _Storing(msgspec.Struct):
    at: datetime
    by: str
    trace: str
    log: UUID
    event: Any


class EventMapper(Mapper[UUID]):
    """Stores an event under its own name, what is personal in it sealed, and reads old versions as today's.

    What it does not know it gives as `Unknown`.
    """

    def __init__(self, registry: Registry, keys: Keys | None = None) -> None:
        """`keys`: None where no event of the registry is personal."""
        super().__init__(JSONTranscoder())
        self.registry = registry
        self._keys = keys
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(_Stored)

    def ring(self, events: Sequence[Recorded[Any]]) -> Ring | None:
        """The keys that events need, committed; None where nothing is personal."""
        if self._keys is None:
            return None
        return self._keys.provide({whose for one in events for whose in subjects(one.event, one.stream)})

    def store(self, events: Sequence[Recorded[Any]], ring: Ring | None) -> list[StoredEvent]:
        """Encode events by their `ring`."""
        if ring is None:
            return [self._stored(one, one.event) for one in events]
        return [self._stored(one, sealed(one.event, one.stream, ring, _place(one))) for one in events]

    def read(self, stored: Sequence[StoredEvent]) -> list[Recorded[Any]]:
        """Decode events; the keys that they need are asked for together. Not for an event loop: it may ask the database."""
        ring = self._keys.fetch(needed(one.state for one in stored)) if self._keys is not None else None
        return [self._recorded(one, ring) for one in stored]

    def recorded_at(self, state: bytes) -> datetime:
        """When an event was recorded, by what is stored of it."""
        return self._decoder.decode(state).at

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """Encode a `Recorded`."""
        [stored] = self.store([domain_event], self.ring([domain_event]))
        return stored

    def to_domain_event(self, stored_event: StoredEvent) -> Recorded[Any]:
        """Decode to a `Recorded`; its position is known when a `Notification` is given."""
        [recorded] = self.read([stored_event])
        return recorded

    def _stored(self, recorded: Recorded[Any], event: Any) -> StoredEvent:
        storing = _Storing(recorded.at, recorded.by, recorded.trace, recorded.log, event)
        name = name_of(recorded.event)
        return StoredEvent(recorded.stream, recorded.version, name, self._encoder.encode(storing))

    def _recorded(self, one: StoredEvent, ring: Ring | None) -> Recorded[Any]:
        stored, stream = self._decoder.decode(one.state), cast("UUID", one.originator_id)
        raw = stored.event
        if ring is not None and MARK in one.state and self.registry.knows(one.topic):
            place = _bound(stored.log, stream, one.originator_version, one.topic)
            raw = msgspec.Raw(revealed(bytes(raw), ring, place))
        return Recorded(
            event=self._event(one.topic, raw),
            stream=stream,
            version=one.originator_version,
            position=one.id if isinstance(one, Notification) else 0,
            log=stored.log,
            at=stored.at,
            by=stored.by,
            trace=stored.trace,
        )

    def _event(self, name: str, raw: msgspec.Raw) -> Any:
        if name in self.registry.upcasts:
            data: dict[str, Any] = msgspec.json.decode(raw)
            while name in self.registry.upcasts:
                data = self.registry.upcasts[name](data)
                name = data["type"]
            raw = msgspec.Raw(self._encoder.encode(data))
        decoder = self.registry.decoders.get(name)
        return decoder.decode(raw) if decoder else Unknown(name, raw)


def _place(recorded: Recorded[Any]) -> Place:
    return _bound(recorded.log, recorded.stream, recorded.version, name_of(recorded.event))


def _bound(log: UUID, stream: UUID, version: int, name: str) -> Place:
    """What a box is bound to, so that it opens nowhere else."""
    where = f"{text(log)}|{text(stream)}|{version}|{name}|"
    return lambda path: (where + path).encode()
