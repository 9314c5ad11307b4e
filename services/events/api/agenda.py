"""The public agenda: which meetings there are between two dates."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from services.events.api.paging import First, cursor, position
from services.events.domain.schedule import EARLIEST, LATEST
from services.events.views import agenda
from shared.contracts.events import AgendaPage
from shared.http import OPEN, Context
from shared.rules import Invalid

LONGEST = timedelta(days=366)
USUAL = timedelta(days=31)


@get("/v1/occurrences", guards=[OPEN])
async def occurrences(
    context: NamedDependency[Context],
    since: Annotated[date, QueryParameter(name="from")],
    until: Annotated[date | None, QueryParameter()] = None,
    area: Annotated[str | None, QueryParameter()] = None,
    place: Annotated[UUID | None, QueryParameter()] = None,
    after: Annotated[str | None, QueryParameter()] = None,
    first: First = 20,
) -> AgendaPage:
    """Meetings by time of start."""
    end = _checked(since, until)
    last = position(after) if after else None
    asked = agenda.Asked(since=since, until=end, area=area, place=place, after=last, first=first)
    found = await context.query(agenda.occurrences, asked)
    more = len(found) > first
    return AgendaPage(found[:first], cursor(found[first - 1].starts_at, found[first - 1].series) if more else None)


def _checked(since: date, until: date | None) -> date:
    """The last day; refused: `date-out-of-range`, `agenda-too-long`, `agenda-backwards`."""
    if not EARLIEST <= since <= LATEST:
        raise Invalid([("from", "date-out-of-range", {"earliest": str(EARLIEST), "latest": str(LATEST)})])
    end = until or since + USUAL
    if end < since:
        raise Invalid([("until", "agenda-backwards", {})])
    if end - since > LONGEST:
        raise Invalid([("until", "agenda-too-long", {"days": LONGEST.days})])
    return end


ROUTES = (occurrences,)
