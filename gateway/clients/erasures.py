"""Typed calls to service `intake` about forgetting people; the routes stand in `shared.contracts.intake`."""

from uuid import UUID

from gateway.clients.node import Node
from shared.contracts import intake as contract


class Erasures:
    """Who is to be forgotten, here and at partners."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def all(
        self, first: int, after: str | None, *, direction: contract.Direction | None, overdue: bool | None
    ) -> contract.ErasurePage:
        """Newest first."""
        filters = {"direction": direction, "overdue": overdue}
        return await self._node.get("/v1/erasures", contract.ErasurePage, first=first, after=after, **filters)

    async def erase(self, participant: UUID) -> contract.ErasureAnswer:
        """Forget a participant for ever."""
        return await self._node.post(f"/v1/participants/{participant}/erase", contract.ErasureAnswer)

    async def forget(self, referral: UUID) -> contract.ReferralAnswer:
        """Leave nothing of whom a referral that came in told of."""
        return await self._node.post(f"/v1/referrals/{referral}/forget", contract.ReferralAnswer)

    async def refuse(self, referral: UUID, request: contract.RefuseErasure) -> contract.ReferralAnswer:
        """Keep it, on a ground that the law knows."""
        return await self._node.post(f"/v1/referrals/{referral}/refuse-erasure", contract.ReferralAnswer, request)
