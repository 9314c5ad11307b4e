"""Rules of a referral at its receiver."""

import pytest

from services.intake.domain import incoming_referral
from services.intake.domain.incoming_erasure import Forgotten
from services.intake.domain.incoming_events import (
    AnswerOverdue,
    AnswerReminded,
    CancelAsked,
    ConsentWithdrawn,
    ContactAttempted,
    EnteredInError,
)
from services.intake.domain.incoming_referral import (
    Accept,
    AttemptContact,
    Cancel,
    Complete,
    ConfirmCancel,
    Decline,
    Fail,
    HearCancelAsked,
    HearConsentWithdrawn,
    HearEnteredInError,
    Hold,
    NoteOverdue,
    Receive,
    Remind,
    Start,
)
from services.intake.domain.incoming_state import Referral, evolve, initial
from services.intake.domain.referral_progress import (
    Accepted,
    Cancelled,
    Completed,
    Declined,
    Failed,
    Held,
    Reason,
    Started,
    undisclosed,
)
from services.intake.domain.referral_status import Status
from tests.services.intake.examples import FULL, OURS, OUTCOME, RECEIVED, TAKEN, THEIRS
from tests.support.given import given

REFERRALS = incoming_referral
UNREACHED = (Reason.NO_CONTACT, OURS)
BY_PERSON = (Reason.PARTICIPANT_DECLINED, THEIRS)
TRIED = (ContactAttempted(),)


def state_after(*events: incoming_referral.Event) -> Referral:
    state = given(REFERRALS, *events).state
    assert isinstance(state, Referral)
    return state


def test_it_is_received_once() -> None:
    given(REFERRALS).when(Receive(RECEIVED)).then(RECEIVED)
    given(REFERRALS, RECEIVED).when(Receive(RECEIVED)).then()
    assert state_after(RECEIVED, RECEIVED) == state_after(RECEIVED)


def test_what_is_not_there_cannot_be_answered() -> None:
    given(REFERRALS).when(Accept("Ann")).refused("referral-unknown")
    assert evolve(initial, Started()) == initial


def test_accepted_names_an_owner() -> None:
    given(REFERRALS, RECEIVED).when(Accept("Ann")).then(Accepted("Ann"))
    assert state_after(*TAKEN).standing.owner == "Ann"


def test_accepted_twice_by_the_same_is_once() -> None:
    given(REFERRALS, *TAKEN).when(Accept("Ann")).then()
    given(REFERRALS, *TAKEN).when(Accept("Bea")).refused("referral-transition", state="accepted", to="accepted")


def test_a_declined_letter_leaves_nothing_of_the_person() -> None:
    given(REFERRALS, RECEIVED).when(Decline(*FULL)).then(Declined(*FULL), Forgotten())
    assert state_after(RECEIVED, Declined(*FULL)).letter is None


def test_the_way_through() -> None:
    given(REFERRALS, *TAKEN).when(Start()).then(Started())
    given(REFERRALS, *TAKEN).when(Complete(OUTCOME)).then(Completed(OUTCOME))
    given(REFERRALS, *TAKEN, Started()).when(Fail(*FULL)).then(Failed(*FULL))
    assert state_after(*TAKEN, Started(), Completed(OUTCOME)).standing.outcome == OUTCOME


def test_a_position_on_the_list_counts_as_status() -> None:
    given(REFERRALS, *TAKEN).when(Hold(*FULL, 3)).then(Held(*FULL, 3))
    given(REFERRALS, *TAKEN, Held(*FULL, 3)).when(Hold(*FULL, 2)).then(Held(*FULL, 2))
    given(REFERRALS, *TAKEN, Held(*FULL, 3)).when(Hold(*FULL, 3)).then()
    assert state_after(*TAKEN, Held(*FULL, 3), Started()).standing.list_position is None


def test_the_receiver_may_cancel_and_keeps_what_it_worked_on() -> None:
    given(REFERRALS, *TAKEN).when(Cancel(*FULL)).then(Cancelled(*FULL))
    assert state_after(*TAKEN, Cancelled(*FULL)).letter is not None


def test_no_contact_needs_three_attempts() -> None:
    given(REFERRALS, *TAKEN).when(AttemptContact()).then(ContactAttempted())
    given(REFERRALS, *TAKEN, *TRIED * 2).when(Fail(*UNREACHED)).refused("referral-attempts", needed=3, done=2)
    given(REFERRALS, *TAKEN, *TRIED * 3).when(Fail(*UNREACHED)).then(Failed(*UNREACHED))


def test_nobody_is_tried_before_acceptance() -> None:
    given(REFERRALS, RECEIVED).when(AttemptContact()).refused("referral-not-in-care", state="received")


def test_not_now_is_no_reason_to_give() -> None:
    given(REFERRALS, RECEIVED).when(Decline(Reason.NOT_NOW, OURS)).refused("referral-reason")


@pytest.mark.parametrize("reason", list(Reason))
def test_reasons_that_tell_about_the_person_are_read_as_not_now(reason: Reason) -> None:
    private = reason in {Reason.ALREADY_KNOWN, Reason.DUPLICATE, Reason.SAFETY}
    assert undisclosed(reason) is (Reason.NOT_NOW if private else reason)


def test_a_cancel_asked_before_anybody_began_is_done_at_once() -> None:
    given(REFERRALS, RECEIVED).when(HearCancelAsked(*FULL)).then(CancelAsked(*FULL), Cancelled(*FULL), Forgotten())
    assert state_after(RECEIVED, CancelAsked(*FULL), Cancelled(*FULL)).letter is None


def test_a_cancel_asked_later_waits_for_an_answer() -> None:
    given(REFERRALS, *TAKEN).when(HearCancelAsked(*FULL)).then(CancelAsked(*FULL))
    given(REFERRALS, *TAKEN, CancelAsked(*FULL)).when(ConfirmCancel()).then(Cancelled(*FULL))
    assert state_after(*TAKEN, CancelAsked(*FULL), Started()).asked == FULL
    assert state_after(*TAKEN, CancelAsked(*FULL), Cancelled(*FULL)).asked is None


def test_a_cancel_that_crosses_the_end_is_recorded_and_changes_nothing() -> None:
    done = (*TAKEN, Completed(OUTCOME))
    given(REFERRALS, *done).when(HearCancelAsked(*FULL)).then(CancelAsked(*FULL))
    after = state_after(*done, CancelAsked(*FULL))
    assert (after.standing, after.asked, after.heard) == (state_after(*done).standing, None, ("cancel-asked",))


def test_only_what_was_asked_can_be_confirmed() -> None:
    given(REFERRALS, *TAKEN).when(ConfirmCancel()).refused("referral-cancel-not-asked")
    given(REFERRALS, *TAKEN, Cancelled(*FULL)).when(ConfirmCancel()).then()


def test_withdrawn_consent_cancels_what_nobody_began_with() -> None:
    given(REFERRALS, RECEIVED).when(HearConsentWithdrawn()).then(ConsentWithdrawn(), Cancelled(*BY_PERSON), Forgotten())
    given(REFERRALS, *TAKEN).when(HearConsentWithdrawn()).then(ConsentWithdrawn())
    assert state_after(*TAKEN, ConsentWithdrawn()).asked == BY_PERSON


def test_the_sender_may_say_that_it_was_an_error() -> None:
    given(REFERRALS, RECEIVED).when(HearEnteredInError()).then(EnteredInError(), Forgotten())
    given(REFERRALS, *TAKEN).when(HearEnteredInError()).then(EnteredInError(), Forgotten())
    given(REFERRALS, *TAKEN, EnteredInError()).when(HearEnteredInError()).then()
    state = state_after(*TAKEN, EnteredInError())
    assert (state.standing.status, state.letter) == (Status.ENTERED_IN_ERROR, None)


def test_the_clock_reminds_and_then_notes_overdue_once_each() -> None:
    given(REFERRALS, RECEIVED).when(Remind()).then(AnswerReminded())
    given(REFERRALS, RECEIVED, AnswerReminded()).when(Remind()).then()
    given(REFERRALS, RECEIVED, AnswerReminded()).when(NoteOverdue()).then(AnswerOverdue())
    given(REFERRALS, RECEIVED, AnswerOverdue()).when(NoteOverdue()).then()


def test_the_clock_stops_at_the_first_answer() -> None:
    given(REFERRALS, *TAKEN).when(Remind()).then()
    assert not state_after(RECEIVED, AnswerOverdue(), Accepted("Ann")).overdue
