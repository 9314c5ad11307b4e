"""Typed calls to any service about its access log; the routes stand in `shared.contracts.access`."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import asdict

from gateway.clients.node import Node
from shared.contracts import access as contract
from shared.contracts.text import Name


class Wanted(Struct, frozen=True, kw_only=True, rename="camel"):
    """Which entries; what is left out is anything. `by` is `user:<subject>` or `system`; `until` is up to but not at that moment."""

    by: Name | None = None
    participant: UUID | None = None
    action: contract.AccessAction | None = None
    since: datetime | None = None
    until: datetime | None = None


class Accesses:
    """Who saw what of whom at one service, newest first."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def all(self, wanted: Wanted, first: int, after: int | None) -> contract.AccessPage:
        """Of everybody. By whom is asked in a body: an account may be a mail address."""
        filters = asdict(wanted)
        if wanted.by is None:
            return await self._node.get("/v1/access-log", contract.AccessPage, first=first, after=after, **filters)
        search = contract.SearchAccesses(**filters, first=first, after=after)
        return await self._node.post("/v1/access-log-searches", contract.AccessPage, search)

    async def of(self, participant: UUID, first: int, after: int | None) -> contract.AccessPage:
        """Of one person."""
        path = f"/v1/participants/{participant}/access-log"
        return await self._node.get(path, contract.AccessPage, first=first, after=after)
