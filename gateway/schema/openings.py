"""Breaking the glass: in need a file of another team is opened, with a reason that the person and the privacy officer read."""

from typing import Annotated
from uuid import UUID

import strawberry

from gateway.schema.access import allows
from gateway.schema.paging import After, Connection, First, Info, connection, place, rows
from gateway.schema.structs import asked, shown
from shared.contracts import intake as contract
from shared.identity import Role

shown(contract.BreakGlassAnswer, "Opening")

BreakGlassInput = Annotated[contract.BreakGlass, asked(contract.BreakGlass, "BreakGlassInput")]
ReviewBreakGlassInput = Annotated[contract.ReviewBreakGlass, asked(contract.ReviewBreakGlass, "ReviewBreakGlassInput")]

OPENERS = allows(Role.COORDINATOR)
"""Of any team: whose file it is is what they break."""
REVIEWERS = allows(Role.PRIVACY_OFFICER)
AND_THEMSELVES = allows(Role.PRIVACY_OFFICER, Role.PARTICIPANT)


@strawberry.type
class OpeningQuery:
    """Seeing who opened what, and why."""

    @strawberry.field(
        description="Files that were opened by who is not of the person's team, newest first.", extensions=REVIEWERS
    )
    async def openings(
        self, info: Info, reviewed: bool | None = None, first: First = 20, after: After = None
    ) -> Connection[contract.BreakGlassAnswer]:
        """List them."""
        return connection(await info.context.openings.all(rows(first), place(after), reviewed=reviewed))

    @strawberry.field(
        description="When one person's file was opened so, by whom and why, newest first.", extensions=AND_THEMSELVES
    )
    async def participant_openings(
        self, info: Info, participant: UUID, first: First = 20, after: After = None
    ) -> Connection[contract.BreakGlassAnswer]:
        """List them."""
        return connection(await info.context.openings.of(participant, rows(first), place(after)))


@strawberry.type
class OpeningMutation:
    """Opening, and judging it."""

    @strawberry.mutation(
        description="Open the file of a participant of another team, to look at for an hour. The person reads the reason.",
        extensions=OPENERS,
    )
    async def break_glass(self, info: Info, participant: UUID, input: BreakGlassInput) -> contract.BreakGlassAnswer:
        """Open."""
        return await info.context.openings.open(participant, input)

    @strawberry.mutation(
        description="Say whether opening it was right. Nobody reviews what they did themselves.", extensions=REVIEWERS
    )
    async def review_break_glass(self, info: Info, id: UUID, input: ReviewBreakGlassInput) -> contract.BreakGlassAnswer:
        """Review."""
        return await info.context.openings.review(id, input)
