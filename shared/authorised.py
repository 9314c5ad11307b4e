"""Changes of who may see what: agreements, grants to integrators, login providers and keys of links, as each node's access log tells them.

A change is recorded once, whenever it is noticed: what was recorded last stands in the node's own database. Names and public halves only.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
import structlog
from sqlalchemy import Connection, bindparam, delete, insert, select

from shared.accesslog import upkept
from shared.contracts.access import AccessAction
from shared.eventlog.accesses import authorised
from shared.eventlog.types import Change, Unit
from shared.node import Node
from shared.providers import Provider
from shared.register import Register

LOOK = 5.0
"""Seconds between two looks."""
Standing = Mapping[str, str]
"""What there is, by name: `agreement …`, `covenant …`, `integrator …`, `login …`, `links`."""


class Named(msgspec.Struct, frozen=True):
    """Whom a process believes, by organisation."""

    logins: Mapping[str, tuple[Provider, ...]]
    links: Mapping[str, str]
    """The public half of the key that lets in who holds a link."""


_ADD = insert(authorised)
_GONE = delete(authorised).where(authorised.c.name == bindparam("gone"))


class Authorised:
    """Keeps the access logs of a process's nodes up to date."""

    def __init__(self, nodes: Mapping[str, Node], register: Callable[[], Register], named: Callable[[], Named]) -> None:
        self._nodes = nodes
        self._register = register
        self._named = named
        self._seen: tuple[Register, Named] | None = None
        self._standing: Mapping[str, Standing] = {}
        self._done = set[str]()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK)

    async def look(self) -> None:
        """Record what changed since the last look; a node that cannot be written now is tried at the next."""
        seen = self._register(), self._named()
        if self._seen is None or seen[0] is not self._seen[0] or seen[1] != self._seen[1]:
            before, self._seen, self._standing = self._standing, seen, standing(*seen)
            self._done = {slug for slug in self._done if before.get(slug) == self._standing.get(slug)}
        for slug in self._nodes.keys() - self._done:
            node = self._nodes.get(slug)
            if node is not None and await _taken(node, self._standing.get(slug, {})):
                self._done.add(slug)


def standing(register: Register, named: Named) -> Mapping[str, Standing]:
    """What there is of each organisation."""
    found: dict[str, dict[str, str]] = {slug: {} for slug in register.organisations}
    for slug, name, value in (*_agreed(register), *_granted(register), *_logins(named)):
        found.get(slug, {})[name] = value
    return found


def _agreed(register: Register) -> Iterator[tuple[str, str, str]]:
    for one in register.contents.agreements:
        state = "signed" if one.signed else "not signed by both"
        said = f"{one.sender} may refer to {one.receiver}, {'ended' if one.ended else state}"
        for party in (one.sender, one.receiver):
            yield party, f"agreement {one.id}", said
    for covenant in register.contents.covenants:
        name, said = f"covenant {covenant.id}", f"{covenant.name}: {', '.join(sorted(covenant.members))}"
        for member in covenant.members:
            yield member, name, said


def _granted(register: Register) -> Iterator[tuple[str, str, str]]:
    for one in register.contents.grants:
        yield one.organisation, f"integrator {one.id}", f"{one.name} follows {one.filter}"


def _logins(named: Named) -> Iterator[tuple[str, str, str]]:
    for slug, providers in named.logins.items():
        for one in providers:
            yield slug, f"login {one.issuer} {one.audience or ''}".rstrip(), _rules(one)
    for slug, public in named.links.items():
        yield slug, "links", f"believed by key {public}"


def _rules(one: Provider) -> str:
    """How its tokens are checked and read: whoever changes this changes who may what."""
    roles = ", ".join(f"{name} is {role}" for name, role in sorted(one.roles.items())) or "as they are"
    team = one.team_claim if isinstance(one.team_claim, str) else ".".join(one.team_claim or ()) or "none"
    claim = one.roles_claim if isinstance(one.roles_claim, str) else ".".join(one.roles_claim)
    read = f"roles in {claim}: {roles}; team in {team}; second factor {', '.join(one.second_factor)}"
    return f"{read}; keys at {one.keys}; {', '.join(one.algorithms)}; leeway {one.leeway} s"


async def _taken(node: Node, there: Standing) -> bool:
    try:
        before = await node.log.query(_recorded)
        changes = {
            name: there.get(name) for name in sorted(before.keys() | there) if before.get(name) != there.get(name)
        }
        if changes:
            await node.log.write(_unit(node.organisation, changes))
    except Exception as fault:  # noqa: BLE001  (whatever it is, the other nodes are told; this one is tried again)
        structlog.get_logger().warning(
            "a change of authorisation could not be recorded yet", node=node.log.node, exc_info=fault
        )
        return False
    return True


def _recorded(connection: Connection) -> Standing:
    return {row.name: row.value for row in connection.execute(select(authorised))}


def _unit(organisation: str, changes: Mapping[str, str | None]) -> Unit:
    entries = [
        upkept(AccessAction.AUTHORISATION, f"{name}: {'taken away' if value is None else value}", organisation)
        for name, value in changes.items()
    ]
    return Unit(by="system", accesses=entries, changes=list(_rows(changes)))


def _rows(changes: Mapping[str, str | None]) -> Iterator[Change]:
    for name, value in changes.items():
        yield _GONE, {"gone": name}
        if value is not None:
            row: Mapping[str, Any] = {"name": name, "value": value}
            yield _ADD, row
