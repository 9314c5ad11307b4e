"""How many people were registered and left, month by month: the organisation's own numbers."""

from datetime import date, timedelta
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from services.intake.domain import month
from services.intake.views import counts as view
from shared.contracts.intake import CountsAnswer
from shared.http import Context, allows
from shared.identity import Role
from shared.rules import Refused

YEAR = timedelta(days=365)


@get("/v1/counts", guards=[allows(Role.COORDINATOR, Role.PRIVACY_OFFICER)])
async def counts(
    context: NamedDependency[Context],
    since: Annotated[date | None, QueryParameter(name="from")] = None,
    until: Annotated[date | None, QueryParameter()] = None,
) -> CountsAnswer:
    """Of whom the organisation registered, by what they told: the whole months of these days, a year up to now unless told.

    They are not protected: small numbers describe persons, and stay inside the organisation. They are of all its teams together:
    who works for one of them sees that one's people only, and is refused with `counts-of-all-teams`.
    """
    if context.scope.team is not None and Role.PRIVACY_OFFICER not in context.scope.roles:
        raise Refused("counts-of-all-teams")
    first, last = since or context.now - YEAR, until or context.now
    return CountsAnswer(tuple(await context.query(view.counts, month.month_of(first), month.month_of(last))))


ROUTES = (counts,)
