"""Typed calls to service `intake` about numbers and how long files are kept; the routes stand in `shared.contracts.intake`."""

from datetime import date

from gateway.clients.node import Node
from shared.contracts import intake as contract


class Counts:
    """How many people there were, and which files are closed."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def months(self, since: date | None, until: date | None) -> contract.CountsAnswer:
        """From the month of one day to that of another."""
        return await self._node.get("/v1/counts", contract.CountsAnswer, **{"from": since, "until": until})

    async def retention(self) -> contract.RetentionAnswer:
        """How long closed files are kept, and what went."""
        return await self._node.get("/v1/retention", contract.RetentionAnswer)

    async def keep(self, request: contract.SetRetention) -> contract.RetentionAnswer:
        """Keep them for so long."""
        return await self._node.put("/v1/retention", contract.RetentionAnswer, request)

    async def closed(self, days: int, first: int, after: str | None) -> contract.ClosedFilePage:
        """The team's that go within so many days."""
        return await self._node.get("/v1/closed-files", contract.ClosedFilePage, days=days, first=first, after=after)
