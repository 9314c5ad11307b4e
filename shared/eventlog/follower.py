"""Policies on the node's own log, tracked as `self`: one event's commands and its tracking are written as one unit."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
import structlog
from eventsourcing.persistence import Tracking

from shared import tracing
from shared.eventlog.database import PASSING
from shared.eventlog.log import GATHER, Log
from shared.eventlog.parked import park
from shared.eventlog.recorded import name_of
from shared.eventlog.turns import in_turn
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
                await asyncio.sleep(GATHER)
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
        done = self._log.tracked(SELF)  # more than is known here where a fault came after it
        self._position = max(self._position, done)
        while self._position < end:
            found = await self._log.notifications(self._position, _SECTION, tuple(self._policies))
            await in_turn(list(self._reactions(found)), self._react, self._put_aside)
            self._position = found[-1].position if len(found) == _SECTION else max(end, self._position)
        if self._position - self._log.tracked(SELF) > _QUIET:
            await self._log.write(Unit(by="system", tracking=Tracking(SELF, self._position)))

    def _reactions(self, found: Sequence[Recorded[Any]]) -> Iterator["_Reaction"]:
        """What the policies make of some events: of each that they make something of, one unit."""
        before = self._log.tracked(SELF)
        for recorded in found:
            names = "+".join(policy.__name__.rpartition(".")[2] for policy in self._policies[name_of(recorded.event)])
            tracking = Tracking(SELF, recorded.position)
            reaction = _Reaction(recorded, names, Unit(by=f"policy:{names}", tracking=tracking, after=before))
            try:
                steps = self._steps(recorded)
                unit = msgspec.structs.replace(
                    reaction.unit, steps=steps, trace=recorded.trace, refused=reaction.refused
                )
            except Exception as fault:  # noqa: BLE001  (it would be so again)
                unit = self._failed(reaction, fault)
            if unit.steps or unit.changes:
                yield reaction._replace(unit=unit)
                before = max(before, recorded.position)

    def _steps(self, recorded: Recorded[Any]) -> list[Step]:
        return [step for policy in self._policies[name_of(recorded.event)] for step in policy.then(recorded)]

    async def _react(self, reaction: "_Reaction") -> None:
        with tracing.span("policy", reaction.recorded.trace, policy=reaction.names, node=self._log.node):
            await self._log.write(reaction.unit)

    async def _put_aside(self, reaction: "_Reaction", fault: BaseException) -> None:
        """What the commands of a policy break on. Raises only what passes: it is tried again."""
        if isinstance(fault, PASSING) or not isinstance(fault, Exception):
            raise fault
        await self._log.write(self._failed(reaction, fault))

    def _failed(self, reaction: "_Reaction", fault: Exception) -> Unit:
        structlog.get_logger().error("a policy failed", node=self._log.node, policy=reaction.names, exc_info=fault)
        changes = reaction.parked(fault.code if isinstance(fault, Refused) else "fault")
        return msgspec.structs.replace(reaction.unit, steps=(), changes=changes, refused=None)


class _Reaction(NamedTuple):
    recorded: Recorded[Any]
    names: str
    unit: Unit

    def refused(self, refusal: Refused) -> Sequence[Change]:
        return self.parked(refusal.code)

    def parked(self, reason: str) -> Sequence[Change]:
        return [_parked(self.names, self.recorded, reason)]


def _parked(policies: str, recorded: Recorded[Any], reason: str) -> Change:
    return park(
        source=SELF,
        key=f"{policies}:{recorded.position}",
        type=name_of(recorded.event),
        body=msgspec.json.encode(_Trigger(recorded.position)),
        reason=reason,
        at=recorded.at,
    )
