"""Referrals: what the receiver does."""

from uuid import UUID

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from services.intake.api.referrals import told
from services.intake.domain import incoming_referral
from services.intake.domain import referral_progress as progress
from services.intake.domain.referral_progress import DecidedBy, Reason
from services.intake.views import referrals as view
from shared.access import Whose
from shared.contracts.intake import (
    AcceptReferral,
    Direction,
    HoldReferral,
    MoveReferral,
    Outcome,
    ReasonGiven,
    ReferralAnswer,
)
from shared.contracts.text import tidy
from shared.http import Context, allows
from shared.identity import Role
from shared.rules import Refused

RECEIVERS = [allows(Role.COORDINATOR, whose=Whose.TEAM)]
"""What comes in is every team's until one accepts it."""


@post("/v1/referrals/{id:uuid}/accept", guards=RECEIVERS, status_code=200)
async def accept(
    id: FromPath[UUID],  # noqa: A002
    data: JSONBody[AcceptReferral],
    context: NamedDependency[Context],
) -> ReferralAnswer:
    """A named person takes it; from now on the whole letter is shown, to the caller's team."""
    return await answered(context, id, incoming_referral.Accept(tidy(data).owner, context.scope.team))


@post("/v1/referrals/{id:uuid}/decline", guards=RECEIVERS, status_code=200)
async def decline(
    id: FromPath[UUID],  # noqa: A002
    data: JSONBody[ReasonGiven],
    context: NamedDependency[Context],
) -> ReferralAnswer:
    """Do not take it. Nothing of the person stays."""
    return await answered(context, id, incoming_referral.Decline(Reason(data.reason), DecidedBy(data.decided_by)))


@post("/v1/referrals/{id:uuid}/start", guards=RECEIVERS, status_code=200)
async def start(id: FromPath[UUID], context: NamedDependency[Context]) -> ReferralAnswer:  # noqa: A002
    """Help begins, or goes on after a hold."""
    return await answered(context, id, incoming_referral.Start())


@post("/v1/referrals/{id:uuid}/hold", guards=RECEIVERS, status_code=200)
async def hold(
    id: FromPath[UUID],  # noqa: A002
    data: JSONBody[HoldReferral],
    context: NamedDependency[Context],
) -> ReferralAnswer:
    """It waits; the position on the list goes back to the sender."""
    reason, decided_by = Reason(data.reason), DecidedBy(data.decided_by)
    return await answered(context, id, incoming_referral.Hold(reason, decided_by, data.list_position))


@post("/v1/referrals/{id:uuid}/contact-attempts", guards=RECEIVERS, status_code=200)
async def attempt_contact(id: FromPath[UUID], context: NamedDependency[Context]) -> ReferralAnswer:  # noqa: A002
    """The person was tried and not reached."""
    return await answered(context, id, incoming_referral.AttemptContact())


@post("/v1/referrals/{id:uuid}/complete", guards=RECEIVERS, status_code=200)
async def complete(
    id: FromPath[UUID],  # noqa: A002
    data: JSONBody[Outcome],
    context: NamedDependency[Context],
) -> ReferralAnswer:
    """Close the loop."""
    outcome = progress.Outcome(**msgspec.structs.asdict(tidy(data)))
    return await answered(context, id, incoming_referral.Complete(outcome))


@post("/v1/referrals/{id:uuid}/fail", guards=RECEIVERS, status_code=200)
async def fail(
    id: FromPath[UUID],  # noqa: A002
    data: JSONBody[ReasonGiven],
    context: NamedDependency[Context],
) -> ReferralAnswer:
    """It did not work out."""
    return await answered(context, id, incoming_referral.Fail(Reason(data.reason), DecidedBy(data.decided_by)))


@post("/v1/referrals/{id:uuid}/confirm-cancel", guards=RECEIVERS, status_code=200)
async def confirm_cancel(id: FromPath[UUID], context: NamedDependency[Context]) -> ReferralAnswer:  # noqa: A002
    """Do what the sender asked."""
    return await answered(context, id, incoming_referral.ConfirmCancel())


@post("/v1/referrals/{id:uuid}/move", guards=RECEIVERS, status_code=204)
async def move(
    id: FromPath[UUID],  # noqa: A002
    data: JSONBody[MoveReferral],
    context: NamedDependency[Context],
) -> None:
    """Hand what was accepted to another team: from then on that one sees it, and this one does not."""
    await done(context, id, incoming_referral.Assign(tidy(data).team))


async def answered(context: Context, id_: UUID, command: incoming_referral.Command) -> ReferralAnswer:
    """Do it, and tell the referral as it is then."""
    await done(context, id_, command)
    return await told(context, id_)


async def done(context: Context, id_: UUID, command: incoming_referral.Command) -> None:
    """Refused for what was sent from here: `referral-other-side`."""
    if await context.query(view.side, id_) is not Direction.IN:
        raise Refused("referral-other-side", side="receiver")
    await context.run(incoming_referral, id_, command)


ROUTES = (accept, decline, start, hold, attempt_contact, complete, fail, confirm_cancel, move)
