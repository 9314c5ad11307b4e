"""What others may read: by random id, with golden files per event."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.intake.domain import consent, interview, participant, partner_programme, programme
from services.intake.domain import incoming_events as incoming
from services.intake.domain import outgoing_events as outgoing
from services.intake.domain import referral_progress as progress
from services.intake.main import SERVICE
from services.intake.publish import publish
from shared.contracts import intake as contract
from shared.eventlog.registry import Registry
from tests.services.intake.examples import (
    BUDDY,
    DETAILS,
    FINDINGS,
    FULL,
    NOON,
    OUTCOME,
    PERSON,
    PROFILE,
    RECEIVED,
    REFERRAL,
    REQUESTED,
    SENT,
    TERMS,
)
from tests.support.projected import recorded

GOLDEN = Path(__file__).parent / "golden"
NEWS: tuple[tuple[progress.News, type[contract.ReferralTold]], ...] = (
    (progress.Accepted("Ann"), contract.ReferralAccepted),
    (progress.Declined(*FULL), contract.ReferralDeclined),
    (progress.Started(), contract.ReferralStarted),
    (progress.Held(*FULL, 3), contract.ReferralOnHold),
    (progress.Completed(OUTCOME), contract.ReferralCompleted),
    (progress.Failed(*FULL), contract.ReferralFailed),
    (progress.Cancelled(*FULL), contract.ReferralCancelled),
)
STOPPED = programme.OpennessSet(programme.Openness.STOP, "Vol", date(2027, 1, 31), NOON)
IN_2027 = datetime(2027, 6, 1, 12, tzinfo=UTC)
OUT, IN = contract.Direction.OUT, contract.Direction.IN
PUBLIC: list[tuple[Any, Any]] = [
    (participant.Registered(PROFILE, None), contract.ParticipantRegistered),
    (participant.Corrected(PROFILE, ()), contract.ParticipantAgeTold),
    (participant.CameOfAge(), contract.ParticipantAgeTold),
    (participant.Moved("zuid"), contract.ParticipantMoved),
    (participant.Ended("verhuisd"), contract.ParticipantEnded),
    (programme.Offered(DETAILS, NOON), contract.ProgrammeChanged),
    (programme.Changed(DETAILS), contract.ProgrammeChanged),
    (STOPPED, contract.ProgrammeStatusChanged),
    (REQUESTED, contract.ReferralRequested),
    (outgoing.Delivered(), contract.ReferralReceived),
    (outgoing.TakenBack(*FULL), contract.ReferralCancelled),
    (outgoing.EnteredInError(), contract.ReferralEnteredInError),
    (RECEIVED, contract.ReferralReceived),
    (incoming.EnteredInError(), contract.ReferralEnteredInError),
    *NEWS,
    *((outgoing.Reported("welzin", news), told) for news, told in NEWS),
]
PRIVATE: list[Any] = [
    consent.Given(TERMS),
    interview.InterviewRecorded(PERSON, date(2026, 11, 23), "Ann", FINDINGS),
    partner_programme.Heard("welzin", BUDDY, DETAILS, "open", NOON, "", None),
    SENT[0],
    outgoing.HandedOver(),
    outgoing.CancelAsked(*FULL),
    incoming.ContactAttempted(),
]


@pytest.mark.parametrize(("event", "told"), PUBLIC)
def test_what_is_told(event: Any, told: type[Any]) -> None:
    public = publish(recorded(event, REFERRAL))
    assert public is not None
    assert (type(public.event), public.subject) == (told, REFERRAL)


@pytest.mark.parametrize("event", PRIVATE)
def test_what_is_not_told(event: Any) -> None:
    assert publish(recorded(event, REFERRAL)) is None


def test_both_sides_are_told_apart() -> None:
    here = publish(recorded(progress.Started(), REFERRAL))
    there = publish(recorded(outgoing.Reported("welzin", progress.Started()), REFERRAL))
    assert (here and here.event.direction, there and there.event.direction) == (IN, OUT)


@pytest.mark.parametrize("event", [event for event, told in PUBLIC if told.SUBJECT.startswith("own.")])
def test_own_events_hold_nothing_of_a_person(event: Any) -> None:
    public = publish(recorded(event, REFERRAL))
    assert public is not None
    fields = set(msgspec.json.decode(msgspec.json.encode(public.event)))
    assert fields <= {"type", "participant", "referral", "direction", "team", "minor"}


@pytest.mark.parametrize(("event", "told"), PUBLIC)
def test_an_event_looks_as_it_always_did(event: Any, told: type[Any]) -> None:
    public = publish(recorded(event, REFERRAL))
    assert public is not None
    side = f".{public.event.direction}" if isinstance(public.event, contract.ReferralTold) else ""
    golden = (GOLDEN / f"event.{told.__struct_config__.tag}{side}.json").read_bytes()
    assert msgspec.json.decode(msgspec.json.encode(public.event)) == msgspec.json.decode(golden)
    assert msgspec.json.decode(golden, type=told) == public.event


def test_a_registration_tells_whose_file_it_is() -> None:
    public = publish(recorded(participant.Registered(PROFILE, "noord"), PERSON))
    assert public is not None
    assert public.event == contract.ParticipantRegistered(PERSON, "noord")


def test_of_an_age_only_whether_somebody_is_a_minor_is_told() -> None:
    for year, minor in ((2008, False), (2009, True), (None, False)):
        young = msgspec.structs.replace(PROFILE, birth_year=year, age_band=None)
        for event in (participant.Registered(young, None), participant.Corrected(young, ())):
            public = publish(msgspec.structs.replace(recorded(event, PERSON), at=IN_2027))
            assert public is not None
            assert public.event.minor is minor
    told = publish(recorded(participant.MinorTold(), PERSON))
    assert told is not None
    assert told.event == contract.ParticipantAgeTold(PERSON, minor=True)
    erased = publish(recorded(participant.Registered(None, None), PERSON))
    assert erased is not None
    assert not erased.event.minor


def test_every_stored_type_has_a_name_of_its_own() -> None:
    assert all(
        name.startswith("intake.") for name in Registry(SERVICE.deciders).decoders.keys() - Registry(()).decoders
    )
