"""Typed calls to service `intake` about breaking the glass; the routes stand in `shared.contracts.intake`."""

from uuid import UUID

from gateway.clients.node import Node
from shared.contracts import intake as contract


class Openings:
    """Files that were opened by who is not of the person's team."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def open(self, participant: UUID, request: contract.BreakGlass) -> contract.BreakGlassAnswer:
        """Open one to the caller, to look at for an hour."""
        return await self._node.post(f"/v1/participants/{participant}/break-glass", contract.BreakGlassAnswer, request)

    async def all(self, first: int, after: str | None, *, reviewed: bool | None) -> contract.BreakGlassPage:
        """Newest first."""
        return await self._node.get(
            "/v1/break-glass", contract.BreakGlassPage, first=first, after=after, reviewed=reviewed
        )

    async def of(self, participant: UUID, first: int, after: str | None) -> contract.BreakGlassPage:
        """One person's; newest first."""
        path = f"/v1/participants/{participant}/break-glass"
        return await self._node.get(path, contract.BreakGlassPage, first=first, after=after)

    async def review(self, opening: UUID, request: contract.ReviewBreakGlass) -> contract.BreakGlassAnswer:
        """Say whether it was right."""
        return await self._node.post(f"/v1/break-glass/{opening}/review", contract.BreakGlassAnswer, request)
