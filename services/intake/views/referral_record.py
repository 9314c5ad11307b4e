"""One referral whole, told from its own events: as it is, or as it was recorded at an instant."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from services.intake.domain import correction, incoming_erasure, incoming_state, outgoing_state
from services.intake.domain import incoming_events as incoming
from services.intake.domain import outgoing_events as outgoing
from services.intake.domain import referral_progress as progress
from services.intake.domain.areas import around
from services.intake.domain.grounds import LegalTask
from services.intake.domain.referral_status import Status
from shared.contracts import intake as contract
from shared.eventlog.types import Recorded, Unknown
from shared.rules import NotFound

WHAT: Mapping[type, str] = {
    outgoing.Drafted: "drafted",
    outgoing.Requested: "requested",
    outgoing.HandedOver: "handed-over",
    outgoing.Delivered: "delivered",
    outgoing.TakenBack: "cancelled",
    outgoing.CancelAsked: "cancel-asked",
    outgoing.ConsentWithdrawn: "consent-withdrawn",
    outgoing.EnteredInError: "entered-in-error",
    outgoing.AnswerOverdue: "answer-overdue",
    outgoing.StepsLost: "steps-lost",
    outgoing.FoundAtPartner: "steps-lost",
    correction.Told: "corrected",
    correction.HandedOver: "handed-over",
    correction.Confirmed: "correction-confirmed",
    correction.Taken: "corrected",
    incoming.Received: "received",
    incoming.Assigned: "assigned",
    incoming.CancelAsked: "cancel-asked",
    incoming.ConsentWithdrawn: "consent-withdrawn",
    incoming.EnteredInError: "entered-in-error",
    incoming.ContactAttempted: "contact-attempted",
    incoming.AnswerReminded: "answer-reminded",
    incoming.AnswerOverdue: "answer-overdue",
    incoming.StepsLost: "steps-lost",
    incoming_erasure.ErasureAsked: "erasure-asked",
    incoming_erasure.Forgotten: "forgotten",
    incoming_erasure.ErasureRefused: "erasure-refused",
    incoming_erasure.ErasureOverdue: "erasure-overdue",
    incoming.FoundAtPartner: "steps-lost",
    progress.Accepted: "accepted",
    progress.Declined: "declined",
    progress.Started: "started",
    progress.Held: "on-hold",
    progress.Completed: "completed",
    progress.Failed: "failed",
    progress.Cancelled: "cancelled",
}
_PARTNER_SAID = (
    correction.Confirmed,
    correction.Taken,
    outgoing.Reported,
    outgoing.Delivered,
    incoming.Received,
    incoming.CancelAsked,
    incoming.ConsentWithdrawn,
    incoming.EnteredInError,
)


def answer(stream: Sequence[Recorded[Any]]) -> contract.ReferralAnswer:
    """Tell a referral; raises `referral-unknown` when these events are not one's."""
    known = [recorded for recorded in stream if not isinstance(recorded.event, Unknown)]
    match known[0].event if known else None:
        case outgoing.Drafted():
            return _sent(known)
        case outgoing.FoundAtPartner():
            return _found(known, outgoing_state.initial, outgoing_state.evolve, contract.Direction.OUT)
        case incoming.FoundAtPartner():
            return _found(known, incoming_state.initial, incoming_state.evolve, contract.Direction.IN)
        case incoming.Received():
            return _received(known)
        case _:
            raise NotFound("referral-unknown")


def written(stream: Sequence[Recorded[Any]]) -> contract.LetterAnswer | None:
    """The letter of an own referral as it was written: more than goes where the participant did not agree to all of it."""
    match stream[0].event:
        case outgoing.Drafted(wish) if wish.letter is not None:
            return _letter(wish.letter, whole=True)
        case _:
            return None


def _sent(known: Sequence[Recorded[Any]]) -> contract.ReferralAnswer:
    states: list[outgoing_state.Referral] = []
    for recorded in known:
        state = outgoing_state.evolve(states[-1] if states else outgoing_state.initial, recorded.event)
        states += [state] if isinstance(state, outgoing_state.Referral) else []
    now = states[-1]
    return contract.ReferralAnswer(
        id=known[0].stream,
        reference=known[0].stream,
        direction=contract.Direction.OUT,
        partner=now.wish.to,
        programme=now.wish.programme,
        participant=now.wish.participant,
        need=now.wish.letter.need if now.wish.letter else "",
        on_its_way=now.standing.status is Status.REQUESTED,
        cancel_asked=now.cancel_asked,
        overdue=now.overdue,
        consent=now.wish.consent,
        legal_task=_task(now.wish.task),
        report_back=now.report_back,
        letter=_letter(now.letter, whole=True) if now.letter else None,
        answer_by=now.answer_by,
        **_told(known, [state.standing for state in states]),
    )


def _found(
    known: Sequence[Recorded[Any]], initial: object, evolve: Callable[[Any, Any], Any], direction: contract.Direction
) -> contract.ReferralAnswer:
    states: list[Any] = []
    for recorded in known:
        states.append(evolve(states[-1] if states else initial, recorded.event))
    now, first = states[-1], known[0]
    return contract.ReferralAnswer(
        id=first.stream,
        reference=getattr(now, "reference", first.stream),
        direction=direction,
        partner=getattr(now, "partner", None) or now.sender,
        programme=now.programme,
        participant=None,
        need="",
        on_its_way=False,
        cancel_asked=False,
        overdue=False,
        consent=None,
        legal_task=None,
        report_back=getattr(now, "report_back", True),
        letter=None,
        answer_by=None,
        **_told(known, [state.standing for state in states]),
    )


def _received(known: Sequence[Recorded[Any]]) -> contract.ReferralAnswer:
    states: list[incoming_state.Referral] = []
    for recorded in known:
        state = incoming_state.evolve(states[-1] if states else incoming_state.initial, recorded.event)
        states += [state] if isinstance(state, incoming_state.Referral) else []
    now = states[-1]
    return contract.ReferralAnswer(
        id=known[0].stream,
        reference=now.reference,
        direction=contract.Direction.IN,
        partner=now.sender,
        programme=now.programme,
        participant=None,
        need=now.letter.need if now.letter else "",
        on_its_way=False,
        cancel_asked=now.asked is not None,
        overdue=now.overdue,
        consent=None,
        legal_task=None,
        report_back=now.report_back,
        letter=_letter(now.letter, whole=now.standing.owner is not None) if now.letter else None,
        answer_by=now.answer_by,
        **_told(known, [state.standing for state in states]),
    )


def _told(known: Sequence[Recorded[Any]], standings: Sequence[progress.Standing]) -> dict[str, Any]:
    """What both sides tell alike: where it stands, since when, and how it came there."""
    now = standings[-1]
    return {
        "status": contract.ReferralStatus(now.status),
        "since": _since(known, standings),
        "owner": now.owner,
        "list_position": now.list_position,
        "reason": _reason(now.reason),
        "decided_by": _decider(now.decided_by),
        "outcome": _outcome(now.outcome),
        "created_at": known[0].at,
        "timeline": tuple(_entry(one, standing) for one, standing in zip(known, standings, strict=True)),
    }


def _since(known: Sequence[Recorded[Any]], standings: Sequence[progress.Standing]) -> datetime:
    since, status = known[0].at, standings[0].status
    for recorded, standing in zip(known, standings, strict=True):
        if standing.status is not status:
            since, status = recorded.at, standing.status
    return since


def _entry(recorded: Recorded[Any], standing: progress.Standing) -> contract.TimelineEntry:
    event = recorded.event
    said = event.news if isinstance(event, outgoing.Reported) else event
    return contract.TimelineEntry(
        at=recorded.at,
        what=WHAT[type(said)],
        status=contract.ReferralStatus(standing.status),
        by=recorded.by,
        reported=isinstance(event, _PARTNER_SAID),
        owner=getattr(said, "owner", None),
        reason=_reason(getattr(said, "reason", None)),
        decided_by=_decider(getattr(said, "decided_by", None)),
        list_position=getattr(said, "list_position", None),
        outcome=_outcome(getattr(said, "outcome", None)),
        lost_here=getattr(said, "here", ()),
        lost_there=getattr(said, "there", ()),
    )


def _letter(letter: progress.Letter, *, whole: bool) -> contract.LetterAnswer:
    """The preview shows need and municipality, not who it is."""
    contact = contract.Contact(contract.ContactWay(letter.contact_way), letter.contact, letter.contact_not)
    return contract.LetterAnswer(
        name_to_use=letter.name_to_use if whole else None,
        contact=contact if whole else None,
        need=letter.need,
        hopes=letter.hopes,
        language=letter.language,
        area=letter.area if whole else around(letter.area)[-1],
        accessibility=letter.accessibility,
        wait_told=letter.wait_told,
        note=letter.note if whole else None,
    )


def _task(task: LegalTask | None) -> contract.LegalTask | None:
    exception = contract.SpecialException(task.exception) if task and task.exception else None
    return contract.LegalTask(contract.Law(task.law), exception) if task else None


def _reason(reason: progress.Reason | None) -> contract.ReferralReason | None:
    return contract.ReferralReason(reason) if reason else None


def _decider(decided_by: progress.DecidedBy | None) -> contract.DecidedBy | None:
    return contract.DecidedBy(decided_by) if decided_by else None


def _outcome(outcome: progress.Outcome | None) -> contract.Outcome | None:
    if outcome is None:
        return None
    told = msgspec.structs.asdict(outcome) | {"helped": contract.Help(outcome.helped)}
    return contract.Outcome(**told)
