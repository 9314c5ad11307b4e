"""Typed calls to service `intake`; the routes stand in `shared.contracts.intake`."""

from datetime import datetime
from uuid import UUID

from gateway.clients.node import Node
from shared.contracts import intake as contract


class People:
    """Participants, their consents and interviews."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def register(self, request: contract.RegisterParticipant) -> contract.ParticipantAnswer:
        """Make somebody known."""
        return await self._node.post("/v1/participants", contract.ParticipantAnswer, request)

    async def all(self, first: int, after: str | None) -> contract.ParticipantPage:
        """Newest first."""
        return await self._node.get("/v1/participants", contract.ParticipantPage, first=first, after=after)

    async def search(self, request: contract.SearchParticipants) -> contract.ParticipantPage:
        """Look before registering."""
        return await self._node.post("/v1/participant-searches", contract.ParticipantPage, request)

    async def one(self, participant: UUID) -> contract.ParticipantAnswer:
        """One participant, with possible duplicates."""
        return await self._node.get(f"/v1/participants/{participant}", contract.ParticipantAnswer)

    async def correct(self, participant: UUID, request: contract.CorrectParticipant) -> contract.ParticipantAnswer:
        """Put right what is wrong."""
        return await self._node.post(f"/v1/participants/{participant}/correct", contract.ParticipantAnswer, request)

    async def move(self, participant: UUID, request: contract.MoveParticipant) -> None:
        """Hand the file to another team."""
        await self._node.post(f"/v1/participants/{participant}/move", type(None), request)

    async def receipt(self, consent: UUID) -> contract.ConsentReceipt:
        """What was agreed, for the participant to keep."""
        return await self._node.get(f"/v1/consents/{consent}/receipt", contract.ConsentReceipt)

    async def end(self, participant: UUID, request: contract.EndParticipant) -> contract.ParticipantAnswer:
        """Nothing more is needed here."""
        return await self._node.post(f"/v1/participants/{participant}/end", contract.ParticipantAnswer, request)

    async def give_consent(self, participant: UUID, request: contract.GiveConsent) -> contract.ConsentAnswer:
        """Record that the participant agrees."""
        return await self._node.post(f"/v1/participants/{participant}/consents", contract.ConsentAnswer, request)

    async def withdraw_consent(self, consent: UUID) -> contract.ConsentAnswer:
        """Record that the participant no longer agrees."""
        return await self._node.post(f"/v1/consents/{consent}/withdraw", contract.ConsentAnswer)

    async def consents(self, participant: UUID, first: int, after: str | None) -> contract.ConsentPage:
        """Newest first."""
        path = f"/v1/participants/{participant}/consents"
        return await self._node.get(path, contract.ConsentPage, first=first, after=after)

    async def record_interview(self, participant: UUID, request: contract.RecordInterview) -> contract.InterviewAnswer:
        """Record the conversation that finds out what fits."""
        return await self._node.post(f"/v1/participants/{participant}/interviews", contract.InterviewAnswer, request)

    async def interviews(self, participant: UUID, first: int, after: str | None) -> contract.InterviewPage:
        """Newest first."""
        path = f"/v1/participants/{participant}/interviews"
        return await self._node.get(path, contract.InterviewPage, first=first, after=after)


class Programmes:
    """Own programmes, and the directory with the partners' as they were heard."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def offer(self, request: contract.OfferProgramme) -> contract.ProgrammeAnswer:
        """Offer a new programme, open from now."""
        return await self._node.post("/v1/programmes", contract.ProgrammeAnswer, request)

    async def change(self, programme: UUID, request: contract.ChangeProgramme) -> contract.ProgrammeAnswer:
        """Describe it anew."""
        return await self._node.put(f"/v1/programmes/{programme}", contract.ProgrammeAnswer, request)

    async def stop(self, programme: UUID, request: contract.StopProgramme) -> contract.ProgrammeAnswer:
        """Take no new people."""
        return await self._node.post(f"/v1/programmes/{programme}/stop", contract.ProgrammeAnswer, request)

    async def keep_waiting_list(self, programme: UUID, request: contract.StopProgramme) -> contract.ProgrammeAnswer:
        """Take new people on the waiting list only."""
        return await self._node.post(f"/v1/programmes/{programme}/waiting-list", contract.ProgrammeAnswer, request)

    async def reopen(self, programme: UUID) -> contract.ProgrammeAnswer:
        """Take new people again."""
        return await self._node.post(f"/v1/programmes/{programme}/reopen", contract.ProgrammeAnswer)

    async def own(self, first: int, after: str | None) -> contract.ProgrammePage:
        """The organisation's own."""
        return await self._node.get("/v1/programmes", contract.ProgrammePage, first=first, after=after)

    async def directory(
        self,
        first: int,
        after: str | None,
        *,
        kind: contract.ProgrammeKind | None,
        area: str | None,
        status: contract.ProgrammeStatus | None,
        organisation: str | None,
    ) -> contract.ProgrammePage:
        """Own and partners', by name."""
        filters = {"kind": kind, "area": area, "status": status, "organisation": organisation}
        return await self._node.get("/v1/directory", contract.ProgrammePage, first=first, after=after, **filters)

    async def one(self, organisation: str, programme: UUID) -> contract.ProgrammeAnswer:
        """One programme of one organisation."""
        return await self._node.get(f"/v1/directory/{organisation}/{programme}", contract.ProgrammeAnswer)


class Referrals:
    """Referrals out and in."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def refer(self, request: contract.Refer) -> contract.ReferralAnswer:
        """Ask a partner to take care of a need."""
        return await self._node.post("/v1/referrals", contract.ReferralAnswer, request)

    async def all(
        self,
        first: int,
        after: str | None,
        *,
        direction: contract.Direction | None = None,
        status: contract.ReferralStatus | None = None,
        overdue: bool | None = None,
    ) -> contract.ReferralPage:
        """Newest first."""
        filters = {"direction": direction, "status": status, "overdue": overdue}
        return await self._node.get("/v1/referrals", contract.ReferralPage, first=first, after=after, **filters)

    async def position(self) -> int:
        """Another one when a referral may have changed."""
        return (await self._node.get("/v1/referrals/position", contract.ReferralsPosition)).position

    async def one(self, referral: UUID, as_of: datetime | None = None) -> contract.ReferralAnswer:
        """One referral with its timeline, now or as it was recorded then."""
        return await self._node.get(f"/v1/referrals/{referral}", contract.ReferralAnswer, as_of=as_of)

    async def request(self, referral: UUID) -> contract.ReferralAnswer:
        """Send a draft."""
        return await self._step(referral, "request")

    async def cancel(self, referral: UUID, request: contract.ReasonGiven) -> contract.ReferralAnswer:
        """Take it back; what was handed over is asked to be cancelled."""
        return await self._step(referral, "cancel", request)

    async def confirm_cancel(self, referral: UUID) -> contract.ReferralAnswer:
        """Answer the sender who asked to cancel."""
        return await self._step(referral, "confirm-cancel")

    async def enter_in_error(self, referral: UUID) -> contract.ReferralAnswer:
        """It should never have been there."""
        return await self._step(referral, "enter-in-error")

    async def accept(self, referral: UUID, request: contract.AcceptReferral) -> contract.ReferralAnswer:
        """A named person takes it."""
        return await self._step(referral, "accept", request)

    async def move(self, referral: UUID, request: contract.MoveReferral) -> None:
        """Hand it to another team."""
        await self._node.post(f"/v1/referrals/{referral}/move", type(None), request)

    async def decline(self, referral: UUID, request: contract.ReasonGiven) -> contract.ReferralAnswer:
        """Do not take it."""
        return await self._step(referral, "decline", request)

    async def start(self, referral: UUID) -> contract.ReferralAnswer:
        """Help begins, or goes on after a hold."""
        return await self._step(referral, "start")

    async def hold(self, referral: UUID, request: contract.HoldReferral) -> contract.ReferralAnswer:
        """It waits."""
        return await self._step(referral, "hold", request)

    async def note_contact_attempt(self, referral: UUID) -> contract.ReferralAnswer:
        """Nobody was reached; after three times `no-contact` is a reason."""
        return await self._step(referral, "contact-attempts")

    async def complete(self, referral: UUID, request: contract.Outcome) -> contract.ReferralAnswer:
        """Close the loop."""
        return await self._step(referral, "complete", request)

    async def fail(self, referral: UUID, request: contract.ReasonGiven) -> contract.ReferralAnswer:
        """It did not work out."""
        return await self._step(referral, "fail", request)

    async def _step(self, referral: UUID, step: str, request: object = None) -> contract.ReferralAnswer:
        return await self._node.post(f"/v1/referrals/{referral}/{step}", contract.ReferralAnswer, request)
