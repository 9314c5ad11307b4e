"""Forgetting people at their request, and what partners answer who were told of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from services.intake.api.paging import After, First, cut, place
from services.intake.api.receiving import answered
from services.intake.domain import incoming_referral, participant
from services.intake.domain.erasure import Ground
from services.intake.views import counts, participants
from services.intake.views import erasures as view
from shared.access import Whose
from shared.contracts.intake import Direction, ErasureAnswer, ErasurePage, ReferralAnswer, RefuseErasure
from shared.eventlog.types import Recorded, Step
from shared.http import Context, allows
from shared.identity import OrgScope, Role
from shared.rules import NotFound

DECIDERS = (Role.COORDINATOR, Role.PRIVACY_OFFICER)
ERASERS = [allows(*DECIDERS, whose=Whose.TEAM)]
READERS = [allows(*DECIDERS, whose=Whose.TEAM, over=[Role.PRIVACY_OFFICER])]


@post("/v1/participants/{id:uuid}/erase", guards=ERASERS, status_code=200)
async def erase(id: FromPath[UUID], context: NamedDependency[Context]) -> ErasureAnswer:  # noqa: A002
    """Forget a participant for ever, here and at every partner that was told of them. Nothing brings them back.

    Asked after their file went with the time, the partners are asked who were not asked then.
    """
    before = await context.read(id)
    if not any(isinstance(one.event, participant.Erased) for one in before):
        await context.query(participants.one, id)
    elif not theirs(before, context.scope):
        raise NotFound("participant-unknown")
    numbers = await context.query(lambda connection, _: counts.to_count(connection, [id], context.now))
    await context.write([*numbers, Step(participant, id, participant.Erase())])
    after = await context.read(id)
    partners = {one.event.to for one in after if isinstance(one.event, participant.ReferralForgotten)}
    erased = next(one.at for one in after if isinstance(one.event, participant.Erased))
    return ErasureAnswer(participant=id, erased_at=erased, partners=tuple(sorted(partners)))


def theirs(stream: Sequence[Recorded[Any]], scope: OrgScope) -> bool:
    """Whether a forgotten participant was of the caller's team."""
    every = [one.event for one in stream]
    teams = [one.team for one in every if isinstance(one, participant.Registered | participant.Moved)]
    return bool(teams) and scope.team in (None, teams[-1])


@get("/v1/erasures", guards=READERS)
async def page(
    context: NamedDependency[Context],
    direction: Annotated[Direction | None, QueryParameter()] = None,
    overdue: Annotated[bool | None, QueryParameter()] = None,
    after: After = None,
    first: First = 20,
) -> ErasurePage:
    """What partners were asked to forget, and what this organisation was, newest first."""
    found = await context.query(
        view.page, view.Wanted(direction, overdue), place(after, tuple[datetime, UUID]), first + 1
    )
    return ErasurePage(*cut(found, first, lambda item: (item.asked_at, item.id)))


@post("/v1/referrals/{id:uuid}/forget", guards=ERASERS, status_code=200)
async def forget(id: FromPath[UUID], context: NamedDependency[Context]) -> ReferralAnswer:  # noqa: A002
    """Receiver: leave nothing of whom this referral told of. Who is being helped is not any more; the sender is told if it asked."""
    return await answered(context, id, incoming_referral.Forget())


@post("/v1/referrals/{id:uuid}/refuse-erasure", guards=ERASERS, status_code=200)
async def refuse(
    id: FromPath[UUID],  # noqa: A002
    data: JSONBody[RefuseErasure],
    context: NamedDependency[Context],
) -> ReferralAnswer:
    """Receiver: keep it, on a ground that the law knows; the sender is told which."""
    return await answered(context, id, incoming_referral.RefuseErasure(Ground(data.ground)))


ROUTES = (erase, page, forget, refuse)
