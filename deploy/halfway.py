"""Databases that are put in place, or left, one after the other: a file says so meanwhile, and while it is there no node is opened."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from deploy.keys import replaced
from shared.eventlog.unfinished import FILE, Unfinished, unfinished


@contextmanager
def putting(folder: Path, command: str, now: datetime) -> Generator[datetime]:
    """While the block lasts, and after it when it fails. Gives when this was first begun: a command that was broken off is done again."""
    begun = unfinished(folder)
    if begun is None:
        begun = Unfinished(command, now)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        replaced(folder / FILE, msgspec.json.encode(begun))
        settled(folder)
    yield begun.at
    (folder / FILE).unlink()
    settled(folder)


def settled(folder: Path) -> None:
    """See that the names in a folder are on the disk too."""
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
