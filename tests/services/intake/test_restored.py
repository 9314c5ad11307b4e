"""After a restore on either side: what each side lost is named on both, and the receiver's log decides where the referral stands."""

import pytest

from services.intake import letters, standings
from services.intake.domain import incoming_events as incoming
from services.intake.domain import incoming_referral, outgoing_referral
from services.intake.domain import outgoing_events as outgoing
from services.intake.domain.incoming_events import CancelAsked, ConsentWithdrawn, EnteredInError
from services.intake.domain.outgoing_events import FoundAtPartner, HandedOver, Reported
from services.intake.domain.outgoing_state import Lost
from services.intake.domain.referral_progress import Accepted, Completed, Declined, Reason, Standing, Started
from services.intake.domain.referral_status import Status
from services.intake.domain.restored import Compare, HearLost, missing
from services.intake.views import compared, referral_record, referrals
from services.intake.views.referrals import Wanted
from shared.contracts import letters as kinds
from shared.contracts.intake import ReferralReason
from shared.service import Arrived
from tests.services.intake.examples import (
    BUDDY,
    FULL,
    NOON,
    ON_THE_WIRE,
    OURS,
    OUTCOME,
    RECEIVED,
    REFERRAL,
    SENT,
    TAKEN,
)
from tests.support.given import given
from tests.support.projected import recorded, seen

RESTORED = Standing(Status.ACCEPTED, owner="Ann")
HEARD = (*ON_THE_WIRE, Reported("welzin", Accepted("Ann")), Reported("welzin", Started()))
FOUND = FoundAtPartner("welzin", BUDDY, RESTORED, ("requested",), ("accepted",))


def compare(*, said: tuple[str, ...] = (), heard: tuple[str, ...] = (), partner: str = "welzin") -> Compare:
    return Compare(partner, REFERRAL, BUDDY, RESTORED, said, heard)


def test_what_is_missing_is_named_in_order_and_as_often_as_it_is() -> None:
    assert missing(("accepted", "on-hold", "completed"), ("accepted", "on-hold", "on-hold", "completed")) == ()
    assert missing(("accepted", "on-hold", "on-hold"), ("on-hold",)) == ("accepted", "on-hold")


def test_a_restored_receiver_names_what_its_sender_heard_and_tells() -> None:
    lost = incoming.StepsLost(("in-progress",), (), tell=True)
    given(incoming_referral, *TAKEN).when(compare(heard=("accepted", "in-progress"))).then(lost)
    given(incoming_referral, *TAKEN).when(compare(heard=("accepted",))).then()
    [told] = letters.letters(recorded(lost, REFERRAL, 3), given(incoming_referral, *TAKEN, lost).state, ())
    assert isinstance(told.body, kinds.ReferralDiffers)
    assert (told.to, told.body.ours, told.body.status, told.body.owner) == (
        "humanitas",
        ("in-progress",),
        "accepted",
        "Ann",
    )


def test_its_sender_takes_over_where_it_stands_and_names_it_too() -> None:
    heard = HearLost("welzin", RESTORED, here=(), there=("in-progress",))
    lost = outgoing.StepsLost((), ("in-progress",), RESTORED, tell=False)
    given(outgoing_referral, *HEARD).when(heard).then(lost)
    state = given(outgoing_referral, *HEARD, lost).state
    assert (state.standing, state.heard) == (RESTORED, ("accepted", "in-progress"))
    assert letters.letters(recorded(lost, REFERRAL, 6), state, ()) == ()
    given(outgoing_referral, *HEARD).when(HearLost("carrefour", RESTORED, (), ("accepted",))).refused(
        "referral-unknown"
    )


def test_a_restored_sender_that_forgot_that_it_was_sent_hears_it_from_who_has_it() -> None:
    lost = outgoing.StepsLost(("requested",), (), RESTORED, tell=True)
    given(outgoing_referral, *SENT).when(compare(said=("accepted",))).then(lost)
    state = given(outgoing_referral, *SENT, lost).state
    assert (state.standing, state.handed, state.delivered) == (RESTORED, True, True)
    received = Compare("welzin", REFERRAL, BUDDY, Standing(Status.RECEIVED), (), ())
    only = outgoing.StepsLost(("requested",), (), received.standing, tell=True)
    given(outgoing_referral, *SENT).when(received).then(only)


def test_where_both_forgot_the_same_steps_the_receivers_log_decides() -> None:
    told = Compare("humanitas", REFERRAL, BUDDY, Standing(Status.CANCELLED), (), ())
    given(incoming_referral, RECEIVED).when(told).then(incoming.StepsLost((), (), tell=True))
    back = outgoing.StepsLost((), (), RESTORED, tell=False)
    given(outgoing_referral, *HEARD).when(HearLost("welzin", RESTORED, (), ())).then(back)


def test_a_restored_sender_names_what_it_had_asked_and_it_counts_as_asked() -> None:
    lost = outgoing.StepsLost(("cancel-asked",), (), RESTORED, tell=True)
    given(outgoing_referral, *HEARD).when(compare(said=("accepted", "in-progress"), heard=("cancel-asked",))).then(lost)
    given(outgoing_referral, *HEARD[:-1]).when(compare(said=("accepted",))).then()
    assert given(outgoing_referral, *HEARD, lost).state.cancel_asked
    [told] = letters.letters(recorded(lost, REFERRAL, 6), given(outgoing_referral, *HEARD, lost).state, ())
    assert isinstance(told.body, kinds.ReferralDiffers)
    assert (told.to, told.body.ours) == ("welzin", ("cancel-asked",))


def test_the_receiver_remembers_what_the_sender_said() -> None:
    said = (CancelAsked(Reason.OTHER, OURS), ConsentWithdrawn(), EnteredInError())
    state = given(incoming_referral, *TAKEN, *said).state
    assert state.heard == ("cancel-asked", "consent-withdrawn", "entered-in-error")
    lost = incoming.StepsLost((), ("entered-in-error",), tell=False)
    given(incoming_referral, *TAKEN, *said).when(HearLost("humanitas", RESTORED, (), lost.there)).then(lost)
    given(incoming_referral, *TAKEN).when(HearLost("humanitas", RESTORED, (), ())).then()
    assert given(incoming_referral, *TAKEN, *said, lost).state.heard == state.heard


def test_what_the_partner_alone_still_has_is_found_and_then_only_heard_of() -> None:
    nothing = given(outgoing_referral)
    nothing.when(compare(said=("accepted",))).then(FOUND)
    nothing.when(HearLost("welzin", RESTORED, (), ())).refused("referral-unknown")
    found = given(outgoing_referral, FOUND)
    found.when(outgoing_referral.Report("welzin", Started())).then(Reported("welzin", Started()))
    found.when(outgoing_referral.Report("welzin", Accepted("Ann"))).then()
    for refused in (outgoing_referral.Report("carrefour", Started()), outgoing_referral.Cancel(*FULL)):
        found.when(refused).refused("referral-lost", organisation="welzin")
    state = given(outgoing_referral, FOUND, Reported("welzin", Started())).state
    assert (state.standing.status, state.heard) == (Status.IN_PROGRESS, ("accepted", "in-progress"))


def test_what_was_found_may_be_lost_again_at_the_partner() -> None:
    lost = outgoing.StepsLost((), ("accepted",), Standing(Status.RECEIVED), tell=False)
    given(outgoing_referral, FOUND).when(compare(said=("accepted",))).then()
    given(outgoing_referral, FOUND).when(HearLost("welzin", lost.standing, (), ("accepted",))).then(lost)
    assert given(outgoing_referral, FOUND, lost).state == Lost(
        "welzin", BUDDY, lost.standing, ("requested",), ("accepted",)
    )


def test_what_was_found_is_listed_and_told_without_the_person() -> None:
    with seen(referrals) as view:
        [item] = view.given(REFERRAL, FOUND, Reported("welzin", Started())).ask(referrals.page, Wanted(), None, 9)
        assert (item.status, item.owner, item.need, item.participant) == ("in-progress", "Ann", "", None)
        back = outgoing.StepsLost((), ("in-progress",), Standing(Status.ACCEPTED, owner="Bo"), tell=False)
        [item] = view.given(REFERRAL, back).ask(referrals.page, Wanted(), None, 9)
        assert (item.status, item.owner) == ("accepted", "Bo")
        assert view.ask(lambda connection, _: compared.shared(connection, "welzin")) == [REFERRAL]
    stream = [recorded(event, REFERRAL, number) for number, event in enumerate((FOUND, HandedOver(), back), 1)]
    answer = referral_record.answer([stream[0], stream[2]])
    assert (answer.status, answer.letter, answer.timeline[0].lost_here) == ("accepted", None, ("requested",))


@pytest.mark.parametrize(
    ("decider", "events", "direction"),
    [(outgoing_referral, HEARD, "out"), (outgoing_referral, (FOUND,), "out"), (incoming_referral, TAKEN, "in")],
)
def test_how_it_stands_reads_the_same_at_the_other_side(
    decider: object, events: tuple[object, ...], direction: str
) -> None:
    state = given(decider, *events).state  # type: ignore[arg-type]  # one of three modules
    told = letters.told(REFERRAL, state)
    assert told is not None
    assert isinstance(told.body, kinds.ReferralTold)
    heard = standings.hearing("humanitas", REFERRAL, told.body)
    assert (told.body.direction, heard.standing) == (direction, state.standing)
    [step] = letters.arrived(Arrived("humanitas", REFERRAL, told.body, NOON, ""))
    assert (step.decider, step.command) == (incoming_referral if direction == "out" else outgoing_referral, heard)


def test_an_outcome_and_a_masked_reason_go_with_it() -> None:
    done = given(incoming_referral, *TAKEN, Started(), Completed(OUTCOME)).state
    told = letters.told(REFERRAL, done)
    assert told is not None
    assert isinstance(told.body, kinds.ReferralTold)
    assert standings.hearing("welzin", REFERRAL, told.body).standing == done.standing
    assert letters.told(REFERRAL, given(incoming_referral).state) is None
    declined = letters.told(REFERRAL, given(incoming_referral, RECEIVED, Declined(Reason.ALREADY_KNOWN, OURS)).state)
    assert declined is not None
    assert isinstance(declined.body, kinds.ReferralTold)
    assert declined.body.reason == ReferralReason.NOT_NOW
