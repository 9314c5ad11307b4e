"""A restore, import or export that was broken off: from before its first database is changed until after the last, a file says so."""

from datetime import datetime
from pathlib import Path

import msgspec

from shared.eventlog.database import DatabaseUnusable

FILE = "restoring"
"""In the organisation's folder."""


class Unfinished(msgspec.Struct, frozen=True):
    """What has begun to change databases, and when first."""

    command: str
    at: datetime


def unfinished(folder: Path | None) -> Unfinished | None:
    """What was not finished of the organisation whose folder this is."""
    if folder is None or not (folder / FILE).exists():
        return None
    return msgspec.json.decode((folder / FILE).read_bytes(), type=Unfinished)


def refuse_unfinished(folder: Path | None, node: str) -> None:
    """Open nothing that may be half put back, or half gone. Raises `DatabaseUnusable("restore-unfinished")`."""
    if found := unfinished(folder):
        organisation = node.partition(".")[0]
        raise DatabaseUnusable("restore-unfinished", node=node, organisation=organisation, command=found.command)
