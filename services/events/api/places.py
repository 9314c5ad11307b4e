"""Places: kept by the organisation, seen by everybody."""

from typing import Annotated
from uuid import UUID

from litestar import get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from services.events.api.paging import After, First
from services.events.domain import place
from services.events.views import places as view
from shared.contracts.events import PlaceAnswer, PlaceDetails, PlacePage, RegisterPlace
from shared.contracts.text import tidy
from shared.http import OPEN, Context, allows
from shared.identity import Role

KEEPERS = allows(Role.COORDINATOR, Role.ADMINISTRATOR)


@post("/v1/places", guards=[KEEPERS])
async def register(data: JSONBody[RegisterPlace], context: NamedDependency[Context]) -> PlaceAnswer:
    """A new place."""
    await context.run(place, data.id, place.Register(_details(data), context.now))
    return await context.query(view.one, data.id)


@put("/v1/places/{id:uuid}", guards=[KEEPERS])
async def change(id: FromPath[UUID], data: JSONBody[PlaceDetails], context: NamedDependency[Context]) -> PlaceAnswer:  # noqa: A002
    """All that is said of a place, anew."""
    await context.run(place, id, place.Change(_details(data), context.now))
    return await context.query(view.one, id)


@get("/v1/places/{id:uuid}", guards=[OPEN])
async def one(id: FromPath[UUID], context: NamedDependency[Context]) -> PlaceAnswer:  # noqa: A002
    """A place."""
    return await context.query(view.one, id)


@get("/v1/places", guards=[OPEN])
async def page(
    context: NamedDependency[Context],
    area: Annotated[str | None, QueryParameter()] = None,
    after: After = None,
    first: First = 20,
) -> PlacePage:
    """The places of an area, or all."""
    return await context.query(view.page, area, after, first)


def _details(data: PlaceDetails) -> place.Details:
    said = tidy(data)
    return place.Details(**{name: getattr(said, name) for name in place.Details.__struct_fields__})


ROUTES = (register, change, one, page)
