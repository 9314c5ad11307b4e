"""How long closed files are kept, who goes soon, and what went."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from litestar import get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from services.intake.api.paging import After, First, cut, place
from services.intake.domain import retention
from services.intake.views import retention as view
from shared.access import Whose
from shared.contracts.intake import ClosedFilePage, RetentionAnswer, SetRetention
from shared.http import Context, allows
from shared.identity import Role


@get("/v1/retention", guards=[allows(Role.COORDINATOR, Role.ADMINISTRATOR, Role.PRIVACY_OFFICER)])
async def standing(context: NamedDependency[Context]) -> RetentionAnswer:
    """For how many months, since when, how many go within thirty days, and the last thirty days' work."""
    return await context.query(view.standing, context.now)


@put("/v1/retention", guards=[allows(Role.ADMINISTRATOR, Role.PRIVACY_OFFICER)])
async def set_months(data: JSONBody[SetRetention], context: NamedDependency[Context]) -> RetentionAnswer:
    """Keep closed files for so many months. More holds at once; less holds thirty days later, so that it can be seen who would go."""
    await context.run(retention, retention.KEPT_AS, retention.Set(data.months, context.now))
    return await context.query(view.standing, context.now)


@get("/v1/closed-files", guards=[allows(Role.COORDINATOR, whose=Whose.TEAM)])
async def closed(
    context: NamedDependency[Context],
    days: Annotated[int, QueryParameter(ge=1, le=366)] = 30,
    after: After = None,
    first: First = 20,
) -> ClosedFilePage:
    """Closed files that go within so many days, and those that stay though their time has come; the oldest first."""
    wanted = context.now, timedelta(days=days)
    found = await context.query(view.closed, *wanted, place(after, tuple[datetime, UUID]), first + 1)
    return ClosedFilePage(*cut(found, first, lambda item: (item.closed_at, item.id)))


ROUTES = (standing, set_months, closed)
