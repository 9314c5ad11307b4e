"""The relay: a node's log, in order and exactly once, into its organisation's stream.

The stream remembers how far it got: each batch ends with a marker on `events.position.<service>.log`, which names log id and position.
Each batch is fenced by the last message on the service's subjects, so two relays at once, or a publish that arrives late, change nothing.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from enum import StrEnum
from random import uniform
from typing import Any, Protocol
from uuid import UUID

import msgspec
import structlog

from shared import tracing
from shared.contracts import restored as contract
from shared.contracts.envelope import envelope
from shared.eventlog.log import GATHER, Log
from shared.eventlog.restored import LogRestored
from shared.eventlog.types import Recorded
from shared.wire.connection import Connection, pauses
from shared.wire.stream import BATCH, Away, Message, OutcomeUnknown, Stale, StorageLost, Stored, Stream

LIFETIME = timedelta(days=730)
"""How long the stream keeps an event about a person."""
PRIVATE = 1_000
"""Positions without anything to publish after which the marker is written alone."""
COUNTED = 2_000
"""Positions behind the stream of which it is known what goes out; beyond them all count, as a backlog changes while it is counted."""
_TURN = 50
"""Events that are translated at once."""
_POLL = 300.0
"""Seconds after which an idle relay looks whether the stream still stands."""
_logger = structlog.get_logger()


class RelayState(StrEnum):
    """What a relay is doing."""

    STARTING = "starting"
    FOLLOWING = "following"
    AWAY = "away"
    """NATS is; tried again with growing pauses."""
    AHEAD = "ahead"
    """The stream knows more than the log: the log was set back, or is another one. Nothing is published until somebody decided."""
    FAULT = "fault"
    """Something that trying again may not heal; it is in the process's log."""


class Published(Protocol):
    """An event for others: a contract's struct and the random id of what it is about."""

    @property
    def event(self) -> Any: ...
    @property
    def subject(self) -> UUID: ...


class StreamAhead(Exception):  # noqa: N818
    """The stream holds what this log does not."""


class _Marker(msgspec.Struct, frozen=True):
    log: UUID
    position: int


class _Section(msgspec.Struct, frozen=True):
    """A part of the log: what of it goes out, and its last event."""

    messages: Sequence[Message]
    last: Recorded[Any]


class Relay:
    """One node's relay. `source` is its CloudEvents source, `publish` its translation: an event for others, or None."""

    def __init__(
        self, nc: Connection, log: Log, service: str, publish: Callable[[Recorded[Any]], Published | None], source: str
    ) -> None:
        self.state = RelayState.STARTING
        self._nc = nc
        self._log = log
        self._publish = publish
        self._source = source
        self._service = service
        self._stream = Stream(nc)
        self._subjects = f"events.*.{service}.>"
        self._marker = f"events.position.{service}.log"
        self._fence = -1
        self._published = 0
        self._scanned = 0
        self._count = (0, 0, 0)
        self._back = asyncio.Event()
        self._pauses = pauses()

    async def run(self) -> None:
        """Relay until cancelled."""
        with self._nc.waking(self._back.set):
            while True:
                try:
                    await self._continue()
                    await self._follow()
                    continue
                except Stale:
                    pass  # another relay of this log was first, or what we gave up arrived after all
                except (Away, OutcomeUnknown):
                    self._to(RelayState.AWAY)
                except StreamAhead:
                    self._to(RelayState.AHEAD)
                except Exception:
                    _logger.exception("relay", node=self._log.node)
                    self._to(RelayState.FAULT)
                await self._nc.rest(next(self._pauses))

    async def lag(self) -> int | None:
        """Events that should be published and are not yet (more, where `COUNTED` is passed); None while the stream's end is not known."""
        if self._fence < 0:
            return None
        if self._scanned == self._log.position:
            return 0
        since, until, count = self._count
        if since != self._scanned:
            since = until = self._scanned
            count = 0
        while until - since < COUNTED and (recorded := await self._log.notifications(until, BATCH)):
            until = recorded[-1].position
            count += len(await self._messages(recorded))
        self._count = (since, until, count)
        return count + self._log.position - until

    def _to(self, state: RelayState) -> None:
        if state is not self.state:
            _logger.info("relay", node=self._log.node, state=state)
        self.state = state

    async def _continue(self) -> None:
        """See how far the stream got; where it was lost, begin again."""
        last = await self._last()
        position = await self._position(last)
        fence = last.seq if last else 0
        if (fence, position) != (self._fence, self._published):
            self._fence, self._published, self._scanned = fence, position, position

    async def _last(self) -> Stored | None:
        try:
            return await self._stream.last(self._subjects)
        except StorageLost:
            await self._stream.ensure()
            return await self._stream.last(self._subjects)

    async def _position(self, last: Stored | None) -> int:
        if last is None:
            return 0
        if last.subject != self._marker:
            raise StreamAhead
        marker = msgspec.json.decode(last.data, type=_Marker)
        same = await self._log.notifications(marker.position - 1, 1)
        if same and (same[0].position, same[0].log) == (marker.position, marker.log):
            return marker.position
        if self._log.kept is None or marker.log == self._log.id:
            raise StreamAhead
        return self._log.kept  # restored: the next event is the one that says so

    async def _follow(self) -> None:
        """Publish what is new, sleep until there is more; ends when the stream's end should be read again first."""
        while True:
            await self._catch_up()
            self._to(RelayState.FOLLOWING)
            self._pauses = pauses()
            await asyncio.sleep(GATHER)
            if not await self._committed():
                return

    async def _catch_up(self) -> None:
        """Section after section; while the broker writes one, the next is read and translated."""
        coming = asyncio.ensure_future(self._section(self._scanned))
        try:
            while (section := await coming) is not None:
                coming = asyncio.ensure_future(self._section(section.last.position))
                await self._relay(section)
        finally:
            coming.cancel()

    async def _section(self, after: int) -> _Section | None:
        recorded = await self._log.notifications(after, BATCH - 1)
        if not recorded:
            return None
        return _Section(await self._messages(recorded), recorded[-1])

    async def _messages(self, recorded: Sequence[Recorded[Any]]) -> list[Message]:
        """What of it goes out; others have their turn in between, however much there is."""
        found: list[Message] = []
        for number, one in enumerate(recorded):
            if number % _TURN == 0:
                await asyncio.sleep(0)
            if (message := self._message(one)) is not None:
                found.append(message)
        return found

    async def _relay(self, section: _Section) -> None:
        if section.messages or section.last.position - self._published >= PRIVATE:
            await self._append(section.messages, section.last)
        self._scanned = section.last.position

    async def _committed(self) -> bool:
        """Sleep until the log grows (True), the connection came back, or it is time to look."""
        commit = asyncio.ensure_future(self._log.wait(self._scanned))
        back = asyncio.ensure_future(self._back.wait())
        try:
            await asyncio.wait((commit, back), timeout=uniform(_POLL / 2, _POLL), return_when=asyncio.FIRST_COMPLETED)  # noqa: S311
            return commit.done() and not back.done()
        finally:
            commit.cancel()
            back.cancel()
            self._back.clear()

    async def _append(self, messages: Sequence[Message], last: Recorded[Any]) -> None:
        marker = msgspec.json.encode(_Marker(last.log, last.position))
        end = Message(self._marker, {"Nats-Rollup": "sub", "Content-Type": "application/json"}, marker)
        traces = (one.headers.get("ce-traceparent", "")[3:35] for one in messages)
        with tracing.span("relay batch", links=traces, node=self._log.node, events=len(messages)):
            self._fence = await self._stream.append([*messages, end], fenced=self._subjects, fence=self._fence)
        self._published = last.position

    def _message(self, recorded: Recorded[Any]) -> Message | None:
        if isinstance(recorded.event, LogRestored):
            return self._restored(recorded, recorded.event)
        public = self._publish(recorded)
        if public is None:
            return None
        headers, data = envelope(recorded, public.event, public.subject, self._source)
        subject: str = public.event.SUBJECT
        if subject.startswith("own."):
            left = int((recorded.at + LIFETIME - self._log.clock()).total_seconds())
            if left < 1:
                return None
            headers["Nats-TTL"] = f"{left}s"
        return Message(f"events.{subject}", headers, data)

    def _restored(self, recorded: Recorded[Any], event: LogRestored) -> Message:
        told = contract.LogRestored(recorded.log, event.former, event.position, event.made)
        headers, data = envelope(recorded, told, recorded.stream, self._source)
        return Message(f"events.{told.SUBJECT.format(service=self._service)}", headers, data)
