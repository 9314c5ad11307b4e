"""The states of the streams used last, for all nodes of a process together: bounded, and always true because a node has one writer."""

import threading
from collections import OrderedDict
from typing import Any
from uuid import UUID

import msgspec


class Known(msgspec.Struct, frozen=True):
    """A stream's state after its last event; version 0 when it has none. `whole` is False when it holds an event of an unknown type."""

    state: Any
    version: int
    decider: Any = None
    """The `Decider` its first event belongs to; None when it has no events."""
    whole: bool = True


class StateCache:
    """Least recently used out."""

    def __init__(self, size: int = 20_000) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, UUID], Known] = OrderedDict()

    @property
    def kept(self) -> int:
        """How many states are kept."""
        return len(self._known)

    def get(self, node: str, stream: UUID) -> Known | None:
        """A stream's state, if it is kept."""
        with self._lock:
            key = (node, stream)
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
            return known

    def put(self, node: str, states: dict[UUID, Known]) -> None:
        """Keep what a commit has made true."""
        with self._lock:
            for stream, known in states.items():
                self._known[node, stream] = known
                self._known.move_to_end((node, stream))
            while len(self._known) > self._size:
                self._known.popitem(last=False)

    def drop(self, node: str, streams: set[UUID]) -> None:
        """Read these streams anew next time."""
        with self._lock:
            for stream in streams:
                self._known.pop((node, stream), None)

    def forget(self, node: str) -> None:
        """Drop all of one node: it is no longer owned here."""
        with self._lock:
            for key in [key for key in self._known if key[0] == node]:
                del self._known[key]
