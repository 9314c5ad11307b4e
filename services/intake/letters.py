"""Between intake's events and letters to partners, both ways.

A referral's letters carry the sender's id as subject. The receiver keeps the record under an id of its own, made from sender and
subject, so that no partner can touch a record that is not shared with it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec
from sqlalchemy import Connection

from services.intake import standings
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
    partner_programme,
    programme,
)
from services.intake.domain import referral_progress as progress
from services.intake.domain.referral_progress import DecidedBy, Reason
from services.intake.domain.referral_status import Status
from services.intake.domain.working_days import end_of_working_day
from services.intake.views import compared, digests, directory
from shared.contracts import intake as contract
from shared.contracts import letters as kinds
from shared.eventlog.types import Recorded, Step
from shared.service import Agreement, Arrived, Letter

_SHARED = UUID("7c0f6a0e-6f0e-5b7e-9a53-0d5b1c9f1c11")
"""Namespace of the ids under which partners' records are kept."""


def kept_as(sender: str, subject: UUID, noun: str = "referral") -> UUID:
    """Id of the own record of what a partner shares."""
    return uuid5(_SHARED, f"{sender}/{noun}/{subject}")


def letters(recorded: Recorded[Any], state: object, partners: Sequence[str]) -> Sequence[Letter]:
    if (differs := standings.differs(recorded.event, state)) is not None:
        letter = standings.to_partner(recorded.stream, state, differs)
        return [letter] if letter else ()
    match state:
        case erasure.Waiting(asked) if asked == recorded.event:
            return [Letter(asked.to, asked.referral, kinds.ErasureAsked())]
        case programme.Programme():
            return [Letter(partner, recorded.stream, _programme(state)) for partner in partners]
        case outgoing_state.Referral():
            body = _to_receiver(recorded.event, state)
            return [Letter(state.wish.to, recorded.stream, body, _expires(body, state))] if body else ()
        case incoming_state.Referral() | incoming_state.Lost() if isinstance(recorded.event, progress.News):
            return [Letter(state.sender, state.reference, standings.news(recorded.event, state))]
        case incoming_erasure.Unheard() | incoming_state.Referral() | incoming_state.Lost():
            body = standings.answered(recorded.event, erasure_asked=state.erasure_asked)
            return [Letter(state.sender, state.reference, body)] if body else ()
        case digest.Digest():
            return standings.digests(recorded, state, partners)
        case _:
            return ()


def sendable(letter: Letter, state: object) -> bool:
    """A request that was taken back meanwhile stays here; whatever else was said must be told."""
    match letter.body, state:
        case kinds.ReferralRequested(), outgoing_state.Referral(handed=handed, standing=standing):
            return handed or standing.status is Status.REQUESTED
        case kinds.ParticipantCorrected(), outgoing_state.Referral(handed=handed, ground_gone=gone):
            return handed and not gone
        case body, _:
            return not isinstance(body, kinds.ReferralRequested | kinds.ParticipantCorrected)


def handed(letter: Letter) -> Sequence[Step]:
    match letter.body:
        case kinds.ParticipantCorrected(number=number):
            return [Step(outgoing_referral, letter.subject, correction.HandOver(number))]
        case _:
            return _of_request(letter, outgoing_referral.HandOver())


def delivered(letter: Letter) -> Sequence[Step]:
    match letter.body:
        case kinds.Digest(after=after, until=UUID() as until):
            return [Step(digest, letter.subject, digest.Continue(after, until))]
        case _:
            return _of_request(letter, outgoing_referral.Deliver())


def arrived(letter: Arrived) -> Sequence[Step]:
    match letter.body:
        case kinds.ReferralRequested() as body:
            return _to_own(letter, incoming_referral.Receive(_received(letter, body)))
        case kinds.ReferralCancelAsked(reason=reason, decided_by=decided_by):
            return _to_own(letter, incoming_referral.HearCancelAsked(Reason(reason), DecidedBy(decided_by)))
        case body if isinstance(body, standings.RIGHTS):
            return standings.asked(letter, kept_as(letter.sender, letter.subject))
        case kinds.ConsentWithdrawn():
            return _to_own(letter, incoming_referral.HearConsentWithdrawn())
        case kinds.ReferralEnteredInError():
            return _to_own(letter, incoming_referral.HearEnteredInError())
        case kinds.ReferralTold() | kinds.ReferralDiffers() as body:
            return [_hear(letter.sender, letter.subject, body)]
        case kinds.Digest() as body:
            return list(_compared(letter, body))
        case kinds.ProgrammeChanged() as body:
            heard = partner_programme.Hear(_heard(letter, body))
            return [Step(partner_programme, kept_as(letter.sender, letter.subject, "programme"), heard)]
        case body:
            news = standings.reported(body)
            report = outgoing_referral.Report(letter.sender, news) if news else None
            return [Step(outgoing_referral, letter.subject, report)] if report else ()


def introduced(connection: Connection) -> Sequence[UUID]:
    return directory.own_programmes(connection)


def shared(connection: Connection, node: str) -> Sequence[UUID]:
    partner, _, service = node.partition(".")
    return compared.shared(connection, partner) if service == kinds.ReferralTold.RECEIVER else ()


def listed(connection: Connection, partner: str, after: UUID | None, first: int) -> Sequence[tuple[UUID, UUID]]:
    return compared.listed(connection, partner, digests.closed_since(connection, partner), after, first)


def telling(partner: str) -> Sequence[Step]:
    return [Step(digest, digest.kept_with(partner), digest.Tell())]


def agreements(connection: Connection) -> Sequence[Agreement]:
    return digests.agreements(connection)


def told(stream: UUID, state: object) -> Letter | None:
    body = standings.told(state)
    return standings.to_partner(stream, state, body) if body else None


def _compared(letter: Arrived, body: kinds.Digest) -> Iterator[Step]:
    """A digest is noted, compared and answered, in this order."""
    record = digest.kept_with(letter.sender)
    yield Step(digest, record, digest.Hear(letter.sender, body.after, body.until, body.answer))
    for one in body.shared:
        yield _hear(letter.sender, one.id, one.told, settled=True)
    yield Step(digest, record, digest.Answer())


def _hear(
    sender: str, subject: UUID, body: kinds.ReferralTold | kinds.ReferralDiffers, *, settled: bool = False
) -> Step:
    """What the writer sent came in here; and the other way round."""
    hearing = standings.hearing(sender, subject, body, settled=settled)
    if body.direction is contract.Direction.OUT:
        return Step(incoming_referral, kept_as(sender, subject), hearing)
    return Step(outgoing_referral, subject, hearing)


def _of_request(letter: Letter, command: outgoing_referral.Command) -> Sequence[Step]:
    if isinstance(letter.body, kinds.ReferralRequested):
        return [Step(outgoing_referral, letter.subject, command)]
    return ()


def _to_own(letter: Arrived, command: incoming_referral.Command) -> Sequence[Step]:
    return [Step(incoming_referral, kept_as(letter.sender, letter.subject), command)]


def _to_receiver(event: object, state: outgoing_state.Referral) -> kinds.LetterBody | None:
    match event:
        case outgoing_events.Requested() if (letter := state.letter) is not None:
            told = msgspec.structs.asdict(letter) | {"contact_way": contract.ContactWay(letter.contact_way)}
            return kinds.ReferralRequested(programme=state.wish.programme, report_back=state.report_back, **told)
        case outgoing_events.CancelAsked(reason, decided_by):
            told_why = contract.ReferralReason(progress.undisclosed(reason))
            return kinds.ReferralCancelAsked(reason=told_why, decided_by=contract.DecidedBy(decided_by))
        case outgoing_events.ConsentWithdrawn(at):
            return kinds.ConsentWithdrawn(withdrawn_at=at)
        case outgoing_events.EnteredInError() if state.handed:
            return kinds.ReferralEnteredInError()
        case correction.Told():
            return standings.corrected(event, state)
        case _:
            return None


def _expires(body: kinds.LetterBody, state: outgoing_state.Referral) -> datetime | None:
    """The person's data goes only while the consent holds; that it was taken back is told for ever."""
    return state.expires if isinstance(body, kinds.ReferralRequested | kinds.ParticipantCorrected) else None


def _received(letter: Arrived, body: kinds.ReferralRequested) -> incoming_events.Received:
    told = msgspec.structs.asdict(body)
    return incoming_events.Received(
        sender=letter.sender,
        reference=letter.subject,
        programme=told.pop("programme"),
        report_back=told.pop("report_back"),
        letter=progress.Letter(**told),
        answer_by=end_of_working_day(letter.at, outgoing_referral.ANSWER_WITHIN),
    )


def _programme(state: programme.Programme) -> kinds.ProgrammeChanged:
    told = msgspec.structs.asdict(state.details) | {"kind": contract.ProgrammeKind(state.details.kind)}
    status = contract.ProgrammeStatus(state.openness)
    return kinds.ProgrammeChanged(status=status, since=state.since, reason=state.reason, until=state.until, **told)


def _heard(letter: Arrived, body: kinds.ProgrammeChanged) -> partner_programme.Heard:
    told = msgspec.structs.asdict(body)
    standing = {name: told.pop(name) for name in ("status", "since", "reason", "until")}
    return partner_programme.Heard(
        organisation=letter.sender,
        programme=letter.subject,
        details=programme.Details(**told),
        openness=standing["status"],
        since=standing["since"],
        reason=standing["reason"],
        until=standing["until"],
    )
