"""Rules of participants, interviews, programmes and partners' programmes."""

from datetime import date, timedelta

import msgspec
import pytest

from services.intake.domain import interview, participant, partner_programme, programme
from services.intake.domain.interview import InterviewRecorded, RecordInterview
from services.intake.domain.participant import End, Ended, Register, Registered
from services.intake.domain.partner_programme import Hear, Heard
from services.intake.domain.programme import Change, Changed, Offer, Offered, Openness, OpennessSet, SetOpenness
from tests.services.intake.examples import BUDDY, DETAILS, FILE_CONSENT, FINDINGS, NOON, PERSON, PROFILE
from tests.support.given import given

DAY = date(2026, 11, 23)
OTHER_PROFILE = msgspec.structs.replace(PROFILE, name_to_use="Corrie")
OTHER_DETAILS = msgspec.structs.replace(DETAILS, name="Wandelmaatje")
STOP = SetOpenness(Openness.STOP, "Te weinig vrijwilligers", None, NOON)
STOPPED = OpennessSet(Openness.STOP, "Te weinig vrijwilligers", None, NOON)
HEARD = Heard("welzin", BUDDY, DETAILS, "open", NOON, "", None)
TALKED = InterviewRecorded(PERSON, DAY, "Ann", FINDINGS)
TALK = RecordInterview(PERSON, DAY, "Ann", FINDINGS, DAY)


def test_a_participant_is_registered_once() -> None:
    given(participant).when(Register(PROFILE, "noord", FILE_CONSENT)).then(
        Registered(PROFILE, "noord", None, FILE_CONSENT)
    )
    given(participant, Registered(PROFILE, None)).when(Register(PROFILE, None, FILE_CONSENT)).then()
    given(participant, Registered(PROFILE, None)).when(Register(OTHER_PROFILE, None, FILE_CONSENT)).refused(
        "participant-exists"
    )


def test_a_participant_is_ended_once() -> None:
    given(participant, Registered(PROFILE, None)).when(End("verhuisd")).then(Ended("verhuisd"))
    given(participant, Registered(PROFILE, None), Ended("verhuisd")).when(End("")).then()
    given(participant).when(End("")).refused("participant-unknown")
    assert participant.evolve(participant.initial, Ended("")) == participant.initial


def test_an_interview_is_recorded_once() -> None:
    given(interview).when(TALK).then(TALKED)
    given(interview, TALKED).when(TALK).then()
    other = msgspec.structs.replace(TALK, by="Bea")
    given(interview, TALKED).when(other).refused("interview-exists")
    assert given(interview, TALKED, msgspec.structs.replace(TALKED, by="Bea")).state == given(interview, TALKED).state


def test_an_interview_has_taken_place() -> None:
    tomorrow = msgspec.structs.replace(TALK, held_on=DAY + timedelta(days=1))
    given(interview).when(tomorrow).refused("interview-in-future")


def test_whose_file_ended_is_not_interviewed() -> None:
    ended = msgspec.structs.replace(TALK, ended=True)
    given(interview).when(ended).refused("participant-ended")
    given(interview, TALKED).when(ended).then()


def test_a_programme_is_offered_open() -> None:
    given(programme).when(Offer(DETAILS, NOON)).then(Offered(DETAILS, NOON))
    given(programme, Offered(DETAILS, NOON)).when(Offer(DETAILS, NOON)).then()
    given(programme, Offered(DETAILS, NOON)).when(Offer(OTHER_DETAILS, NOON)).refused("programme-exists")
    assert given(programme, Offered(DETAILS, NOON)).state.openness is Openness.OPEN


def test_a_programme_can_be_described_anew() -> None:
    given(programme, Offered(DETAILS, NOON)).when(Change(OTHER_DETAILS)).then(Changed(OTHER_DETAILS))
    given(programme, Offered(DETAILS, NOON), Changed(OTHER_DETAILS)).when(Change(OTHER_DETAILS)).then()
    given(programme).when(Change(DETAILS)).refused("programme-unknown")
    assert programme.evolve(programme.initial, Changed(DETAILS)) == programme.initial


def test_a_programme_is_for_ages_that_can_be() -> None:
    young = msgspec.structs.replace(DETAILS, age_from=12, age_until=20)
    given(programme).when(Offer(young, NOON)).then(Offered(young, NOON))
    reversed_ = msgspec.structs.replace(DETAILS, age_from=20, age_until=12)
    given(programme).when(Offer(reversed_, NOON)).refused("invalid", fields="ageUntil")
    given(programme, Offered(DETAILS, NOON)).when(Change(reversed_)).refused("invalid", fields="ageUntil")


def test_a_stop_says_why() -> None:
    given(programme, Offered(DETAILS, NOON)).when(STOP).then(STOPPED)
    given(programme, Offered(DETAILS, NOON), STOPPED).when(STOP).then()
    silent = msgspec.structs.replace(STOP, reason="")
    given(programme, Offered(DETAILS, NOON)).when(silent).refused("programme-reason")


def test_reopening_needs_no_reason() -> None:
    reopen = SetOpenness(Openness.OPEN, "", None, NOON)
    given(programme, Offered(DETAILS, NOON), STOPPED).when(reopen).then(OpennessSet(Openness.OPEN, "", None, NOON))
    given(programme, Offered(DETAILS, NOON)).when(reopen).then()


@pytest.mark.parametrize("openness", ["open", "stop", "something-new"])
def test_what_a_partner_tells_is_kept_as_it_was_said(openness: str) -> None:
    heard = msgspec.structs.replace(HEARD, openness=openness)
    given(partner_programme).when(Hear(heard)).then(heard)
    given(partner_programme, heard).when(Hear(heard)).then()
    newer = msgspec.structs.replace(heard, reason="vol")
    given(partner_programme, heard).when(Hear(newer)).then(newer)
