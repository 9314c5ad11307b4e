"""Typed calls about links, to services `intake` (participants') and `events` (evenings'); the routes stand in their contracts."""

from datetime import date
from uuid import UUID

from gateway.clients.node import Node
from shared.contracts import evenings
from shared.contracts.intake import links as contract
from shared.contracts.links import Enter, Entered, MakeLink


class Links:
    """Who comes without an account."""

    def __init__(self, intake: Node, events: Node) -> None:
        self._intake, self._events = intake, events

    async def make(self, participant: UUID, request: MakeLink) -> contract.LinkAnswer:
        """A link for a participant."""
        return await self._intake.post(f"/v1/participants/{participant}/links", contract.LinkAnswer, request)

    async def of(self, participant: UUID, first: int, after: str | None) -> contract.LinkPage:
        """A participant's, oldest first."""
        path = f"/v1/participants/{participant}/links"
        return await self._intake.get(path, contract.LinkPage, first=first, after=after)

    async def withdraw(self, link: UUID) -> contract.LinkAnswer:
        """Nobody comes by it any more."""
        return await self._intake.post(f"/v1/links/{link}/withdraw", contract.LinkAnswer)

    async def read_aloud(self, participant: UUID, link: UUID) -> contract.CodeAnswer:
        """A code for who cannot be mailed."""
        return await self._intake.post(f"/v1/participants/{participant}/links/{link}/code", contract.CodeAnswer)

    async def send(self, link: UUID) -> None:
        """Have a code mailed."""
        await self._intake.post(f"/v1/links/{link}/code", type(None))

    async def enter(self, link: UUID, code: str) -> contract.ParticipantEntered:
        """Come in as the participant."""
        return await self._intake.post(f"/v1/links/{link}/enter", contract.ParticipantEntered, Enter(code))

    async def make_for_evening(self, series: UUID, day: date, request: MakeLink) -> evenings.EveningLinkMade:
        """A link for who hosts one evening."""
        path = f"/v1/series/{series}/evenings/{day}/links"
        return await self._events.post(path, evenings.EveningLinkMade, request)

    async def of_evening(self, series: UUID, day: date, first: int, after: str | None) -> evenings.EveningLinkPage:
        """An evening's, oldest first."""
        path = f"/v1/series/{series}/evenings/{day}/links"
        return await self._events.get(path, evenings.EveningLinkPage, first=first, after=after)

    async def withdraw_for_evening(self, link: UUID) -> evenings.EveningLink:
        """Nobody comes by it any more."""
        return await self._events.post(f"/v1/evening-links/{link}/withdraw", evenings.EveningLink)

    async def enter_evening(self, link: UUID, code: str) -> Entered:
        """Come in as an evening's host."""
        return await self._events.post(f"/v1/evening-links/{link}/enter", Entered, Enter(code))

    async def evening(self) -> evenings.EveningAnswer:
        """The evening that one hosts."""
        return await self._events.get("/v1/evening", evenings.EveningAnswer)
