"""An event as it was recorded, for all who read one: it needs no database to be there."""

from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

import msgspec

E = TypeVar("E")


class Recorded(msgspec.Struct, Generic[E], frozen=True):
    """An event as it was recorded."""

    event: E
    stream: UUID
    version: int
    """Number in its stream, from 1."""
    position: int
    """Number in the node's log, from 1."""
    log: UUID
    """Identity the log had when this was recorded; renewed by a restore."""
    at: datetime
    """Time of recording, UTC; never runs backwards."""
    by: str
    """Who: `user:<subject>`, `policy:<name>`, `partner:<organisation>` or `system`."""
    trace: str
    """Correlation id: a W3C trace id (32 hexadecimal digits)."""

    @property
    def originator_id(self) -> UUID:
        """The stream, in the eventsourcing library's words."""
        return self.stream

    @property
    def originator_version(self) -> int:
        """The version, in the eventsourcing library's words."""
        return self.version


def name_of(event: type | object) -> str:
    """An event type's stored name: its msgspec tag.

    Raises:
        TypeError: when it has none; such a type cannot be stored.
    """
    config: msgspec.structs.StructConfig | None = getattr(event, "__struct_config__", None)
    if config is None or not isinstance(config.tag, str):
        msg = f"{event!r} needs a tag: the name it is stored under"
        raise TypeError(msg)
    return config.tag
