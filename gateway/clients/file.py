"""Typed calls for a participant's file, to each of the three services; the routes stand in `shared.contracts.file`."""

from uuid import UUID

from gateway.clients.node import Node
from shared.contracts import file as contract


class Files:
    """What each service keeps of one person."""

    def __init__(self, intake: Node, network: Node, events: Node) -> None:
        self._intake, self._network, self._events = intake, network, events

    async def intake(self, participant: UUID) -> contract.IntakeFile:
        """Profile, consents, interviews, referrals."""
        return await self._intake.get(f"/v1/participants/{participant}/file", contract.IntakeFile)

    async def network(self, participant: UUID) -> contract.NetworkFile:
        """Interests and kliks. Raises `NodeRefused` (404) for who has ended, and as long as it has not heard of them."""
        return await self._network.get(f"/v1/participants/{participant}/file", contract.NetworkFile)

    async def events(self, participant: UUID) -> contract.EventsFile:
        """What is kept for meetings. Raises `NodeRefused` (404) likewise."""
        return await self._events.get(f"/v1/participants/{participant}/file", contract.EventsFile)
