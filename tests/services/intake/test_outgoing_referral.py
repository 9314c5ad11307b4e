"""Rules of a referral at its sender."""

import msgspec
import pytest

from services.intake.domain import outgoing_referral
from services.intake.domain.incoming_state import Referral as Foreign
from services.intake.domain.outgoing_events import (
    AnswerOverdue,
    CancelAsked,
    ConsentWithdrawn,
    Delivered,
    Drafted,
    EnteredInError,
    HandedOver,
    Reported,
    TakenBack,
)
from services.intake.domain.outgoing_referral import (
    Cancel,
    Deliver,
    Draft,
    EnterInError,
    HandOver,
    NoteOverdue,
    Report,
    Request,
    WithdrawConsent,
)
from services.intake.domain.outgoing_state import Referral, evolve, initial
from services.intake.domain.referral_progress import Accepted, Cancelled, Completed, Held, Reason, Started
from services.intake.domain.referral_status import Status
from shared.rules import NotFound
from tests.services.intake.examples import (
    ANSWER_BY,
    BUDDY,
    FACTS,
    FULL,
    LETTER,
    NOON,
    ON_THE_WIRE,
    OUTCOME,
    REFERRAL,
    REQUESTED,
    SENT,
    THEIRS,
    WISH,
)
from tests.support.given import given

REFERRALS = outgoing_referral
OTHER = msgspec.structs.replace(WISH, to="carrefour")
DECLINED_BY_PERSON = (Reason.PARTICIPANT_DECLINED, THEIRS)


def state_after(*events: outgoing_referral.Event) -> Referral:
    state = given(REFERRALS, *events).state
    assert isinstance(state, Referral)
    return state


def test_a_draft_stays_here() -> None:
    given(REFERRALS).when(Draft(WISH)).then(Drafted(WISH))


def test_a_draft_can_be_sent_later() -> None:
    given(REFERRALS, Drafted(WISH)).when(Request(FACTS)).then(REQUESTED)


def test_drafting_and_sending_can_be_one_step() -> None:
    given(REFERRALS).when(Request(FACTS, WISH)).then(*SENT)


def test_sending_a_draft_with_its_wish_sends_the_draft() -> None:
    given(REFERRALS, Drafted(WISH)).when(Request(FACTS, WISH)).then(REQUESTED)


def test_asked_twice_is_done_once() -> None:
    given(REFERRALS, *SENT).when(Request(FACTS, WISH)).then()
    given(REFERRALS, Drafted(WISH)).when(Draft(WISH)).then()


def test_an_id_belongs_to_one_referral() -> None:
    given(REFERRALS, *SENT).when(Request(FACTS, OTHER)).refused("referral-exists")
    given(REFERRALS, *SENT).when(Draft(OTHER)).refused("referral-exists")
    given(REFERRALS, Drafted(WISH)).when(Request(FACTS, OTHER)).refused("referral-exists")


def test_what_may_not_be_sent_leaves_nothing() -> None:
    facts = msgspec.structs.replace(FACTS, ground=None)
    given(REFERRALS).when(Request(facts, WISH)).refused("consent-missing", organisation="welzin")


def test_what_is_not_there_cannot_be_changed() -> None:
    given(REFERRALS).when(Cancel(*FULL)).refused("referral-unknown")
    given(REFERRALS).when(Request(FACTS)).refused("referral-unknown")


def test_another_record_is_no_referral() -> None:
    foreign = Foreign("humanitas", REFERRAL, BUDDY, LETTER, ANSWER_BY)
    with pytest.raises(NotFound):
        outgoing_referral.decide(EnterInError(), foreign)  # type: ignore[arg-type]  # an id given by mistake


def test_events_of_nothing_change_nothing() -> None:
    assert evolve(initial, HandedOver()) == initial
    assert evolve(state_after(*SENT), Drafted(OTHER)) == state_after(*SENT)


def test_it_is_handed_over_once() -> None:
    given(REFERRALS, *SENT).when(HandOver()).then(HandedOver())
    given(REFERRALS, *ON_THE_WIRE).when(HandOver()).then()


def test_what_was_taken_back_is_not_handed_over() -> None:
    given(REFERRALS, *SENT, TakenBack(*FULL)).when(HandOver()).then()


def test_delivery_is_the_state_received() -> None:
    given(REFERRALS, *ON_THE_WIRE).when(Deliver()).then(Delivered())
    assert state_after(*ON_THE_WIRE, Delivered()).standing.status is Status.RECEIVED


def test_delivery_is_noted_once_and_only_of_what_went() -> None:
    given(REFERRALS, *ON_THE_WIRE, Delivered()).when(Deliver()).then()
    given(REFERRALS, *SENT, TakenBack(*FULL)).when(Deliver()).then()


def test_delivery_noted_after_the_first_answer_does_not_set_it_back() -> None:
    state = state_after(*ON_THE_WIRE, Reported("welzin", Accepted("Bea")), Delivered())
    assert (state.standing.status, state.delivered) == (Status.ACCEPTED, True)


def test_cancel_is_at_once_while_it_was_never_handed_over() -> None:
    given(REFERRALS, *SENT).when(Cancel(*FULL)).then(TakenBack(*FULL))
    given(REFERRALS, Drafted(WISH)).when(Cancel(*FULL)).then(TakenBack(*FULL))
    assert state_after(*SENT, TakenBack(*FULL)).standing.status is Status.CANCELLED


def test_cancel_is_a_question_once_the_partner_may_have_it() -> None:
    given(REFERRALS, *ON_THE_WIRE).when(Cancel(*FULL)).then(CancelAsked(*FULL))
    given(REFERRALS, *ON_THE_WIRE, CancelAsked(*FULL)).when(Cancel(*FULL)).then()


def test_the_partners_answer_ends_the_question() -> None:
    asked = (*ON_THE_WIRE, CancelAsked(*FULL))
    assert state_after(*asked, Reported("welzin", Accepted("Bea"))).cancel_asked
    assert not state_after(*asked, Reported("welzin", Completed(OUTCOME))).cancel_asked


def test_what_the_partner_reports_is_recorded_as_reported() -> None:
    reported = Reported("welzin", Held(*FULL, 4))
    given(REFERRALS, *ON_THE_WIRE).when(Report("welzin", reported.news)).then(reported)
    standing = state_after(*ON_THE_WIRE, reported).standing
    assert (standing.status, standing.list_position) == (Status.ON_HOLD, 4)


def test_what_is_already_so_is_not_recorded_again() -> None:
    events = (*ON_THE_WIRE, Reported("welzin", Started()))
    given(REFERRALS, *events).when(Report("welzin", Started())).then()


def test_only_the_partner_that_has_it_can_report() -> None:
    given(REFERRALS, *ON_THE_WIRE).when(Report("carrefour", Accepted("Cor"))).refused("referral-unknown")
    given(REFERRALS, *SENT).when(Report("welzin", Accepted("Bea"))).refused("referral-unknown")


def test_a_report_is_kept_but_entered_in_error_stays() -> None:
    events = (*ON_THE_WIRE, EnteredInError())
    given(REFERRALS, *events).when(Report("welzin", Accepted("Bea"))).then(Reported("welzin", Accepted("Bea")))
    assert state_after(*events, Reported("welzin", Accepted("Bea"))).standing.status is Status.ENTERED_IN_ERROR


def test_anything_can_be_entered_in_error_once() -> None:
    given(REFERRALS, *ON_THE_WIRE).when(EnterInError()).then(EnteredInError())
    given(REFERRALS, *ON_THE_WIRE, EnteredInError()).when(EnterInError()).refused("referral-void")


def test_withdrawn_consent_takes_back_what_did_not_go_yet() -> None:
    given(REFERRALS, *SENT).when(WithdrawConsent(NOON)).then(TakenBack(*DECLINED_BY_PERSON))


def test_withdrawn_consent_is_told_to_whoever_may_have_it() -> None:
    given(REFERRALS, *ON_THE_WIRE).when(WithdrawConsent(NOON)).then(ConsentWithdrawn(NOON, "welzin"))
    given(REFERRALS, *ON_THE_WIRE, ConsentWithdrawn(NOON)).when(WithdrawConsent(NOON)).then()
    assert state_after(*ON_THE_WIRE, ConsentWithdrawn(NOON)).cancel_asked


def test_withdrawn_consent_is_told_of_what_is_closed_too() -> None:
    events = (*ON_THE_WIRE, Reported("welzin", Cancelled(*FULL)))
    given(REFERRALS, *events).when(WithdrawConsent(NOON)).then(ConsentWithdrawn(NOON, "welzin"))
    assert not state_after(*events, ConsentWithdrawn(NOON)).cancel_asked


def test_withdrawn_consent_changes_no_draft() -> None:
    given(REFERRALS, Drafted(WISH)).when(WithdrawConsent(NOON)).then()


def test_no_answer_in_time_is_overdue_once() -> None:
    given(REFERRALS, *ON_THE_WIRE, Delivered()).when(NoteOverdue()).then(AnswerOverdue())
    given(REFERRALS, *ON_THE_WIRE, AnswerOverdue()).when(NoteOverdue()).then()


def test_what_was_answered_is_not_overdue() -> None:
    given(REFERRALS, *ON_THE_WIRE, Reported("welzin", Accepted("Bea"))).when(NoteOverdue()).then()
    assert not state_after(*ON_THE_WIRE, AnswerOverdue(), Reported("welzin", Accepted("Bea"))).overdue
