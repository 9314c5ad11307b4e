"""Places, series and the public agenda. Reading needs no token: without one, name the organisation."""

from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry

from gateway.clients.events import Events
from gateway.schema.access import OPEN, allows
from gateway.schema.paging import After, Connection, First, Info, connection, place, rows
from gateway.schema.structs import asked, chosen, shown
from shared.contracts import events as contract
from shared.identity import Role

chosen(contract.Accessibility, "Accessibility")
chosen(contract.Kind, "MeetingKind")
shown(contract.PlaceAnswer, "Place")
shown(contract.SeriesAnswer, "Series")
shown(contract.Occurrence, "Occurrence")

RegisterPlaceInput = Annotated[contract.RegisterPlace, asked(contract.RegisterPlace, "RegisterPlaceInput")]
PlaceDetailsInput = Annotated[contract.PlaceDetails, asked(contract.PlaceDetails, "PlaceDetailsInput")]
PlanSeriesInput = Annotated[contract.PlanSeries, asked(contract.PlanSeries, "PlanSeriesInput")]
SkipDateInput = Annotated[contract.SkipDate, asked(contract.SkipDate, "SkipDateInput")]
Whose = Annotated[str | None, strawberry.argument(description="Organisation's slug; the caller's own when left out.")]
From = Annotated[date, strawberry.argument(name="from", description="First local date.")]
Until = Annotated[date | None, strawberry.argument(description="Last local date; 31 days on when left out.")]

KEEPERS = allows(Role.COORDINATOR, Role.ADMINISTRATOR)


def _events(info: Info, organisation: str | None) -> Events:
    return info.context.events if organisation is None else info.context.visiting(organisation)


@strawberry.type
class AgendaQuery:
    """What is going on."""

    @strawberry.field(description="Meetings by time of start.", extensions=OPEN)
    async def agenda(
        self,
        info: Info,
        since: From,
        until: Until = None,
        organisation: Whose = None,
        area: str | None = None,
        at_place: UUID | None = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[contract.Occurrence]:
        """List meetings."""
        found = await _events(info, organisation).agenda(
            rows(first), place(after), since=since, until=until, area=area, place=at_place
        )
        return connection(found)

    @strawberry.field(description="Places where people meet, oldest first.", extensions=OPEN)
    async def places(
        self,
        info: Info,
        organisation: Whose = None,
        area: str | None = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[contract.PlaceAnswer]:
        """List places."""
        return connection(await _events(info, organisation).places(rows(first), place(after), area))

    @strawberry.field(description="One place.", extensions=OPEN)
    async def place(self, info: Info, id: UUID, organisation: Whose = None) -> contract.PlaceAnswer:
        """Read one."""
        return await _events(info, organisation).place(id)

    @strawberry.field(description="Series of meetings, oldest first.", extensions=OPEN)
    async def all_series(
        self,
        info: Info,
        organisation: Whose = None,
        at_place: UUID | None = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[contract.SeriesAnswer]:
        """List series."""
        return connection(await _events(info, organisation).all_series(rows(first), place(after), at_place))

    @strawberry.field(description="One series.", extensions=OPEN)
    async def series(self, info: Info, id: UUID, organisation: Whose = None) -> contract.SeriesAnswer:
        """Read one."""
        return await _events(info, organisation).series(id)


@strawberry.type
class AgendaMutation:
    """Changes to places and series."""

    @strawberry.mutation(description="Register a place where people meet.", extensions=KEEPERS)
    async def register_place(self, info: Info, input: RegisterPlaceInput) -> contract.PlaceAnswer:
        """Register."""
        return await info.context.events.register_place(input)

    @strawberry.mutation(description="Describe a place anew.", extensions=KEEPERS)
    async def change_place(self, info: Info, id: UUID, input: PlaceDetailsInput) -> contract.PlaceAnswer:
        """Change."""
        return await info.context.events.change_place(id, input)

    @strawberry.mutation(
        description="Plan meetings by a rule (RFC 5545), as in `FREQ=MONTHLY;BYDAY=2SA`.", extensions=KEEPERS
    )
    async def plan_series(self, info: Info, input: PlanSeriesInput) -> contract.SeriesAnswer:
        """Plan."""
        return await info.context.events.plan_series(input)

    @strawberry.mutation(description="No meeting on one date of a series.", extensions=KEEPERS)
    async def skip_date(self, info: Info, series: UUID, input: SkipDateInput) -> contract.SeriesAnswer:
        """Skip."""
        return await info.context.events.skip_date(series, input)

    @strawberry.mutation(description="No more meetings of a series.", extensions=KEEPERS)
    async def cancel_series(self, info: Info, id: UUID) -> contract.SeriesAnswer:
        """Cancel."""
        return await info.context.events.cancel_series(id)
