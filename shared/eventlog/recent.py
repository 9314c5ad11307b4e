"""The last events of a log, at hand: whoever follows closely asks no database, and opens nothing that was sealed a moment ago."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from shared.eventlog.recorded import name_of
from shared.eventlog.types import Recorded

KEPT = 64
"""Events of one log, at most: whoever follows it looks every 25 ms."""


class Recent:
    """Written by the thread that commits, read by the event loop: what it holds is replaced whole."""

    def __init__(self) -> None:
        self._events: Sequence[Recorded[Any]] = ()
        self._changing: frozenset[int] = frozenset()

    def begin(self, events: Sequence[Recorded[Any]]) -> None:
        """These are about to be committed: until they are added, a reader of the database may know more of their streams than is here."""
        self._changing = frozenset(one.stream.int for one in events)

    def add(self, events: Sequence[Recorded[Any]]) -> None:
        """What was committed right after all before."""
        self._events = (*self._events, *events)[-KEPT:]
        self._changing = frozenset()

    def forget(self) -> None:
        """Nothing is at hand."""
        self._events = ()
        self._changing = frozenset()

    def after(self, position: int, limit: int, types: Sequence[str]) -> list[Recorded[Any]] | None:
        """The first events after a position, only of these types where some are named; None where the database has to be asked."""
        events = self._events
        if not events or position + 1 < events[0].position:
            return None
        near = events[position + 1 - events[0].position :]
        return [one for one in near if not types or name_of(one.event) in types][:limit]

    def stream(self, id_: UUID) -> list[Recorded[Any]]:
        """All events of a stream; none where the database has to be asked."""
        wanted = id_.int  # a tenth of what it takes to compare UUIDs
        if wanted in self._changing:  # asked first: once it is no longer so, the events are here
            return []
        found = [one for one in self._events if one.stream.int == wanted]
        return found if found and found[0].version == 1 else []
