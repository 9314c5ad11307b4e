"""What letters say of a referral beside the request, both ways.

Where it stands, also every day and after a restore from a backup; what was wrong in it; what is to be forgotten.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from services.intake.domain import (
    correction,
    digest,
    erasure,
    incoming_erasure,
    incoming_events,
    incoming_referral,
    incoming_state,
    outgoing_events,
    outgoing_referral,
    outgoing_state,
    restored,
)
from services.intake.domain import referral_progress as progress
from services.intake.domain.agreed_data import without
from services.intake.domain.referral_progress import DecidedBy, Reason
from services.intake.domain.referral_status import Status
from shared.contracts import intake as contract
from shared.contracts import letters as kinds
from shared.eventlog.types import Recorded, Step
from shared.service import Arrived, Letter

RIGHTS = (
    kinds.ParticipantCorrected,
    kinds.CorrectionConfirmed,
    kinds.ErasureAsked,
    kinds.ErasureConfirmed,
    kinds.ErasureRefused,
)
"""Letters about what people may ask: that it is put right, or forgotten."""


def told(state: object) -> kinds.ReferralTold | None:
    """How it stands here, with the steps of both sides as they are known here; None when there is no referral."""
    match state:
        case outgoing_state.Referral():
            programme = state.wish.programme
        case outgoing_state.Lost() | incoming_state.Referral() | incoming_state.Lost():
            programme = state.programme
        case _:
            return None
    told = _stands(state) | {"corrected": state.corrected, "report_back": _report_back(state)}
    return kinds.ReferralTold(programme=programme, said=state.said, heard=state.heard, **told)


def differs(event: object, state: object) -> kinds.ReferralDiffers | None:
    """What was found to be lost on either side, and how it stands here; None when the partner knows."""
    if not isinstance(
        state, outgoing_state.Referral | outgoing_state.Lost | incoming_state.Referral | incoming_state.Lost
    ):
        return None
    match event:
        case outgoing_events.StepsLost(tell=True) | incoming_events.StepsLost(tell=True):
            return kinds.ReferralDiffers(ours=event.here, yours=event.there, **_stands(state))
        case outgoing_events.FoundAtPartner() | incoming_events.FoundAtPartner():
            return kinds.ReferralDiffers(ours=event.here, yours=(), **_stands(state))
        case _:
            return None


def hearing(
    sender: str, reference: UUID, body: kinds.ReferralTold | kinds.ReferralDiffers, *, settled: bool = False
) -> restored.Hearing:
    """What the partner tells, in the domain's words; what is its own is the other's here."""
    standing = progress.Standing(
        status=Status(body.status),
        owner=body.owner,
        reason=Reason(body.reason) if body.reason else None,
        decided_by=DecidedBy(body.decided_by) if body.decided_by else None,
        list_position=body.list_position,
        outcome=progress.Outcome(**msgspec.structs.asdict(body.outcome)) if body.outcome else None,
    )
    if isinstance(body, kinds.ReferralTold):
        steps = (body.said, body.heard, settled, body.corrected, body.report_back)
        return restored.Compare(sender, reference, body.programme, standing, *steps)
    return restored.HearLost(sender, standing, here=body.yours, there=body.ours)


def news(said: progress.News, state: incoming_state.Referral | incoming_state.Lost) -> kinds.LetterBody:
    """What the receiver says, as a letter: `state` is where that led to."""
    standing = progress.told(state.standing, report_back=state.report_back)
    match said:
        case progress.Accepted(owner):
            return kinds.ReferralAccepted(owner=owner)
        case progress.Declined():
            return kinds.ReferralDeclined(**_why(standing))
        case progress.Started():
            return kinds.ReferralStarted()
        case progress.Held():
            return kinds.ReferralOnHold(list_position=standing.list_position, **_why(standing))
        case progress.Completed():
            told = msgspec.structs.asdict(standing.outcome or progress.UNTOLD)
            return kinds.ReferralCompleted(**told | {"helped": contract.Help(told["helped"])})
        case progress.Failed():
            return kinds.ReferralFailed(**_why(standing))
        case progress.Cancelled():
            return kinds.ReferralCancelConfirmed(**_why(standing))


def _why(standing: progress.Standing) -> dict[str, Any]:
    told = msgspec.structs.asdict(standing)
    return {"reason": contract.ReferralReason(told["reason"]), "decided_by": contract.DecidedBy(told["decided_by"])}


def reported(body: kinds.LetterBody) -> progress.News | None:
    """And back; None when the letter says something else."""
    match body:
        case kinds.ReferralAccepted(owner=owner):
            return progress.Accepted(owner)
        case kinds.ReferralDeclined(reason=reason, decided_by=by):
            return progress.Declined(Reason(reason), DecidedBy(by))
        case kinds.ReferralStarted():
            return progress.Started()
        case kinds.ReferralOnHold(reason=reason, decided_by=by, list_position=position):
            return progress.Held(Reason(reason), DecidedBy(by), position)
        case kinds.ReferralCompleted():
            return progress.Completed(progress.Outcome(**msgspec.structs.asdict(body)))
        case kinds.ReferralFailed(reason=reason, decided_by=by):
            return progress.Failed(Reason(reason), DecidedBy(by))
        case kinds.ReferralCancelConfirmed(reason=reason, decided_by=by):
            return progress.Cancelled(Reason(reason), DecidedBy(by))
        case _:
            return None


def answered(event: object, *, erasure_asked: bool) -> kinds.LetterBody | None:
    """What the receiver answers; nothing about an erasure that the sender did not ask for."""
    match event:
        case correction.Taken(number):
            return kinds.CorrectionConfirmed(number=number)
        case incoming_erasure.Forgotten() if erasure_asked:
            return kinds.ErasureConfirmed()
        case incoming_erasure.ErasureRefused(ground):
            return kinds.ErasureRefused(ground=contract.ErasureGround(ground))
        case _:
            return None


def corrected(event: correction.Told, state: outgoing_state.Referral) -> kinds.ParticipantCorrected | None:
    """What the sender tells, without what may not go; nothing when nobody else was told, or the person was erased."""
    if not event.number or state.wish.letter is None or event.about is None:
        return None
    goes = without(correction.put_right(state.wish.letter, event.about), state.without)
    told = msgspec.structs.asdict(correction.about(goes)) | {"contact_way": contract.ContactWay(goes.contact_way)}
    return kinds.ParticipantCorrected(number=event.number, **told)


def asked(letter: Arrived, kept: UUID) -> Sequence[Step]:
    """What a letter about somebody's rights asks here; `kept` is the id of the own record of what the sender sent."""
    match letter.body:
        case kinds.ParticipantCorrected(number=number) as body:
            said = {name: getattr(body, name) for name in correction.About.__struct_fields__}
            return [Step(incoming_referral, kept, correction.Hear(number, correction.About(**said)))]
        case kinds.CorrectionConfirmed(number=number):
            return [Step(outgoing_referral, letter.subject, correction.HearConfirmed(letter.sender, number))]
        case kinds.ErasureAsked():
            return [Step(incoming_referral, kept, incoming_referral.HearErasureAsked(letter.sender, letter.subject))]
        case kinds.ErasureConfirmed():
            return _answer(letter, None)
        case kinds.ErasureRefused(ground=ground):
            return _answer(letter, erasure.Ground(ground))
        case _:
            return ()


def _answer(letter: Arrived, ground: erasure.Ground | None) -> Sequence[Step]:
    return [Step(erasure, erasure.asked_about(letter.subject), erasure.HearAnswer(letter.sender, ground))]


def to_partner(stream: UUID, state: object, body: kinds.LetterBody) -> Letter | None:
    """A letter about a referral to whom it is shared with; None when it is with nobody."""
    match state:
        case outgoing_state.Referral():
            return Letter(state.wish.to, stream, body)
        case outgoing_state.Lost():
            return Letter(state.partner, stream, body)
        case incoming_state.Referral() | incoming_state.Lost():
            return Letter(state.sender, state.reference, body)
        case _:
            return None


def digests(recorded: Recorded[Any], state: digest.Digest, partners: Sequence[str]) -> Sequence[Letter]:
    """Empty as yet: what is in it is looked up when it is handed over. A day later the next one says more."""
    if isinstance(recorded.event, digest.Heard):
        return ()
    body = kinds.Digest(answer=state.answering, after=state.told_after)
    until = recorded.at + timedelta(hours=digest.DAY)
    whom = [partner for partner in partners if digest.kept_with(partner) == recorded.stream]
    return [Letter(partner, recorded.stream, body, until) for partner in whom]


def _report_back(
    state: outgoing_state.Referral | outgoing_state.Lost | incoming_state.Referral | incoming_state.Lost,
) -> bool:
    """A sender that lost it does not know; the receiver goes by its own."""
    return isinstance(state, outgoing_state.Lost) or state.report_back


def _stands(
    state: outgoing_state.Referral | outgoing_state.Lost | incoming_state.Referral | incoming_state.Lost,
) -> dict[str, Any]:
    """As the other side may read it."""
    receiver = isinstance(state, incoming_state.Referral | incoming_state.Lost)
    standing = progress.told(state.standing, report_back=_report_back(state) if receiver else True)
    outcome = msgspec.structs.asdict(standing.outcome) if standing.outcome else None
    return {
        "direction": contract.Direction.IN if receiver else contract.Direction.OUT,
        "status": contract.ReferralStatus(standing.status),
        "owner": standing.owner,
        "reason": contract.ReferralReason(standing.reason) if standing.reason else None,
        "decided_by": contract.DecidedBy(standing.decided_by) if standing.decided_by else None,
        "list_position": standing.list_position,
        "outcome": contract.Outcome(**outcome | {"helped": contract.Help(outcome["helped"])}) if outcome else None,
    }
