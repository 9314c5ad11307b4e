"""Links for people without an account: participants to their own file, hosts to one evening. Coming in takes no token, and gives one."""

from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry

from gateway.schema.access import COORDINATORS, OPEN, allows
from gateway.schema.paging import After, Connection, First, Info, connection, place, rows
from gateway.schema.structs import asked, shown
from shared.access import Whose
from shared.contracts import evenings
from shared.contracts import links as contract
from shared.contracts.intake import links as participants
from shared.identity import Role

shown(contract.Entered, "Entered")
shown(participants.ParticipantEntered, "ParticipantEntered")
shown(participants.LinkAnswer, "ParticipantLink")
shown(participants.CodeAnswer, "LinkCode")
shown(evenings.EveningLink, "EveningLink")
shown(evenings.EveningLinkMade, "EveningLinkMade")
shown(evenings.EveningAnswer, "Evening")

MakeLinkInput = Annotated[contract.MakeLink, asked(contract.MakeLink, "MakeLinkInput")]
At = Annotated[str, strawberry.argument(description="Organisation's slug.")]
Day = Annotated[date, strawberry.argument(name="date", description="Local date of the meeting.")]

MAKERS = allows(Role.COORDINATOR, Role.HOST)
HOSTS = allows(Role.EVENING_HOST, whose=Whose.EVENING)


@strawberry.type
class LinkQuery:
    """Which links there are, and what one opens."""

    @strawberry.field(description="The evening that you host, by its link.", extensions=HOSTS)
    async def evening(self, info: Info) -> evenings.EveningAnswer:
        """Read it."""
        return await info.context.links.evening()

    @strawberry.field(description="Links for the hosts of one evening, oldest first.", extensions=MAKERS)
    async def evening_links(
        self, info: Info, series: UUID, day: Day, first: First = 20, after: After = None
    ) -> Connection[evenings.EveningLink]:
        """List them."""
        return connection(await info.context.links.of_evening(series, day, rows(first), place(after)))

    @strawberry.field(description="A participant's links, oldest first.", extensions=COORDINATORS)
    async def participant_links(
        self, info: Info, participant: UUID, first: First = 20, after: After = None
    ) -> Connection[participants.LinkAnswer]:
        """List them."""
        return connection(await info.context.links.of(participant, rows(first), place(after)))


@strawberry.type
class LinkMutation:
    """Making links, and coming by them."""

    @strawberry.mutation(
        description="A link for who hosts one evening, with the code that goes with it, shown this once.",
        extensions=MAKERS,
    )
    async def make_evening_link(
        self, info: Info, series: UUID, day: Day, input: MakeLinkInput
    ) -> evenings.EveningLinkMade:
        """Make."""
        return await info.context.links.make_for_evening(series, day, input)

    @strawberry.mutation(description="Nobody comes by a link for an evening any more.", extensions=MAKERS)
    async def withdraw_evening_link(self, info: Info, id: UUID) -> evenings.EveningLink:
        """Withdraw."""
        return await info.context.links.withdraw_for_evening(id)

    @strawberry.mutation(description="Come in as an evening's host, until six the next morning.", extensions=OPEN)
    async def enter_evening(self, info: Info, organisation: At, link: UUID, code: str) -> contract.Entered:
        """Enter."""
        return await info.context.links_of(organisation).enter_evening(link, code)

    @strawberry.mutation(description="A link for a participant to their own file.", extensions=COORDINATORS)
    async def make_participant_link(
        self, info: Info, participant: UUID, input: MakeLinkInput
    ) -> participants.LinkAnswer:
        """Make."""
        return await info.context.links.make(participant, input)

    @strawberry.mutation(description="Nobody comes by a participant's link any more.", extensions=COORDINATORS)
    async def withdraw_participant_link(self, info: Info, id: UUID) -> participants.LinkAnswer:
        """Withdraw."""
        return await info.context.links.withdraw(id)

    @strawberry.mutation(description="A code to read to a participant who cannot be mailed.", extensions=COORDINATORS)
    async def read_code_aloud(self, info: Info, participant: UUID, link: UUID) -> participants.CodeAnswer:
        """Make one."""
        return await info.context.links.read_aloud(participant, link)

    @strawberry.mutation(
        description="Have a one-time code mailed to whose link this is; the answer does not tell whether there is one.",
        extensions=OPEN,
    )
    async def send_code(self, info: Info, organisation: At, link: UUID) -> bool:
        """Send."""
        await info.context.links_of(organisation).send(link)
        return True

    @strawberry.mutation(description="Come in as a participant, for half an hour.", extensions=OPEN)
    async def enter(self, info: Info, organisation: At, link: UUID, code: str) -> participants.ParticipantEntered:
        """Enter."""
        return await info.context.links_of(organisation).enter(link, code)
