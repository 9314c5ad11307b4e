"""Participants the network knows, and their interests."""

from typing import Annotated
from uuid import UUID

from litestar import delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from services.network.domain import participant
from services.network.views import kliks
from services.network.views import participants as view
from shared.access import Whose
from shared.contracts.network import Interests, KlikPage, ParticipantAnswer, ParticipantPage
from shared.contracts.text import tidy
from shared.http import Context, allows
from shared.identity import Role

COORDINATORS = allows(Role.COORDINATOR, whose=Whose.TEAM)
AND_THEMSELVES = allows(Role.COORDINATOR, Role.PARTICIPANT, whose=Whose.TEAM)


@get("/v1/participants", guards=[COORDINATORS])
async def page(
    context: NamedDependency[Context],
    after: Annotated[UUID | None, QueryParameter()] = None,
    first: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
) -> ParticipantPage:
    """The team's participants."""
    return await context.query(view.page, after, first)


@get("/v1/participants/{id:uuid}", guards=[AND_THEMSELVES])
async def one(id: FromPath[UUID], context: NamedDependency[Context]) -> ParticipantAnswer:  # noqa: A002
    """A participant."""
    return await context.query(view.one, id)


@put("/v1/participants/{id:uuid}/interests", guards=[COORDINATORS])
async def set_interests(
    id: FromPath[UUID],  # noqa: A002
    data: JSONBody[Interests],
    context: NamedDependency[Context],
) -> ParticipantAnswer:
    """What the participant likes to do."""
    await context.query(view.one, id)
    said = tidy(data)
    interests = participant.Interests(
        likes=said.likes, company=said.company, times=said.times, distance_km=said.distance_km
    )
    await context.run(participant, id, participant.SetInterests(interests, context.now))
    return await context.query(view.one, id)


@delete("/v1/participants/{id:uuid}/interests", guards=[COORDINATORS])
async def clear_interests(id: FromPath[UUID], context: NamedDependency[Context]) -> None:  # noqa: A002
    """Keep them no more."""
    await context.query(view.one, id)
    await context.run(participant, id, participant.ClearInterests(context.now))


@get("/v1/participants/{id:uuid}/kliks", guards=[AND_THEMSELVES])
async def kliks_of(
    id: FromPath[UUID],  # noqa: A002
    context: NamedDependency[Context],
    after: Annotated[UUID | None, QueryParameter()] = None,
    first: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
) -> KlikPage:
    """A participant's kliks, with the contacts that the others chose to share."""
    await context.query(view.one, id)
    return await context.query(kliks.page, id, after, first)


ROUTES = (page, one, set_interests, clear_interests, kliks_of)
