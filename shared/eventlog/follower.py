"""Policies on the node's own log, tracked as `self`: one event's commands and its tracking are written as one unit."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
import structlog
from eventsourcing.persistence import Tracking

from shared import tracing
from shared.eventlog.database import PASSING
from shared.eventlog.log import Log
from shared.eventlog.parked import park
from shared.eventlog.registry import name_of
from shared.eventlog.types import Change, Policy, Recorded, Step, Unit
from shared.rules import Refused, Unavailable

SELF = "self"
_SECTION = 500
_AGAIN = 5.0
"""Seconds until events are tried again that could not be read or written."""
_QUIET = 1_000
"""Events that no policy follows, after which the position is recorded all the same: a restart may not walk over history."""


class _Trigger(msgspec.Struct):
    position: int


class OwnFollower:
    """Runs a service's policies on its own events: in order, each effect once, what is refused parked."""

    def __init__(self, log: Log, policies: Sequence[Policy]) -> None:
        self._log = log
        self._policies: dict[str, list[Policy]] = {}
        for policy in policies:
            for followed in policy.FOLLOWS:
                if name_of(followed) in log.registry.decoders:
                    self._policies.setdefault(name_of(followed), []).append(policy)
        self._position = log.tracked(SELF)

    async def run(self) -> None:
        """Follow until cancelled."""
        while self._policies:
            try:
                await self._follow(await self._log.wait(self._position))
            except Unavailable:
                raise  # the log takes nothing any more
            except Exception:  # noqa: BLE001  (whatever it was, the node's other parts go on)
                structlog.get_logger().exception("own events", node=self._log.node)
                await asyncio.sleep(_AGAIN)

    async def steps(self, body: bytes) -> Sequence[Step]:
        """The commands of a parked trigger, for a retry."""
        position = msgspec.json.decode(body, type=_Trigger).position
        [recorded] = await self._log.notifications(position - 1, 1)
        return self._steps(recorded)

    async def _follow(self, end: int) -> None:
        while self._position < end:
            found = await self._log.notifications(self._position, _SECTION, tuple(self._policies))
            for recorded in found:
                await self._react(recorded)
            self._position = found[-1].position if len(found) == _SECTION else max(end, self._position)
        if self._position - self._log.tracked(SELF) > _QUIET:
            await self._log.write(Unit(by="system", tracking=Tracking(SELF, self._position)))

    def _steps(self, recorded: Recorded[Any]) -> list[Step]:
        return [step for policy in self._policies[name_of(recorded.event)] for step in policy.then(recorded)]

    async def _react(self, recorded: Recorded[Any]) -> None:
        """One event's unit. What a policy or its commands break on is parked: it may not keep the next ones waiting."""
        names = "+".join(policy.__name__.rpartition(".")[2] for policy in self._policies[name_of(recorded.event)])
        unit = Unit(
            by=f"policy:{names}",
            trace=recorded.trace,
            tracking=Tracking(SELF, recorded.position),
            refused=lambda refusal: [_parked(names, recorded, refusal.code)],
        )
        try:
            if steps := self._steps(recorded):
                with tracing.span("policy", recorded.trace, policy=names, node=self._log.node):
                    await self._log.write(msgspec.structs.replace(unit, steps=steps))
        except PASSING:
            raise
        except Exception as fault:  # noqa: BLE001  (it would be so again)
            structlog.get_logger().exception("a policy failed", node=self._log.node, policy=names)
            reason = fault.code if isinstance(fault, Refused) else "fault"
            await self._log.write(msgspec.structs.replace(unit, changes=[_parked(names, recorded, reason)]))


def _parked(policies: str, recorded: Recorded[Any], reason: str) -> Change:
    return park(
        source=SELF,
        key=f"{policies}:{recorded.position}",
        type=name_of(recorded.event),
        body=msgspec.json.encode(_Trigger(recorded.position)),
        reason=reason,
        at=recorded.at,
    )
