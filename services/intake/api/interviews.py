"""Intake interviews: record and see."""

from datetime import date
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from services.intake.api.paging import After, First, cut, place
from services.intake.domain import interview
from services.intake.domain.working_days import AMSTERDAM
from services.intake.views import interviews as view
from services.intake.views import participants
from shared.access import Whose
from shared.contracts.intake import InterviewAnswer, InterviewPage, RecordInterview
from shared.contracts.text import tidy
from shared.http import Context, allows
from shared.identity import Role

COORDINATORS = [allows(Role.COORDINATOR, whose=Whose.TEAM)]


@post("/v1/participants/{id:uuid}/interviews", guards=COORDINATORS)
async def record(
    id: FromPath[UUID],  # noqa: A002
    data: JSONBody[RecordInterview],
    context: NamedDependency[Context],
) -> InterviewAnswer:
    """Write down what was said."""
    person = await context.query(participants.one, id)
    told = msgspec.structs.asdict(tidy(data))
    interview_id, held_on, by = told.pop("id"), told.pop("held_on"), told.pop("by")
    today = context.now.astimezone(AMSTERDAM).date()
    ended = person.ended_at is not None
    command = interview.RecordInterview(id, held_on, by, interview.Findings(**told), today, ended)
    await context.run(interview, interview_id, command)
    return await context.query(view.one, interview_id)


@get("/v1/participants/{id:uuid}/interviews", guards=COORDINATORS)
async def page(
    id: FromPath[UUID],  # noqa: A002
    context: NamedDependency[Context],
    after: After = None,
    first: First = 20,
) -> InterviewPage:
    """A participant's interviews, newest first."""
    await context.query(participants.one, id)
    found = await context.query(view.of_participant, id, place(after, tuple[date, UUID]), first + 1)
    return InterviewPage(*cut(found, first, lambda item: (item.held_on, item.id)))


ROUTES = (record, page)
