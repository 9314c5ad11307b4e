"""Forgetting people: at their request here, and what partners ask and answer."""

from typing import Annotated
from uuid import UUID

import strawberry

from gateway.schema.access import allows
from gateway.schema.paging import After, Connection, First, Info, connection, place, rows
from gateway.schema.structs import asked, shown
from shared.access import Whose
from shared.contracts import intake as contract
from shared.identity import Role

shown(contract.ErasureItem, "Erasure")
shown(contract.ErasureAnswer, "Erased")

RefuseErasureInput = Annotated[contract.RefuseErasure, asked(contract.RefuseErasure, "RefuseErasureInput")]

DECIDERS = (Role.COORDINATOR, Role.PRIVACY_OFFICER)
ERASERS = allows(*DECIDERS, whose=Whose.TEAM)
READERS = allows(*DECIDERS, whose=Whose.TEAM, over=[Role.PRIVACY_OFFICER])


@strawberry.type
class ErasureQuery:
    """Seeing whether everybody has forgotten."""

    @strawberry.field(
        description="What partners were asked to forget (`OUT`), and what this organisation was (`IN`), newest first.",
        extensions=READERS,
    )
    async def erasures(
        self,
        info: Info,
        direction: contract.Direction | None = None,
        overdue: bool | None = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[contract.ErasureItem]:
        """List them."""
        found = await info.context.erasures.all(rows(first), place(after), direction=direction, overdue=overdue)
        return connection(found)


@strawberry.type
class ErasureMutation:
    """Forgetting, and refusing to."""

    @strawberry.mutation(
        description="Forget a participant for ever, here and at every partner that was told of them. Nothing brings them back.",
        extensions=ERASERS,
    )
    async def erase_participant(self, info: Info, id: UUID) -> contract.ErasureAnswer:
        """Erase."""
        return await info.context.erasures.erase(id)

    @strawberry.mutation(
        description="Receiver: leave nothing of whom this referral told of; the sender is told if it asked.",
        extensions=ERASERS,
    )
    async def forget_referral(self, info: Info, id: UUID) -> contract.ReferralAnswer:
        """Forget."""
        return await info.context.erasures.forget(id)

    @strawberry.mutation(
        description="Receiver: keep what the sender asked to forget, on a ground that the law knows; the sender is told which.",
        extensions=ERASERS,
    )
    async def refuse_erasure(self, info: Info, id: UUID, input: RefuseErasureInput) -> contract.ReferralAnswer:
        """Refuse."""
        return await info.context.erasures.refuse(id, input)
