"""What organisations offer: own programmes, and the directory with the partners' as they were heard."""

from typing import Annotated
from uuid import UUID

import strawberry

from gateway.schema.access import allows
from gateway.schema.paging import After, Connection, First, Info, connection, place, rows
from gateway.schema.structs import asked, shown
from shared.contracts import intake as contract
from shared.identity import Role

shown(contract.ProgrammeAnswer, "Programme")

OfferProgrammeInput = Annotated[contract.OfferProgramme, asked(contract.OfferProgramme, "OfferProgrammeInput")]
ChangeProgrammeInput = Annotated[contract.ChangeProgramme, asked(contract.ChangeProgramme, "ChangeProgrammeInput")]
StopProgrammeInput = Annotated[contract.StopProgramme, asked(contract.StopProgramme, "StopProgrammeInput")]

KEEPERS = allows(Role.COORDINATOR, Role.ADMINISTRATOR)
READERS = allows(Role.COORDINATOR, Role.ADMINISTRATOR, Role.POLICY_OFFICER, Role.HOST, Role.FINDER)


@strawberry.type
class DirectoryQuery:
    """Looking for what fits."""

    @strawberry.field(
        description="Programmes of the own organisation and its partners, by name, each with its age.",
        extensions=READERS,
    )
    async def directory(
        self,
        info: Info,
        kind: contract.ProgrammeKind | None = None,
        area: str | None = None,
        status: contract.ProgrammeStatus | None = None,
        organisation: str | None = None,
        first: First = 20,
        after: After = None,
    ) -> Connection[contract.ProgrammeAnswer]:
        """Search it."""
        found = await info.context.programmes.directory(
            rows(first), place(after), kind=kind, area=area, status=status, organisation=organisation
        )
        return connection(found)

    @strawberry.field(description="The own organisation's programmes, by name.", extensions=READERS)
    async def programmes(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[contract.ProgrammeAnswer]:
        """List the own ones."""
        return connection(await info.context.programmes.own(rows(first), place(after)))

    @strawberry.field(description="One programme of one organisation, as last heard.", extensions=READERS)
    async def programme(self, info: Info, organisation: str, id: UUID) -> contract.ProgrammeAnswer:
        """Read one."""
        return await info.context.programmes.one(organisation, id)


@strawberry.type
class DirectoryMutation:
    """Changes to own programmes; partners hear them."""

    @strawberry.mutation(description="Offer a new programme, open from now.", extensions=KEEPERS)
    async def offer_programme(self, info: Info, input: OfferProgrammeInput) -> contract.ProgrammeAnswer:
        """Offer."""
        return await info.context.programmes.offer(input)

    @strawberry.mutation(description="Describe a programme anew.", extensions=KEEPERS)
    async def change_programme(self, info: Info, id: UUID, input: ChangeProgrammeInput) -> contract.ProgrammeAnswer:
        """Change."""
        return await info.context.programmes.change(id, input)

    @strawberry.mutation(description="Take no new people (intake stop), since now, for a reason.", extensions=KEEPERS)
    async def stop_programme(self, info: Info, id: UUID, input: StopProgrammeInput) -> contract.ProgrammeAnswer:
        """Stop."""
        return await info.context.programmes.stop(id, input)

    @strawberry.mutation(
        description="Take new people on the waiting list only, since now, for a reason.", extensions=KEEPERS
    )
    async def keep_waiting_list(self, info: Info, id: UUID, input: StopProgrammeInput) -> contract.ProgrammeAnswer:
        """Keep a list."""
        return await info.context.programmes.keep_waiting_list(id, input)

    @strawberry.mutation(description="Take new people again.", extensions=KEEPERS)
    async def reopen_programme(self, info: Info, id: UUID) -> contract.ProgrammeAnswer:
        """Reopen."""
        return await info.context.programmes.reopen(id)
