"""The organisation's own participants, their consents and interviews."""

from typing import Annotated
from uuid import UUID

import strawberry

from gateway.schema import network
from gateway.schema.access import COORDINATORS, allows
from gateway.schema.paging import After, Connection, First, Info, connection, place, rows
from gateway.schema.structs import asked, shown
from shared.access import Whose
from shared.contracts import intake as contract
from shared.contracts import network as network_contract
from shared.identity import Role

Root = strawberry.Parent[contract.ParticipantAnswer]

shown(contract.Contact, "Contact")
shown(contract.Evidence, "Evidence")
shown(contract.Representative, "Representative")
shown(contract.LegalTask, "LegalTask")
shown(contract.FileConsentAnswer, "FileConsent")
shown(contract.ConsentAnswer, "Consent")
shown(contract.Party, "Party")
shown(contract.PiiInformation, "PiiInformation")
shown(contract.ConsentReceipt, "ConsentReceipt")
shown(contract.InterviewAnswer, "Interview")
asked(contract.Contact, "ContactInput")
asked(contract.Evidence, "EvidenceInput")
asked(contract.GiveFileConsent, "FileConsentInput")
asked(contract.Representative, "RepresentativeInput")
asked(contract.LegalTask, "LegalTaskInput")

RegisterParticipantInput = Annotated[
    contract.RegisterParticipant, asked(contract.RegisterParticipant, "RegisterParticipantInput")
]
SearchParticipantsInput = Annotated[
    contract.SearchParticipants, asked(contract.SearchParticipants, "SearchParticipantsInput")
]
CorrectParticipantInput = Annotated[
    contract.CorrectParticipant, asked(contract.CorrectParticipant, "CorrectParticipantInput")
]
MoveParticipantInput = Annotated[contract.MoveParticipant, asked(contract.MoveParticipant, "MoveParticipantInput")]
EndParticipantInput = Annotated[contract.EndParticipant, asked(contract.EndParticipant, "EndParticipantInput")]
GiveConsentInput = Annotated[contract.GiveConsent, asked(contract.GiveConsent, "GiveConsentInput")]
RecordInterviewInput = Annotated[contract.RecordInterview, asked(contract.RecordInterview, "RecordInterviewInput")]

CONSENTS = allows(Role.COORDINATOR, Role.PRIVACY_OFFICER, Role.PARTICIPANT, whose=Whose.TEAM)
AND_THEMSELVES = allows(Role.COORDINATOR, Role.PARTICIPANT, whose=Whose.TEAM)


async def _consents(
    root: Root, info: Info, first: First = 20, after: After = None
) -> Connection[contract.ConsentAnswer]:
    return connection(await info.context.people.consents(root.id, rows(first), place(after)))


async def _interviews(
    root: Root, info: Info, first: First = 20, after: After = None
) -> Connection[contract.InterviewAnswer]:
    return connection(await info.context.people.interviews(root.id, rows(first), place(after)))


async def _interests(root: Root, info: Info) -> network_contract.Interests | None:
    return await network.interests(info, root.id)


async def _kliks(
    root: Root, info: Info, first: First = 20, after: After = None
) -> Connection[network_contract.KlikAnswer]:
    return await network.kliks(info, root.id, first, after)


shown(
    contract.ParticipantAnswer,
    "Participant",
    consents=strawberry.field(_consents, description="Newest first.", extensions=AND_THEMSELVES),
    interviews=strawberry.field(_interviews, description="Newest first.", extensions=COORDINATORS),
    interests=strawberry.field(_interests, description="What they like to do.", extensions=AND_THEMSELVES),
    kliks=strawberry.field(_kliks, description="With whom both said yes.", extensions=AND_THEMSELVES),
)


@strawberry.type
class ParticipantQuery:
    """Reading files."""

    @strawberry.field(description="The team's own participants, newest first.", extensions=COORDINATORS)
    async def participants(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[contract.ParticipantAnswer]:
        """List them."""
        return connection(await info.context.people.all(rows(first), place(after)))

    @strawberry.field(description="One participant, with possible duplicates.", extensions=AND_THEMSELVES)
    async def participant(self, info: Info, id: UUID) -> contract.ParticipantAnswer:
        """Read one."""
        return await info.context.people.one(id)

    @strawberry.field(
        description="Look before registering: by the start of a name, or by a contact.", extensions=COORDINATORS
    )
    async def search_participants(self, info: Info, input: SearchParticipantsInput) -> list[contract.ParticipantAnswer]:
        """Find at most twenty."""
        return list((await info.context.people.search(input)).items)

    @strawberry.field(description="What was agreed, for the participant to keep.", extensions=CONSENTS)
    async def consent_receipt(self, info: Info, id: UUID) -> contract.ConsentReceipt:
        """Read it."""
        return await info.context.people.receipt(id)


@strawberry.type
class ParticipantMutation:
    """Changes to files."""

    @strawberry.mutation(description="Make somebody known to the organisation.", extensions=COORDINATORS)
    async def register_participant(self, info: Info, input: RegisterParticipantInput) -> contract.ParticipantAnswer:
        """Register."""
        return await info.context.people.register(input)

    @strawberry.mutation(
        description="Put right what is wrong, all of it anew. Partners that were told of it hear it.",
        extensions=COORDINATORS,
    )
    async def correct_participant(
        self, info: Info, id: UUID, input: CorrectParticipantInput
    ) -> contract.ParticipantAnswer:
        """Correct."""
        return await info.context.people.correct(id, input)

    @strawberry.mutation(description="Hand the file to another team.", extensions=COORDINATORS)
    async def move_participant(self, info: Info, id: UUID, input: MoveParticipantInput) -> None:
        """Move."""
        await info.context.people.move(id, input)

    @strawberry.mutation(description="Somebody needs nothing more here.", extensions=COORDINATORS)
    async def end_participant(self, info: Info, id: UUID, input: EndParticipantInput) -> contract.ParticipantAnswer:
        """End."""
        return await info.context.people.end(id, input)

    @strawberry.mutation(
        description="Record that a participant agrees that something is shared with one organisation.",
        extensions=COORDINATORS,
    )
    async def give_consent(self, info: Info, participant: UUID, input: GiveConsentInput) -> contract.ConsentAnswer:
        """Give."""
        return await info.context.people.give_consent(participant, input)

    @strawberry.mutation(description="Record that a participant no longer agrees.", extensions=CONSENTS)
    async def withdraw_consent(self, info: Info, id: UUID) -> contract.ConsentAnswer:
        """Withdraw."""
        return await info.context.people.withdraw_consent(id)

    @strawberry.mutation(description="Record an intake interview.", extensions=COORDINATORS)
    async def record_interview(
        self, info: Info, participant: UUID, input: RecordInterviewInput
    ) -> contract.InterviewAnswer:
        """Record."""
        return await info.context.people.record_interview(participant, input)
