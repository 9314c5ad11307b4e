"""What `kring` asks of the process that owns a node: what stands parked, a retry, a drop, a rebuild."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid5

import msgspec
from sqlalchemy import Connection

from shared import trace
from shared.accesslog import upkept
from shared.backup import Part, lines, part
from shared.contracts.access import AccessAction
from shared.contracts.letters import Digest
from shared.control import Operation
from shared.eventlog.accesses import Tail, begun
from shared.eventlog.accessproof import Break, examined
from shared.eventlog.keytables import TABLES as KEY_TABLES
from shared.eventlog.log import Log
from shared.eventlog.parked import Parked, found, listed, taken
from shared.eventlog.ticker import issued
from shared.eventlog.types import Due, Step, Unit
from shared.node import Node
from shared.rules import NotFound, Refused
from shared.service import Agreement

ANSWERS_WITHIN = 10.0
"""Seconds that partners have to answer a digest while somebody waits for it."""


class Upkeep:
    """Operations on the nodes of a process."""

    def __init__(self, nodes: Mapping[str, Node]) -> None:
        self._nodes = nodes

    @property
    def operations(self) -> dict[str, Operation]:
        """By name, for `shared.control.serve`."""
        return {
            "parked.list": self.parked_list,
            "parked.retry": self.parked_retry,
            "parked.drop": self.parked_drop,
            "rebuild": self.rebuild,
            "backup": self.backup,
            "accesses.check": self.accesses_check,
            "rewrap": self.rewrap,
            "digest": self.digest,
            "integrator.retry": self.integrator_retry,
        }

    async def parked_list(self, node: str | None = None) -> list[dict[str, Any]]:
        """What stands aside at a node, or at all nodes here; without the contents, which may be about a person."""
        nodes = [self._node(node)] if node else [self._nodes[slug] for slug in sorted(self._nodes)]
        return [
            {
                "node": one.log.node,
                "id": row.id,
                "source": row.source,
                "type": row.type,
                "reason": row.reason,
                "at": row.at,
            }
            for one in nodes
            for row in (await one.log.query(listed) if node or (await one.health()).parked else ())
        ]

    async def parked_retry(self, node: str, id: int) -> dict[str, Any]:  # noqa: A002  (the argument's name on the command line)
        """Try it again: its commands and its end as parked are one unit, so it has its effect once."""
        owner = self._node(node)
        row = await owner.log.query(lambda connection: found(connection, id))
        if row.source == "stream":
            await owner.inbox.retry(row.key, row.body, [taken(id)])
        else:
            steps = await _steps(owner, row)
            once = uuid5(owner.log.id, f"parked:{id}:{row.key}:{row.at}")  # two may ask for it at the same time
            await owner.log.write(Unit(steps=steps, by="system", trace=trace.current(), changes=[taken(id)], id=once))
        return {"retried": id}

    async def parked_drop(self, node: str, id: int) -> dict[str, Any]:  # noqa: A002
        """Let it go."""
        owner = self._node(node)
        await owner.log.query(lambda connection: found(connection, id))
        await owner.log.write(Unit(by="system", changes=[taken(id)]))
        return {"dropped": id}

    async def digest(self, node: str, partner: str | None = None) -> Sequence[Agreement]:
        """Compare now with a partner, or with all with whom something is shared; then, or when one is away, where it stands."""
        owner = self._node(node)
        if partner is not None and partner not in owner.register.partners(owner.organisation):
            raise NotFound("digest-no-partner", organisation=owner.organisation, partner=partner)
        names = [partner] if partner else [one.partner for one in (await owner.health()).digests]
        begun = await asyncio.gather(*(owner.log.write(_telling(owner, name)) for name in names))
        since = max((event.at for one in begun for event in one.events), default=owner.log.clock())
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWERS_WITHIN):
                await _heard(owner, names, since)
        return await _agreements(owner, names)

    async def rebuild(self, node: str) -> dict[str, Any]:
        """Make a node's views again from its log."""
        return {"events": await self._node(node).log.rebuild()}

    async def backup(self, node: str, path: str) -> Part:
        """Copy a node's log, as it is now, to a new file; what it does goes on meanwhile. Its keys go to a file of their own beside it."""
        owner = self._node(node)
        log, now = owner.log, owner.log.clock()
        steps = await log.query(lambda connection: owner.service.before_backup(connection, now))
        copied = upkept(AccessAction.EXPORT, "kring backup", owner.organisation)
        await log.write(Unit(steps=steps, by="system", trace=trace.current(), accesses=[copied]))
        if log.keys is not None:
            await asyncio.to_thread(log.keys.copied, lambda connection: _copy_keys(connection, node, Path(path)))
        return await log.query(lambda connection: _copy(connection, node, Path(path)))

    async def accesses_check(self) -> list[dict[str, Any]]:
        """Follow the access log of every node here from end to end; gives the first break of each where there is one."""
        nodes = [self._nodes[slug] for slug in sorted(self._nodes)]
        broken = [(node.log.node, await _broken(node.log)) for node in nodes if node.log.accesses.number]
        return [{"node": name, "number": one.number, "fault": one.fault} for name, one in broken if one]

    async def rewrap(self, node: str) -> None:
        """Wrap a node's keys of persons with the newest master key."""
        await asyncio.to_thread(self._node(node).rewrap)

    async def integrator_retry(self, organisation: str, name: str) -> None:
        """Try now what waits for an integrator's webhook."""
        self._node(organisation).integrators.retry(name)

    def _node(self, name: str) -> Node:
        node = self._nodes.get(name.partition(".")[0])
        if node is None:
            raise NotFound("node-unknown", node=name)
        return node


async def _broken(log: Log) -> Break | None:
    """Where its access log does not hold; whether the end is there, its writer knows."""
    end = log.accesses
    at: Tail | Break = await log.query(begun)
    before = None
    while isinstance(at, Tail) and at != before:
        before = at
        at = await log.query(partial(examined, before))
    if isinstance(at, Break):
        return at
    return Break(at.number + 1, "cut-off") if at.number < end.number else None


def _telling(owner: Node, partner: str) -> Unit:
    return Unit(steps=owner.service.letters.telling(partner), by="system", trace=trace.current())


async def _heard(owner: Node, names: Sequence[str], since: datetime) -> None:
    """Wait until all these have answered."""
    while True:
        position = owner.log.position
        found = await _agreements(owner, names)
        if {one.partner for one in found if one.heard and one.heard >= since} >= set(names):
            return
        await owner.log.wait(position)


async def _agreements(owner: Node, names: Sequence[str]) -> Sequence[Agreement]:
    """With each of these; one that never answered has none."""
    return [one for one in await owner.log.query(owner.service.letters.agreements) if one.partner in names]


def _copy(connection: Connection, node: str, path: Path) -> Part:
    found = part(connection, node)
    with path.open("xb") as file:
        file.writelines(lines(connection, node))
    return found


def _copy_keys(connection: Connection, node: str, path: Path) -> None:
    with path.with_suffix(".keys").open("xb") as file:
        file.writelines(lines(connection, node, KEY_TABLES))


async def _steps(owner: Node, row: Parked) -> Sequence[Step]:
    """The commands that would have followed. Raises `Refused`: `letter-unreadable`, `letter-no-agreement`, `parked-not-retriable`."""
    match row.source:
        case "self":
            return await owner.follower.steps(row.body)
        case "receipts":
            return await owner.links.steps(row.body)
        case "letters" if row.type == Digest.__struct_config__.tag:
            return ()  # it holds only between the letters that stood around it; the next one comes
        case "letters":
            return await owner.arrivals.steps(row.body, row.at)
        case "due" if row.type in owner.service.due or row.type in owner.service.rounds:
            service, one = owner.service, msgspec.json.decode(row.body, type=Due)
            return await issued(owner.log, one, service.due, service.rounds, owner.log.clock())
        case _:
            raise Refused("parked-not-retriable", id=row.id, source=row.source)
