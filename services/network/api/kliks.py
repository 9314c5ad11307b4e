"""Kliks: a coordinator records what people of their team say."""

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from services.network.domain import klik
from services.network.views import kliks as view
from services.network.views import participants
from shared.access import Whose
from shared.contracts.network import BlockKlik, EndKlik, SayYes, YesAnswer
from shared.contracts.text import tidy
from shared.http import Context, allows
from shared.identity import Role

COORDINATORS = allows(Role.COORDINATOR, whose=Whose.TEAM)


@post("/v1/kliks/yes", status_code=200, guards=[COORDINATORS])
async def say_yes(data: JSONBody[SayYes], context: NamedDependency[Context]) -> YesAnswer:
    """Somebody would like to stay in touch with another."""
    said = tidy(data)
    await context.query(participants.one, said.participant)
    known = await context.query(participants.known, said.participant, said.other)
    minors = await context.query(participants.minors, said.participant, said.other)
    yes = klik.SayYes(
        klik=said.id,
        who=said.participant,
        other=said.other,
        contact=said.contact,
        known=known,
        minors=minors,
        sees_other=await context.query(participants.sees, said.other),
        at=context.now,
    )
    await context.run(klik, klik.pair(said.participant, said.other), yes)
    return await context.query(view.between, said.participant, said.other)


@post("/v1/kliks/end", status_code=204, guards=[COORDINATORS])
async def end(data: JSONBody[EndKlik], context: NamedDependency[Context]) -> None:
    """Somebody does not want to stay in touch any more."""
    await context.query(participants.one, data.participant)
    await context.run(klik, klik.pair(data.participant, data.other), klik.End(data.participant, context.now))


@post("/v1/kliks/block", status_code=204, guards=[COORDINATORS])
async def block(data: JSONBody[BlockKlik], context: NamedDependency[Context]) -> None:
    """Somebody wants no klik with another."""
    await context.query(participants.one, data.participant)
    blocked = klik.Block(data.participant, data.other, context.now)
    await context.run(klik, klik.pair(data.participant, data.other), blocked)


ROUTES = (say_yes, end, block)
