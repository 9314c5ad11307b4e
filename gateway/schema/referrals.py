"""Referrals out and in: one side's record, its timeline, and the steps of the loop."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import datetime
from typing import Annotated, TypeVar
from uuid import UUID

import strawberry

from gateway.errors import NodeRefused
from gateway.live import follow
from gateway.schema.access import COORDINATORS
from gateway.schema.paging import After, Connection, First, Info, connection, place, rows
from gateway.schema.structs import asked, shown
from shared.contracts import intake as contract
from shared.rules import NotFound
from shared.wire.hints import Hint

T = TypeVar("T")
Root = strawberry.Parent[contract.ReferralItem]
AsOf = Annotated[datetime | None, strawberry.argument(description="Show it as it was recorded then.")]

ReferInput = Annotated[contract.Refer, asked(contract.Refer, "ReferInput")]
MoveReferralInput = Annotated[contract.MoveReferral, asked(contract.MoveReferral, "MoveReferralInput")]
AcceptInput = Annotated[contract.AcceptReferral, asked(contract.AcceptReferral, "AcceptInput")]
ReasonInput = Annotated[contract.ReasonGiven, asked(contract.ReasonGiven, "ReasonInput")]
HoldInput = Annotated[contract.HoldReferral, asked(contract.HoldReferral, "HoldInput")]
OutcomeInput = Annotated[contract.Outcome, asked(contract.Outcome, "OutcomeInput")]


async def _participant(root: Root, info: Info) -> contract.ParticipantAnswer | None:
    return None if root.participant is None else await info.context.people.one(root.participant)


async def _programme(root: Root, info: Info) -> contract.ProgrammeAnswer | None:
    offered_by = root.partner if root.direction is contract.Direction.OUT else info.context.scope.organisation
    try:
        return await info.context.programmes.one(offered_by, root.programme)
    except NodeRefused as refused:
        if refused.problem.status == NotFound.status:
            return None
        raise


async def _details(root: Root, info: Info) -> contract.ReferralAnswer:
    return await info.context.referrals.one(root.id)


shown(contract.Outcome, "Outcome")
shown(contract.LetterAnswer, "Letter")
shown(contract.TimelineEntry, "TimelineEntry")
_JOINED = {
    "participant": "The own participant (sender's side only).",
    "programme": "As last heard; nothing when unknown here.",
}
shown(
    contract.ReferralItem,
    "ReferralItem",
    participant=strawberry.field(_participant, description=_JOINED["participant"], extensions=COORDINATORS),
    programme=strawberry.field(_programme, description=_JOINED["programme"], extensions=COORDINATORS),
    details=strawberry.field(_details, description="The referral whole, with its timeline.", extensions=COORDINATORS),
)
shown(
    contract.ReferralAnswer,
    "Referral",
    participant=strawberry.field(_participant, description=_JOINED["participant"], extensions=COORDINATORS),
    programme=strawberry.field(_programme, description=_JOINED["programme"], extensions=COORDINATORS),
)


def _follow(info: Info, referral: UUID | None, read: Callable[[], Awaitable[T]]) -> AsyncGenerator[T, None]:
    def concerns(hint: Hint) -> bool:
        return (hint.service, hint.noun) == ("intake", "referral") and referral in (None, hint.id)

    inquiry = info.context
    stands = inquiry.referrals.position
    return follow(inquiry.gateway.connection, inquiry.scope, inquiry.gateway.clock, concerns, stands, read)


@strawberry.type
class ReferralQuery:
    """Reading the own side's records."""

    @strawberry.field(description="Referrals out and in, newest first.", extensions=COORDINATORS)
    async def referrals(
        self,
        info: Info,
        direction: contract.Direction | None = None,
        status: contract.ReferralStatus | None = None,
        overdue: bool | None = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[contract.ReferralItem]:
        """List them."""
        found = await info.context.referrals.all(
            rows(first), place(after), direction=direction, status=status, overdue=overdue
        )
        return connection(found)

    @strawberry.field(description="One referral with its timeline.", extensions=COORDINATORS)
    async def referral(self, info: Info, id: UUID, as_of: AsOf = None) -> contract.ReferralAnswer:
        """Read one."""
        return await info.context.referrals.one(id, as_of)


@strawberry.type
class ReferralMutation:
    """The steps of the loop."""

    @strawberry.mutation(description="Ask a partner to take care of a participant's need.", extensions=COORDINATORS)
    async def refer(self, info: Info, input: ReferInput) -> contract.ReferralAnswer:
        """Sender."""
        return await info.context.referrals.refer(input)

    @strawberry.mutation(description="Sender: send a draft.", extensions=COORDINATORS)
    async def request_referral(self, info: Info, id: UUID) -> contract.ReferralAnswer:
        """Sender."""
        return await info.context.referrals.request(id)

    @strawberry.mutation(
        description="Sender: take it back at once, or ask to when it was handed over. Receiver: cancel.",
        extensions=COORDINATORS,
    )
    async def cancel_referral(self, info: Info, id: UUID, input: ReasonInput) -> contract.ReferralAnswer:
        """Both sides."""
        return await info.context.referrals.cancel(id, input)

    @strawberry.mutation(description="Receiver: the sender asked to cancel; so be it.", extensions=COORDINATORS)
    async def confirm_cancel(self, info: Info, id: UUID) -> contract.ReferralAnswer:
        """Receiver."""
        return await info.context.referrals.confirm_cancel(id)

    @strawberry.mutation(description="Sender: it should never have been there.", extensions=COORDINATORS)
    async def enter_referral_in_error(self, info: Info, id: UUID) -> contract.ReferralAnswer:
        """Sender."""
        return await info.context.referrals.enter_in_error(id)

    @strawberry.mutation(description="Receiver: a named person takes it.", extensions=COORDINATORS)
    async def accept_referral(self, info: Info, id: UUID, input: AcceptInput) -> contract.ReferralAnswer:
        """Receiver."""
        return await info.context.referrals.accept(id, input)

    @strawberry.mutation(
        description="Receiver: do not take it, for a reason. Nothing of the person stays behind.",
        extensions=COORDINATORS,
    )
    async def decline_referral(self, info: Info, id: UUID, input: ReasonInput) -> contract.ReferralAnswer:
        """Receiver."""
        return await info.context.referrals.decline(id, input)

    @strawberry.mutation(description="Receiver: help begins, or goes on after a hold.", extensions=COORDINATORS)
    async def start_referral(self, info: Info, id: UUID) -> contract.ReferralAnswer:
        """Receiver."""
        return await info.context.referrals.start(id)

    @strawberry.mutation(
        description="Receiver: it waits, for a reason; on a waiting list at a position.", extensions=COORDINATORS
    )
    async def hold_referral(self, info: Info, id: UUID, input: HoldInput) -> contract.ReferralAnswer:
        """Receiver."""
        return await info.context.referrals.hold(id, input)

    @strawberry.mutation(
        description="Receiver: nobody was reached. After three times `no-contact` is a reason.", extensions=COORDINATORS
    )
    async def note_contact_attempt(self, info: Info, id: UUID) -> contract.ReferralAnswer:
        """Receiver."""
        return await info.context.referrals.note_contact_attempt(id)

    @strawberry.mutation(description="Receiver: close the loop with what happened.", extensions=COORDINATORS)
    async def complete_referral(self, info: Info, id: UUID, input: OutcomeInput) -> contract.ReferralAnswer:
        """Receiver."""
        return await info.context.referrals.complete(id, input)

    @strawberry.mutation(description="Receiver: it did not work out, for a reason.", extensions=COORDINATORS)
    async def fail_referral(self, info: Info, id: UUID, input: ReasonInput) -> contract.ReferralAnswer:
        """Receiver."""
        return await info.context.referrals.fail(id, input)

    @strawberry.mutation(
        description="Receiver: hand what was accepted to another team; from then on that one sees it, and this one does not.",
        extensions=COORDINATORS,
    )
    async def move_referral(self, info: Info, id: UUID, input: MoveReferralInput) -> None:
        """Receiver."""
        await info.context.referrals.move(id, input)


@strawberry.type
class ReferralSubscription:
    """News without asking."""

    @strawberry.subscription(
        description="The newest referrals, now and whenever one of them changes; until the token expires.",
        extensions=COORDINATORS,
    )
    async def inbox_changed(
        self, info: Info, direction: contract.Direction | None = None, first: First = 20
    ) -> AsyncGenerator[Connection[contract.ReferralItem], None]:
        """Follow the list."""
        most = rows(first)
        async for found in _follow(info, None, lambda: info.context.referrals.all(most, None, direction=direction)):
            yield connection(found)

    @strawberry.subscription(
        description="One referral, now and whenever it changes; until the token expires.", extensions=COORDINATORS
    )
    async def referral_changed(self, info: Info, id: UUID) -> AsyncGenerator[contract.ReferralAnswer, None]:
        """Follow one."""
        async for found in _follow(info, id, lambda: info.context.referrals.one(id)):
            yield found
