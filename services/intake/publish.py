"""What others may read of intake's events: persons by random id only, programmes in full. Private is the default."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from services.intake.domain import incoming_events as incoming
from services.intake.domain import outgoing_events as outgoing
from services.intake.domain import participant, programme
from services.intake.domain import referral_progress as progress
from services.intake.domain.ages import minor
from services.intake.domain.profile import Profile
from services.intake.domain.working_days import AMSTERDAM
from shared.contracts import intake as contract
from shared.eventlog.types import Recorded
from shared.service import Public

_PROGRESS: Mapping[type, type[contract.ReferralTold]] = {
    progress.Accepted: contract.ReferralAccepted,
    progress.Declined: contract.ReferralDeclined,
    progress.Started: contract.ReferralStarted,
    progress.Held: contract.ReferralOnHold,
    progress.Completed: contract.ReferralCompleted,
    progress.Failed: contract.ReferralFailed,
    progress.Cancelled: contract.ReferralCancelled,
}
_SENT: Mapping[type, type[contract.ReferralTold]] = {
    outgoing.Requested: contract.ReferralRequested,
    outgoing.Delivered: contract.ReferralReceived,
    outgoing.TakenBack: contract.ReferralCancelled,
    outgoing.EnteredInError: contract.ReferralEnteredInError,
}
_RECEIVED: Mapping[type, type[contract.ReferralTold]] = {
    incoming.Received: contract.ReferralReceived,
    incoming.EnteredInError: contract.ReferralEnteredInError,
    **_PROGRESS,
}


def publish(recorded: Recorded[Any]) -> Public | None:
    event = _of_participant(recorded) or _event(recorded.event, recorded.stream)
    return Public(event, recorded.stream) if event is not None else None


def _of_participant(recorded: Recorded[Any]) -> msgspec.Struct | None:
    """By random id. Of their age only whether they are a minor."""
    stream, year = recorded.stream, recorded.at.astimezone(AMSTERDAM).year
    match recorded.event:
        case participant.Registered(profile, team):
            return contract.ParticipantRegistered(stream, team, profile is not None and minor(profile, year))
        case participant.Corrected(Profile() as profile):
            return contract.ParticipantAgeTold(stream, minor(profile, year))
        case participant.MinorTold():
            return contract.ParticipantAgeTold(stream, minor=True)
        case participant.CameOfAge():
            return contract.ParticipantAgeTold(stream, minor=False)
        case participant.Moved(team):
            return contract.ParticipantMoved(stream, team)
        case participant.Ended():
            return contract.ParticipantEnded(stream)
        case _:
            return None


def _event(event: object, stream: UUID) -> msgspec.Struct | None:
    match event:
        case programme.Offered(details) | programme.Changed(details):
            told = msgspec.structs.asdict(details) | {"kind": contract.ProgrammeKind(details.kind)}
            return contract.ProgrammeChanged(programme=stream, **told)
        case programme.OpennessSet(openness, reason, until, at):
            status = contract.ProgrammeStatus(openness)
            return contract.ProgrammeStatusChanged(
                programme=stream, status=status, since=at, reason=reason, until=until
            )
        case outgoing.Reported(_, news):
            return _PROGRESS[type(news)](stream, contract.Direction.OUT)
        case _:
            return _referral(event, stream)


def _referral(event: object, stream: UUID) -> contract.ReferralTold | None:
    for direction, told in ((contract.Direction.OUT, _SENT), (contract.Direction.IN, _RECEIVED)):
        if type(event) in told:
            return told[type(event)](stream, direction)
    return None
