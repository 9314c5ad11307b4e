"""What every service tells when its log was put back from a backup. Published on `events.public.<service>.log.restored`."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from msgspec import Struct


class LogRestored(Struct, frozen=True, rename="camel", tag="nl.kring.log-restored.v1"):
    """Events of log `former` with a `sequence` above `position` are lost: their source does not know them any more.

    The log goes on as `log` (the `logid` of this event and of all later ones), from the next sequence.
    """

    SUBJECT: ClassVar[str] = "public.{service}.log.restored"
    log: UUID
    former: UUID
    position: int
    made: datetime
    """When the backup was made."""
