"""One evening, and the links by which its hosts come who have no account."""

import hmac
from datetime import date
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from services.events.api.paging import After, First
from services.events.domain import evening_link as link
from services.events.views import agenda, places
from services.events.views import evening_links as view
from shared.access import Whose
from shared.contracts.evenings import EveningAnswer, EveningLink, EveningLinkMade, EveningLinkPage
from shared.contracts.links import Enter, Entered, MakeLink, digits
from shared.http import OPEN, Context, allows
from shared.identity import Evening, Holder, Role
from shared.rules import Unauthenticated

MAKERS = allows(Role.COORDINATOR, Role.HOST)


@post("/v1/series/{id:uuid}/evenings/{day:date}/links", guards=[MAKERS])
async def make(
    id: FromPath[UUID],  # noqa: A002
    day: FromPath[date],
    data: JSONBody[MakeLink],
    context: NamedDependency[Context],
) -> EveningLinkMade:
    """A link for who hosts this evening, with the code that goes with it: tell it apart from the link."""
    evening = await context.query(agenda.evening, Evening(id, day))
    await context.run(link, data.id, link.Make(series=id, date=day, zone=evening.zone, at=context.now))
    made = await context.query(view.one, data.id)
    return EveningLinkMade(**msgspec.structs.asdict(made), code=_code(context, data.id))


@get("/v1/series/{id:uuid}/evenings/{day:date}/links", guards=[MAKERS])
async def page(
    id: FromPath[UUID],  # noqa: A002
    day: FromPath[date],
    context: NamedDependency[Context],
    after: After = None,
    first: First = 20,
) -> EveningLinkPage:
    """An evening's links, without their codes."""
    found = await context.query(view.page, Evening(id, day), after, first + 1)
    return EveningLinkPage(found[:first], str(found[first - 1].id) if len(found) > first else None)


@post("/v1/evening-links/{id:uuid}/withdraw", status_code=200, guards=[MAKERS])
async def withdraw(id: FromPath[UUID], context: NamedDependency[Context]) -> EveningLink:  # noqa: A002
    """Nobody comes by it any more; who did, sees nothing more."""
    await context.run(link, id, link.Withdraw(context.now))
    return await context.query(view.one, id)


@post("/v1/evening-links/{id:uuid}/enter", status_code=200, guards=[OPEN])
async def enter(id: FromPath[UUID], data: JSONBody[Enter], context: NamedDependency[Context]) -> Entered:  # noqa: A002
    """Come in as that evening's host, until six the next morning. Raises `Unauthenticated("link-closed")`, whatever the reason."""
    said, right = digits(data.code, link.DIGITS), _code(context, id).replace(" ", "")
    way = await context.query(view.known, id)
    if way is None:
        raise Unauthenticated("link-closed")
    outcome = await context.run(link, id, link.Enter(hmac.compare_digest(said, right), context.now), anew=True)
    if not isinstance(outcome.events[-1].event, link.Entered):
        raise Unauthenticated("link-closed")
    evening = Evening(way.series, way.date)
    await context.query(agenda.evening, evening)
    token = context.link_key.token(Holder(link=id, evening=evening), now=context.now, until=way.closes_at)
    return Entered(token, way.closes_at)


@get("/v1/evening", guards=[allows(Role.EVENING_HOST, whose=Whose.EVENING)])
async def mine(context: NamedDependency[Context]) -> EveningAnswer:
    """The evening that the caller hosts."""
    holder = context.scope.holder
    if holder is None or holder.evening is None:
        raise Unauthenticated("link-closed")
    evening = holder.evening
    meeting = await context.query(agenda.evening, evening)
    way = await context.query(view.held, holder.link, evening)
    return EveningAnswer(
        meeting=meeting,
        place=await context.query(places.one, meeting.place),
        hosts=await context.query(view.hosts, evening),
        closes_at=way.closes_at,
    )


def _code(context: Context, id_: UUID) -> str:
    """Two groups of four digits."""
    code = context.link_key.code(link.DIGITS, "evening", id_)
    return f"{code[:4]} {code[4:]}"


ROUTES = (make, page, withdraw, enter, mine)
