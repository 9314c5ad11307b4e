"""What was acknowledged, kept where no part of Kring can reach it."""

import time
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import msgspec


class Entry(msgspec.Struct, frozen=True):
    """One command that somebody was told is done."""

    key: UUID
    """Its idempotency key, which is its trace id too: every event that follows from it carries it."""
    lane: str
    """Who asked: somebody who waits for each answer before asking for more."""
    node: str
    makes: str
    """The event (stored type) that it must have led to, once."""
    at: float
    tries: int
    door: str
    """Which part it was asked of: the node's service, or the gateway."""


class Ledger:
    """Grows only; each entry is also a line of a file."""

    def __init__(self, path: Path) -> None:
        self.entries: list[Entry] = []
        self._file = path.open("ab", buffering=0)

    def note(self, key: UUID, lane: str, node: str, makes: str, tries: int, door: str) -> None:
        """An acknowledgement came."""
        entry = Entry(key, lane, node, makes, time.time(), tries, door)
        self.entries.append(entry)
        self._file.write(msgspec.json.encode(entry) + b"\n")

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def lanes(entries: Sequence[Entry]) -> dict[tuple[str, str], list[Entry]]:
    """Each lane's commands at each node, in the order in which they were acknowledged."""
    found: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        found.setdefault((entry.lane, entry.node), []).append(entry)
    return found
