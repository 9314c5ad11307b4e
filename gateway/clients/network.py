"""Typed calls to service `network`; the routes stand in `shared.contracts.network`."""

from uuid import UUID

from gateway.clients.node import Node
from shared.contracts import network as contract


class Network:
    """Interests and kliks."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def participant(self, participant: UUID) -> contract.ParticipantAnswer:
        """What the network knows of a participant. Raises `NodeRefused` (404) as long as it has not heard of them."""
        return await self._node.get(f"/v1/participants/{participant}", contract.ParticipantAnswer)

    async def set_interests(self, participant: UUID, request: contract.Interests) -> contract.ParticipantAnswer:
        """Record what somebody likes to do."""
        return await self._node.put(f"/v1/participants/{participant}/interests", contract.ParticipantAnswer, request)

    async def clear_interests(self, participant: UUID) -> None:
        """Keep nothing of it."""
        await self._node.delete(f"/v1/participants/{participant}/interests", type(None))

    async def kliks(self, participant: UUID, first: int, after: str | None) -> contract.KlikPage:
        """Oldest first."""
        return await self._node.get(
            f"/v1/participants/{participant}/kliks", contract.KlikPage, first=first, after=after
        )

    async def say_yes(self, request: contract.SayYes) -> contract.YesAnswer:
        """One person would like to stay in touch with another."""
        return await self._node.post("/v1/kliks/yes", contract.YesAnswer, request)

    async def end_klik(self, request: contract.EndKlik) -> None:
        """One person does not want to stay in touch any more."""
        await self._node.post("/v1/kliks/end", type(None), request)

    async def block_klik(self, request: contract.BlockKlik) -> None:
        """One person wants no klik with another."""
        await self._node.post("/v1/kliks/block", type(None), request)
