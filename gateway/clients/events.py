"""Typed calls to service `events`; the routes stand in `shared.contracts.events`."""

from datetime import date
from uuid import UUID

from gateway.clients.node import Node
from shared.contracts import events as contract


class Events:
    """Places, series and the agenda. Reading needs no token."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def register_place(self, request: contract.RegisterPlace) -> contract.PlaceAnswer:
        """A new place where people meet."""
        return await self._node.post("/v1/places", contract.PlaceAnswer, request)

    async def change_place(self, place: UUID, request: contract.PlaceDetails) -> contract.PlaceAnswer:
        """Describe it anew."""
        return await self._node.put(f"/v1/places/{place}", contract.PlaceAnswer, request)

    async def place(self, place: UUID) -> contract.PlaceAnswer:
        """One place."""
        return await self._node.get(f"/v1/places/{place}", contract.PlaceAnswer)

    async def places(self, first: int, after: str | None, area: str | None) -> contract.PlacePage:
        """Oldest first."""
        return await self._node.get("/v1/places", contract.PlacePage, first=first, after=after, area=area)

    async def plan_series(self, request: contract.PlanSeries) -> contract.SeriesAnswer:
        """Plan meetings by a rule."""
        return await self._node.post("/v1/series", contract.SeriesAnswer, request)

    async def skip_date(self, series: UUID, request: contract.SkipDate) -> contract.SeriesAnswer:
        """No meeting on this date."""
        return await self._node.post(f"/v1/series/{series}/skip-date", contract.SeriesAnswer, request)

    async def cancel_series(self, series: UUID) -> contract.SeriesAnswer:
        """No more meetings."""
        return await self._node.post(f"/v1/series/{series}/cancel", contract.SeriesAnswer)

    async def series(self, series: UUID) -> contract.SeriesAnswer:
        """One series."""
        return await self._node.get(f"/v1/series/{series}", contract.SeriesAnswer)

    async def all_series(self, first: int, after: str | None, place: UUID | None) -> contract.SeriesPage:
        """Oldest first."""
        return await self._node.get("/v1/series", contract.SeriesPage, first=first, after=after, place=place)

    async def agenda(
        self,
        first: int,
        after: str | None,
        *,
        since: date,
        until: date | None,
        area: str | None,
        place: UUID | None,
    ) -> contract.AgendaPage:
        """Meetings by time of start, between two local dates."""
        filters = {"from": since, "until": until, "area": area, "place": place}
        return await self._node.get("/v1/occurrences", contract.AgendaPage, first=first, after=after, **filters)
