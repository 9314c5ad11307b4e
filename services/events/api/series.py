"""Series of meetings: planned, skipped and cancelled by the organisation, seen by everybody."""

from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from services.events.api.paging import After, First
from services.events.domain import series
from services.events.domain.schedule import Schedule
from services.events.views import places
from services.events.views import series as view
from shared.contracts.events import PlanSeries, SeriesAnswer, SeriesPage, SkipDate
from shared.contracts.text import tidy
from shared.http import OPEN, Context, allows
from shared.identity import Role

PLANNERS = allows(Role.COORDINATOR, Role.ADMINISTRATOR)


@post("/v1/series", guards=[PLANNERS])
async def plan(data: JSONBody[PlanSeries], context: NamedDependency[Context]) -> SeriesAnswer:
    """A new series at a place of the organisation."""
    await context.query(places.one, data.place)
    said = tidy(data)
    planned = series.Plan(
        place=said.place, title=said.title, kind=said.kind, text=said.text, schedule=_schedule(said), at=context.now
    )
    await context.run(series, said.id, planned)
    return await context.query(view.one, said.id)


@post("/v1/series/{id:uuid}/skip-date", status_code=200, guards=[PLANNERS])
async def skip_date(id: FromPath[UUID], data: JSONBody[SkipDate], context: NamedDependency[Context]) -> SeriesAnswer:  # noqa: A002
    """No meeting on one date."""
    await context.run(series, id, series.SkipDate(data.date, context.now))
    return await context.query(view.one, id)


@post("/v1/series/{id:uuid}/cancel", status_code=200, guards=[PLANNERS])
async def cancel(id: FromPath[UUID], context: NamedDependency[Context]) -> SeriesAnswer:  # noqa: A002
    """No more meetings from now on."""
    await context.run(series, id, series.Cancel(context.now))
    return await context.query(view.one, id)


@get("/v1/series/{id:uuid}", guards=[OPEN])
async def one(id: FromPath[UUID], context: NamedDependency[Context]) -> SeriesAnswer:  # noqa: A002
    """A series."""
    return await context.query(view.one, id)


@get("/v1/series", guards=[OPEN])
async def page(
    context: NamedDependency[Context],
    place: Annotated[UUID | None, QueryParameter()] = None,
    after: After = None,
    first: First = 20,
) -> SeriesPage:
    """The series at a place, or all."""
    return await context.query(view.page, place, after, first)


def _schedule(data: PlanSeries) -> Schedule:
    return Schedule(**{name: getattr(data, name) for name in Schedule.__struct_fields__})


ROUTES = (plan, skip_date, cancel, one, page)
