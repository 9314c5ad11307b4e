"""The inbox: the organisation's stream, read as a log from the node's own recorded position; one effect per event.

No acknowledgements: each event's place in its source's log is recorded by Tracking, with the effect, in one unit. The broker's own time of
an event is only a hint where to begin reading; what was followed already is passed over, so a stream that was lost and filled again is too.
"""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog

from shared import tracing
from shared.contracts.envelope import Envelope, Malformed, contents, opened
from shared.eventlog.database import PASSING
from shared.eventlog.log import Log
from shared.eventlog.parked import park
from shared.eventlog.recorded import name_of
from shared.eventlog.types import Change, Followed, Policy, Step, Tracking, Unit
from shared.rules import Refused, Unavailable
from shared.wire.connection import Connection, pauses
from shared.wire.reader import Arrived, reading
from shared.wire.stream import Away, Stream

TRIES = 3
"""How often an event is tried before it is parked."""
SINCE = "stream:since"
"""Tracking name of the hint: seconds since 1970 up to which everything was followed, by the broker's clock."""
MARGIN = 600
"""Seconds that reading begins before the hint, and after which the hint is recorded again."""
_logger = structlog.get_logger()


class Kept(msgspec.Struct, frozen=True):
    """An event that is parked: all that a retry needs."""

    subject: str
    headers: dict[str, str]
    data: bytes


class Inbox:
    """One node's inbox: for each event of the organisation's other services that `policies` follow, one unit of their commands."""

    def __init__(self, nc: Connection, log: Log, service: str, policies: Sequence[Policy]) -> None:
        self.following = False
        """Whether the stream is being read now."""
        self._nc = nc
        self._log = log
        self._service = service
        self._stream = Stream(nc)
        self._kinds: dict[str, type[Any]] = {}
        self._policies: dict[str, list[Policy]] = {}
        for kind, policy in _followed(policies, service):
            self._kinds[name_of(kind)] = kind
            self._policies.setdefault(name_of(kind), []).append(policy)
        self._subjects = sorted({f"events.{kind.SUBJECT}" for kind in self._kinds.values()})
        self._since = float(log.tracked(SINCE))
        self._made = ""

    async def run(self) -> None:
        """Follow until cancelled; at once done when no policy follows anything."""
        if not self._subjects:
            return
        waits = pauses()
        while True:
            try:
                await self._follow()
            except Away:
                waits = pauses() if self.following else waits
            except Unavailable:
                raise  # the log takes nothing any more: this node is stopping, or lives elsewhere now
            except Exception:
                _logger.exception("inbox", node=self._log.node)
            finally:
                self.following = False
            await self._nc.rest(next(waits))

    @property
    def state(self) -> bool | None:
        """Whether the stream is read now; None where no policy follows it."""
        return self.following if self._subjects else None

    async def retry(self, key: str, body: bytes, changes: Sequence[Change]) -> None:
        """Try a parked event again, with `changes` (its row, deleted) in the same unit; `key` is what it was parked under.

        Raises:
            Refused: a rule says no again, or the event cannot be read (`envelope-…`, `event-…`); it stays parked.
        """
        kept = msgspec.json.decode(body, type=Kept)
        try:
            envelope = opened(kept.headers)
            steps, by = self._steps(kept, envelope)
        except Malformed as malformed:
            raise Refused(malformed.code) from None
        tracking = Tracking(f"retry:{key}", 1)
        await self._log.write(Unit(steps=steps, by=by, trace=envelope.trace, tracking=tracking, changes=changes))

    async def _follow(self) -> None:
        self._made = (await self._stream.ensure()).isoformat()
        since = datetime.fromtimestamp(self._since - MARGIN, UTC) if self._since else None
        async with reading(self._nc, self._subjects, since) as reader:
            self.following = True
            while True:
                arrived = await reader.next()
                await self._take(arrived)
                await self._passed(arrived.at)

    async def _passed(self, at: float) -> None:
        self._since = max(self._since, at)
        if self._since - self._log.tracked(SINCE) >= MARGIN:
            await self._log.write(Unit(by="system", tracking=Tracking(SINCE, int(self._since))))

    async def _take(self, arrived: Arrived) -> None:
        kept = Kept(arrived.subject, arrived.headers, arrived.data)
        try:
            envelope = opened(kept.headers)
        except Malformed as malformed:
            await self._park(Tracking(f"stream:malformed:{self._made}", arrived.number), kept, malformed.code)
            return
        tracking = Tracking(f"stream:{_service(kept.subject)}:{envelope.log}", envelope.sequence)
        if self._log.tracked(tracking.application_name) < envelope.sequence:
            await self._effect(kept, envelope, tracking)

    async def _effect(self, kept: Kept, envelope: Envelope, tracking: Tracking) -> None:
        """The event's one unit. What is refused or cannot be read is parked; a fault is tried again first."""
        waits = pauses()
        for tried in range(1, TRIES + 1):
            try:
                unit = self._unit(kept, envelope, tracking)
                with tracing.span("policy", envelope.trace, policy=unit.by.partition(":")[2], node=self._log.node):
                    await self._log.write(unit)
                return
            except PASSING:
                raise
            except (Malformed, Refused) as refusal:
                await self._park(tracking, kept, refusal.code)
                return
            except Exception:
                _logger.exception("an event failed", node=self._log.node, type=envelope.type, tried=tried)
            if tried < TRIES:
                await asyncio.sleep(next(waits))
        await self._park(tracking, kept, "event-failed")

    def _unit(self, kept: Kept, envelope: Envelope, tracking: Tracking) -> Unit:
        steps, by = self._steps(kept, envelope)

        def refused(refusal: Refused) -> list[Change]:
            return [self._parked(tracking, kept, refusal.code)]

        return Unit(steps=steps, by=by, trace=envelope.trace, tracking=tracking, refused=refused)

    def _steps(self, kept: Kept, envelope: Envelope) -> tuple[list[Step], str]:
        kind = self._kinds.get(envelope.type)
        if kind is None:
            raise Malformed("event-version-unknown")
        event = Followed(
            event=contents(kept.data, kind),
            id=envelope.id,
            service=_service(kept.subject),
            subject=envelope.subject,
            at=envelope.time,
            log=envelope.log,
            sequence=envelope.sequence,
            trace=envelope.trace,
        )
        policies = self._policies[envelope.type]
        steps = [step for policy in policies for step in policy.then(event)]
        return steps, "policy:" + "+".join(policy.__name__.rpartition(".")[2] for policy in policies)

    async def _park(self, tracking: Tracking, kept: Kept, reason: str) -> None:
        await self._log.write(Unit(by="system", tracking=tracking, changes=[self._parked(tracking, kept, reason)]))

    def _parked(self, tracking: Tracking, kept: Kept, reason: str) -> Change:
        return park(
            source="stream",
            key=f"{tracking.application_name}:{tracking.notification_id}",
            type=kept.headers.get("ce-type", ""),
            body=msgspec.json.encode(kept),
            reason=reason,
            at=self._log.clock(),
        )


def _followed(policies: Sequence[Policy], service: str) -> Iterator[tuple[type[Any], Policy]]:
    """What of other services' contracts each policy follows; domain events have no `SUBJECT` and come from the own log."""
    for policy in policies:
        for kind in policy.FOLLOWS:
            if hasattr(kind, "SUBJECT") and _service(f"events.{kind.SUBJECT}") != service:
                yield kind, policy


def _service(subject: str) -> str:
    """The service that published on this subject: the broker lets no other user of the account do so."""
    return subject.split(".")[2]
