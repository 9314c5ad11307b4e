"""Breaking the glass: in need a file of another team is opened, with a reason; the privacy officer looks at it, the person reads it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from services.intake.api.paging import After, First, cut, place
from services.intake.domain import break_glass
from services.intake.views import break_glass as view
from services.intake.views import participants
from shared.contracts.access import AccessAction
from shared.contracts.intake import BreakGlass, BreakGlassAnswer, BreakGlassPage, ReviewBreakGlass
from shared.contracts.text import tidy
from shared.http import Context, allows
from shared.identity import Role
from shared.rules import NotFound, Refused
from shared.showing import ACTION

REVIEWERS = [allows(Role.PRIVACY_OFFICER)]


@post(
    "/v1/participants/{id:uuid}/break-glass",
    guards=[allows(Role.COORDINATOR)],
    opt={ACTION: AccessAction.BREAK_GLASS},
)
async def open_file(
    id: FromPath[UUID],  # noqa: A002
    data: JSONBody[BreakGlass],
    context: NamedDependency[Context],
) -> BreakGlassAnswer:
    """Open the file of a participant of another team to the caller, to look at for an hour. Nobody is searched for: the id is known."""
    said, scope = tidy(data), context.scope
    whose = await context.query(participants.team_of, id)
    if scope.team is None or scope.team == whose:
        raise Refused("break-glass-needless")
    command = break_glass.BreakGlass(id, scope.user, scope.team, said.reason, context.now)
    await context.run(break_glass, said.id, command)
    answer = await context.query(view.one, said.id)
    if answer.participant is None:  # forgotten since their team was looked up
        raise NotFound("participant-unknown")
    return answer


@get("/v1/break-glass", guards=REVIEWERS)
async def page(
    context: NamedDependency[Context],
    reviewed: Annotated[bool | None, QueryParameter()] = None,
    after: After = None,
    first: First = 20,
) -> BreakGlassPage:
    """Files that were opened by who is not of the person's team, newest first."""
    return await _page(context, view.Wanted(None, reviewed), after, first)


@get("/v1/participants/{id:uuid}/break-glass", guards=[allows(Role.PRIVACY_OFFICER, Role.PARTICIPANT)])
async def of_participant(
    id: FromPath[UUID],  # noqa: A002
    context: NamedDependency[Context],
    after: After = None,
    first: First = 20,
) -> BreakGlassPage:
    """When one person's file was opened so, by whom and why; a participant sees their own."""
    if context.scope.person not in (None, id):
        raise NotFound("participant-unknown")
    return await _page(context, view.Wanted(id), after, first)


@post("/v1/break-glass/{id:uuid}/review", guards=REVIEWERS, status_code=200)
async def review(
    id: FromPath[UUID],  # noqa: A002
    data: JSONBody[ReviewBreakGlass],
    context: NamedDependency[Context],
) -> BreakGlassAnswer:
    """Say whether it was right. Nobody reviews what they did themselves."""
    said = tidy(data)
    verdict = break_glass.Verdict(said.verdict)
    await context.run(break_glass, id, break_glass.Review(verdict, said.note, context.scope.user, context.now))
    return await context.query(view.one, id)


async def _page(context: Context, wanted: view.Wanted, after: str | None, first: int) -> BreakGlassPage:
    found = await context.query(view.page, wanted, place(after, tuple[datetime, UUID]), first + 1)
    return BreakGlassPage(*cut(found, first, lambda item: (item.opened_at, item.id)))


ROUTES = (open_file, page, of_participant, review)
