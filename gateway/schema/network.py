"""Interests and kliks."""

from typing import Annotated
from uuid import UUID

import strawberry

from gateway.errors import NodeRefused
from gateway.schema.access import COORDINATORS
from gateway.schema.paging import Connection, Info, connection, place, rows
from gateway.schema.structs import asked, shown
from shared.contracts import network as contract
from shared.rules import NotFound

shown(contract.Interests, "Interests")
shown(contract.KlikAnswer, "Klik")

InterestsInput = Annotated[contract.Interests, asked(contract.Interests, "InterestsInput")]
SayYesInput = Annotated[contract.SayYes, asked(contract.SayYes, "SayYesInput")]
EndKlikInput = Annotated[contract.EndKlik, asked(contract.EndKlik, "EndKlikInput")]
BlockKlikInput = Annotated[contract.BlockKlik, asked(contract.BlockKlik, "BlockKlikInput")]


async def interests(info: Info, participant: UUID) -> contract.Interests | None:
    """What a participant likes to do; nothing as long as the network has not heard of them."""
    try:
        return (await info.context.network.participant(participant)).interests
    except NodeRefused as refused:
        if refused.problem.status == NotFound.status:
            return None
        raise


async def kliks(info: Info, participant: UUID, first: int, after: str | None) -> Connection[contract.KlikAnswer]:
    """Those with whom a participant said yes to each other; nobody as long as the network has not heard of them."""
    try:
        return connection(await info.context.network.kliks(participant, rows(first), place(after)))
    except NodeRefused as refused:
        if refused.problem.status == NotFound.status:
            return connection(contract.KlikPage([], None))
        raise


@strawberry.type
class NetworkMutation:
    """Changes to interests and kliks."""

    @strawberry.mutation(description="Record what a participant likes to do.", extensions=COORDINATORS)
    async def set_interests(self, info: Info, participant: UUID, input: InterestsInput) -> contract.Interests | None:
        """Set them whole."""
        return (await info.context.network.set_interests(participant, input)).interests

    @strawberry.mutation(description="Keep nothing of what a participant likes to do.", extensions=COORDINATORS)
    async def clear_interests(self, info: Info, participant: UUID) -> bool:
        """Clear them."""
        await info.context.network.clear_interests(participant)
        return True

    @strawberry.mutation(
        description="A participant says yes to another. The klik comes back only when both said yes.",
        extensions=COORDINATORS,
    )
    async def say_yes(self, info: Info, input: SayYesInput) -> contract.KlikAnswer | None:
        """Say yes."""
        return (await info.context.network.say_yes(input)).klik

    @strawberry.mutation(
        description="A participant does not want to stay in touch with another any more.", extensions=COORDINATORS
    )
    async def end_klik(self, info: Info, input: EndKlikInput) -> bool:
        """End it; the answer does not tell whether there was one."""
        await info.context.network.end_klik(input)
        return True

    @strawberry.mutation(description="A participant wants no klik with another, now or later.", extensions=COORDINATORS)
    async def block_klik(self, info: Info, input: BlockKlikInput) -> bool:
        """Block it; the answer does not tell whether there was one."""
        await info.context.network.block_klik(input)
        return True
