"""Corrections in what both sides compare: what went and was lost is told again, what was withheld is no loss."""

from typing import Any

import pytest

from services.intake import letters
from services.intake.domain import incoming_referral, outgoing_referral
from services.intake.domain import outgoing_events as outgoing
from services.intake.domain.correction import Correct, HandOver, Hear, Taken, Told
from services.intake.domain.correction import HandedOver as Went
from services.intake.domain.incoming_events import FoundAtPartner as FoundAtSender
from services.intake.domain.incoming_events import StepsLost as LostHere
from services.intake.domain.outgoing_events import FoundAtPartner, Reported, StepsLost
from services.intake.domain.referral_progress import Accepted, Completed, Started
from services.intake.domain.restored import Compare, HearLost, last_correction
from shared.eventlog.types import Step
from tests.services.intake.examples import BUDDY, LATER, NOON, OUTCOME, PERSON, REFERRAL, TAKEN
from tests.services.intake.test_correction import AGAIN, GONE, IN_CARE, RIGHT, TOLD, sent
from tests.support.given import given
from tests.support.projected import recorded


def test_a_correction_counts_from_when_it_is_handed_over_and_once() -> None:
    [letter] = letters.letters(recorded(TOLD, REFERRAL), sent(TOLD).state, ())
    assert letters.handed(letter) == [Step(outgoing_referral, REFERRAL, HandOver(1))]
    sent(TOLD).when(HandOver(1)).then(Went(1))
    sent(*GONE).when(HandOver(1)).then()
    assert [sent(*events).state.corrected for events in ((TOLD,), GONE)] == [0, 1]


def test_what_was_withheld_is_not_said_and_so_never_lost() -> None:
    taken = sent(Reported("welzin", Accepted("Ann")))
    taken.when(Correct(RIGHT, LATER)).then(Told(0, PERSON, RIGHT))
    voided = sent(Reported("welzin", Accepted("Ann")), TOLD, outgoing.ConsentWithdrawn(NOON, "welzin"))
    told: Any = letters.told(REFERRAL, voided.state)
    assert (told.body.corrected, told.body.said) == (0, ("consent-withdrawn",))
    later = sent(TOLD, Told(2, PERSON, AGAIN), Went(2))
    assert later.state.corrected == 2


def test_no_step_on_the_wire_names_a_correction_so_that_an_earlier_version_agrees() -> None:
    """To it an unknown step of the sender's is one of its own that it lost: every day again."""
    both = (sent(*GONE).state, given(incoming_referral, *TAKEN, Taken(1, RIGHT)).state)
    for told in (letters.told(REFERRAL, state) for state in both):
        assert told is not None
        body: Any = told.body
        assert (body.corrected, last_correction(body.said), last_correction(body.heard)) == (1, 0, 0)


def test_a_partner_with_an_earlier_version_says_nothing_of_corrections_and_lost_none() -> None:
    said = Compare("welzin", REFERRAL, BUDDY, IN_CARE, ("accepted",), (), settled=True)
    sent(Reported("welzin", Accepted("Ann")), *GONE).when(said).then()


@pytest.mark.parametrize("settled", [True, False])
@pytest.mark.parametrize("so_far", [(), (Started(), Completed(OUTCOME))])
def test_what_a_restored_receiver_lost_is_told_again(settled: bool, so_far: Any) -> None:
    """Also of a referral that is closed: no digest will name that one."""
    receiver = given(incoming_referral, *TAKEN, *so_far)
    standing, said = receiver.state.standing, receiver.state.said
    compare = Compare("humanitas", REFERRAL, BUDDY, standing, (), said, settled=settled, corrected=2)
    lost = LostHere(("corrected-2",), (), tell=True)
    receiver.when(compare).then(lost)
    restored: Any = given(incoming_referral, *TAKEN, *so_far, lost)
    restored.when(Hear(2, AGAIN)).then(Taken(2, AGAIN))
    restored.when(compare).then()


def test_the_sender_tells_the_last_one_again() -> None:
    sender = sent(Reported("welzin", Accepted("Ann")), *GONE, Told(2, PERSON, AGAIN), Went(2))
    heard = HearLost("welzin", IN_CARE, (), ("corrected-2",))
    sender.when(heard).then(StepsLost((), heard.there, IN_CARE, tell=False), Told(2, PERSON, AGAIN))
    told = sent(Reported("welzin", Accepted("Ann")))
    told.when(heard).then(StepsLost((), heard.there, IN_CARE, tell=False))


@pytest.mark.parametrize(
    "withdrawn",
    [outgoing.ConsentWithdrawn(NOON, "welzin"), StepsLost(("consent-withdrawn",), (), IN_CARE, tell=True)],
)
def test_what_may_not_be_told_any_more_is_not_told_again_nor_anything_after_it(withdrawn: Any) -> None:
    """Also when only the partner still knew that consent was taken back."""
    sender = sent(Reported("welzin", Accepted("Ann")), *GONE, withdrawn)
    heard = HearLost("welzin", IN_CARE, (), ("corrected-1",))
    sender.when(heard).then(StepsLost((), heard.there, IN_CARE, tell=False))
    sender.when(Correct(AGAIN, NOON)).then(Told(0, PERSON, AGAIN))
    [letter] = letters.letters(recorded(TOLD, REFERRAL), sent(TOLD).state, ())
    assert not letters.sendable(letter, sender.state)


def test_a_restored_sender_goes_on_after_the_correction_it_lost() -> None:
    lost = StepsLost(("corrected-100",), (), IN_CARE, tell=True)
    sender = sent(Reported("welzin", Accepted("Ann")))
    compare = Compare("welzin", REFERRAL, BUDDY, IN_CARE, ("accepted",), (), corrected=100)
    sender.when(compare).then(lost)
    sent(Reported("welzin", Accepted("Ann")), lost).when(compare).then()
    sent(Reported("welzin", Accepted("Ann")), lost).when(Correct(AGAIN, NOON)).then(Told(101, PERSON, AGAIN))


def test_what_only_one_side_still_has_keeps_the_number() -> None:
    compare = Compare("welzin", REFERRAL, BUDDY, IN_CARE, ("accepted",), (), corrected=2)
    here = FoundAtPartner("welzin", BUDDY, IN_CARE, ("requested", "corrected-2"), ("accepted",))
    given(outgoing_referral).when(compare).then(here)
    given(outgoing_referral, here).when(compare).then()
    told = Compare("humanitas", REFERRAL, BUDDY, IN_CARE, (), ("accepted",), corrected=2)
    there = FoundAtSender("humanitas", REFERRAL, BUDDY, IN_CARE, ("received", "accepted"), ("corrected-2",))
    given(incoming_referral).when(told).then(there)
    given(incoming_referral, there).when(told).then()


def test_only_a_number_is_a_correction() -> None:
    assert last_correction(("corrected-1000000000", "corrected-0", "corrected-٣", "corrected-x", "corrected-7")) == 7
