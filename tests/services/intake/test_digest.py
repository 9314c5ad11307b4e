"""The daily comparison with a partner: who begins, who answers, in how many parts, and what a referral is that only one side still has."""

from datetime import timedelta
from uuid import UUID

import pytest

from services.intake import letters
from services.intake.domain import digest, incoming_referral, outgoing_referral
from services.intake.domain import incoming_events as incoming
from services.intake.domain import outgoing_events as outgoing
from services.intake.domain import referral_progress as progress
from services.intake.domain.digest import Answer, Continue, Continued, Hear, Heard, Tell, Told, kept_with
from services.intake.domain.incoming_erasure import ErasureAsked, Forgotten
from services.intake.domain.incoming_events import CancelAsked, ConsentWithdrawn, EnteredInError, FoundAtPartner
from services.intake.domain.incoming_state import Lost
from services.intake.domain.outgoing_events import Reported
from services.intake.domain.referral_progress import Accepted, Cancelled, Completed, DecidedBy, Reason, Standing
from services.intake.domain.referral_status import Status
from services.intake.domain.restored import Compare, HearLost
from services.intake.views import referral_record, referrals
from services.intake.views.referrals import Wanted
from shared.contracts import letters as kinds
from shared.eventlog.types import Step
from shared.service import Arrived
from tests.services.intake.examples import (
    BUDDY,
    FULL,
    NOON,
    ON_THE_WIRE,
    OTHER,
    OUTCOME,
    RECEIVED,
    REFERRAL,
    TAKEN,
    THIRD,
)
from tests.support.given import given
from tests.support.projected import NOON as THEN
from tests.support.projected import recorded, seen

ASKED, ANSWERED = Told(answer=False, hours=24), Told(answer=True, hours=26)
WHOLE = Heard("welzin", None, None, answer=True)
IN_CARE = Standing(Status.ACCEPTED, owner="Ann")
FOUND = FoundAtPartner("humanitas", REFERRAL, BUDDY, IN_CARE, ("received", "accepted"), ())


def digested(standing: Standing = IN_CARE, said: tuple[str, ...] = (), heard: tuple[str, ...] = ()) -> Compare:
    return Compare("humanitas", REFERRAL, BUDDY, standing, said, heard, settled=True)


def test_a_partner_that_never_sent_one_gets_one_a_week() -> None:
    given(digest).when(Tell()).then(Told(answer=False, hours=7 * 24))
    given(digest, WHOLE).when(Tell()).then(ASKED)


def test_who_is_asked_answers_once_after_the_last_part() -> None:
    first, last = Heard("welzin", None, OTHER, answer=False), Heard("welzin", OTHER, None, answer=False)
    given(digest).when(Hear("welzin", None, OTHER, answer=False)).then(first)
    given(digest, first).when(Answer()).then()
    given(digest, first).when(Hear("welzin", OTHER, None, answer=False)).then(last)
    given(digest, first, last).when(Answer()).then(ANSWERED)
    given(digest, first, last, ANSWERED).when(Answer()).then()
    given(digest, WHOLE).when(Answer()).then()


def test_a_part_whose_beginning_did_not_come_does_not_count() -> None:
    given(digest, Heard("welzin", None, OTHER, answer=True)).when(Hear("welzin", THIRD, None, answer=True)).then()
    given(digest).when(Hear("welzin", OTHER, None, answer=True)).then()


def test_the_next_part_follows_when_the_one_before_it_has_arrived_once() -> None:
    given(digest, ASKED).when(Continue(None, OTHER)).then(Continued(OTHER))
    given(digest, ASKED, Continued(OTHER)).when(Continue(None, OTHER)).then()
    given(digest, ASKED, Continued(OTHER)).when(Continue(OTHER, THIRD)).then(Continued(THIRD))
    given(digest, ASKED, Continued(OTHER), ANSWERED).when(Continue(OTHER, THIRD)).then()


def test_a_digest_goes_to_whom_it_is_for_while_letters_are_exchanged() -> None:
    stream, partners = kept_with("welzin"), ("carrefour", "welzin")
    for events, after, answer in (((ASKED,), None, False), ((ANSWERED, Continued(OTHER)), OTHER, True)):
        state = given(digest, *events).state
        [letter] = letters.letters(recorded(events[-1], stream), state, partners)
        assert (letter.to, letter.body) == ("welzin", kinds.Digest(answer=answer, after=after))
        assert letter.expires == THEN + timedelta(days=1)
        assert letters.letters(recorded(events[-1], stream), state, ("carrefour",)) == []
    assert letters.letters(recorded(WHOLE, stream), given(digest, WHOLE).state, partners) == ()


def test_a_digest_is_heard_compared_and_answered_in_one_unit() -> None:
    told = letters.told(REFERRAL, given(outgoing_referral, *ON_THE_WIRE).state)
    assert told is not None
    assert isinstance(told.body, kinds.ReferralTold)
    body = kinds.Digest(answer=False, after=None, shared=(kinds.Shared(REFERRAL, told.body),))
    steps = letters.arrived(Arrived("humanitas", kept_with("welzin"), body, NOON, ""))
    record = kept_with("humanitas")
    assert steps == [
        Step(digest, record, Hear("humanitas", None, None, answer=False)),
        Step(incoming_referral, letters.kept_as("humanitas", REFERRAL), digested(Standing(Status.REQUESTED))),
        Step(digest, record, Answer()),
    ]


def test_only_a_part_that_another_follows_goes_on_when_it_has_arrived() -> None:
    record = kept_with("welzin")
    for until, steps in ((None, []), (OTHER, [Step(digest, record, Continue(None, OTHER))])):
        body = kinds.Digest(answer=True, after=None, until=until)
        [letter] = letters.letters(recorded(ASKED, record), given(digest, ASKED).state, ("welzin",))
        assert list(letters.delivered(type(letter)(letter.to, letter.subject, body))) == steps


def test_what_the_sender_said_and_is_not_known_here_is_heard_now() -> None:
    wishes = ("cancel-asked", "consent-withdrawn", "entered-in-error")
    given(incoming_referral, *TAKEN).when(digested(said=wishes, heard=("accepted",))).then(
        CancelAsked(Reason.OTHER, DecidedBy.ORGANISATION),
        ConsentWithdrawn(),
        ErasureAsked("humanitas", REFERRAL),
        EnteredInError(),
        incoming.StepsLost(wishes, (), tell=True),
        Forgotten(),
    )
    given(incoming_referral, *TAKEN).when(digested(said=wishes[:1], heard=())).then(
        CancelAsked(Reason.OTHER, DecidedBy.ORGANISATION), incoming.StepsLost(wishes[:1], (), tell=True)
    )


def test_news_on_its_way_to_the_partner_is_no_difference() -> None:
    given(incoming_referral, *TAKEN).when(digested(Standing(Status.RECEIVED))).then()
    given(incoming_referral, *TAKEN).when(digested(heard=("accepted",))).then()


def test_a_hold_that_told_nothing_new_is_no_difference() -> None:
    held = progress.Held(Reason.ALREADY_KNOWN, DecidedBy.ORGANISATION, 1)
    masked = progress.Held(Reason.NOT_NOW, DecidedBy.ORGANISATION, 1)
    heard = (*ON_THE_WIRE, Reported("welzin", Accepted("Ann")), Reported("welzin", masked))
    told = letters.told(REFERRAL, given(incoming_referral, *TAKEN, held, held).state)
    assert told is not None
    assert isinstance(told.body, kinds.ReferralTold)
    body = kinds.Digest(answer=True, after=None, shared=(kinds.Shared(REFERRAL, told.body),))
    _, step, _ = letters.arrived(Arrived("welzin", kept_with("humanitas"), body, NOON, ""))
    given(outgoing_referral, *heard).when(step.command).then()


def test_the_sender_takes_over_what_it_had_heard_and_lost_but_its_outcome_stays() -> None:
    done = (*ON_THE_WIRE, Reported("welzin", Accepted("Ann")), Reported("welzin", Completed(OUTCOME)))
    there = Compare(
        "welzin", REFERRAL, BUDDY, Standing(Status.COMPLETED, owner="Ann"), ("accepted", "completed"), (), settled=True
    )
    given(outgoing_referral, *done).when(there).then()
    lost = outgoing.StepsLost(("completed",), (), there.standing, tell=True)
    given(outgoing_referral, *done[:-1]).when(there).then(lost)
    again = HearLost("welzin", there.standing, here=("cancel-asked",), there=())
    state = given(outgoing_referral, *done).state
    kept = outgoing.StepsLost(("cancel-asked",), (), state.standing, tell=False)
    given(outgoing_referral, *done).when(again).then(kept)


def test_who_has_lost_it_all_decides_nothing_nor_who_has_not_heard_of_an_error() -> None:
    nothing = HearLost("welzin", Standing(Status.ACCEPTED), here=(), there=("received", "accepted"))
    heard = (*ON_THE_WIRE, Reported("welzin", Accepted("Ann")))
    given(outgoing_referral, *heard).when(nothing).then(
        outgoing.StepsLost((), ("received", "accepted"), IN_CARE, tell=False)
    )
    wrong = (*heard, outgoing.EnteredInError())
    standing = Standing(Status.ENTERED_IN_ERROR)
    given(outgoing_referral, *wrong).when(HearLost("welzin", IN_CARE, here=(), there=("accepted",))).then(
        outgoing.StepsLost((), ("accepted",), standing, tell=False)
    )


def test_what_only_the_sender_still_has_is_found_and_can_only_be_ended() -> None:
    given(incoming_referral).when(digested(heard=("accepted",))).then(FOUND)
    given(incoming_referral).when(HearLost("humanitas", IN_CARE, (), ())).refused("referral-unknown")
    found = given(incoming_referral, FOUND)
    assert found.state == Lost("humanitas", REFERRAL, BUDDY, IN_CARE, ("received", "accepted"), ())
    found.when(incoming_referral.Cancel(*FULL)).then(Cancelled(*FULL))
    found.when(incoming_referral.Accept("Bo")).refused("referral-lost", organisation="humanitas")
    for ignored in (incoming_referral.Receive(RECEIVED), incoming_referral.Remind(), incoming_referral.NoteOverdue()):
        found.when(ignored).then()
    over = given(incoming_referral, FOUND, Cancelled(*FULL))
    assert over.state.said == ("received", "accepted", "cancelled")
    over.when(incoming_referral.Cancel(*FULL)).refused("referral-transition")
    [letter] = letters.letters(recorded(Cancelled(*FULL), letters.kept_as("humanitas", REFERRAL)), over.state, ())
    assert (letter.to, letter.subject, type(letter.body)) == ("humanitas", REFERRAL, kinds.ReferralCancelConfirmed)


@pytest.mark.parametrize(
    ("command", "event", "step"),
    [
        (incoming_referral.HearCancelAsked(*FULL), CancelAsked(*FULL), "cancel-asked"),
        (incoming_referral.HearConsentWithdrawn(), ConsentWithdrawn(), "consent-withdrawn"),
        (incoming_referral.HearEnteredInError(), EnteredInError(), "entered-in-error"),
    ],
)
def test_what_was_found_still_hears_its_sender(
    command: incoming_referral.Command, event: incoming.Event, step: str
) -> None:
    given(incoming_referral, FOUND).when(command).then(event)
    state = given(incoming_referral, FOUND, event).state
    assert state.heard == (step,)
    assert (state.standing.status is Status.ENTERED_IN_ERROR) == (step == "entered-in-error")


def test_what_was_found_goes_by_what_its_sender_tells() -> None:
    started = Standing(Status.IN_PROGRESS, owner="Ann")
    lost = incoming.StepsLost(("in-progress", "cancel-asked"), (), tell=True, standing=started)
    given(incoming_referral, FOUND).when(digested(heard=("accepted",))).then()
    given(incoming_referral, FOUND).when(
        digested(started, said=("cancel-asked",), heard=("accepted", "in-progress"))
    ).then(lost)
    state = given(incoming_referral, FOUND, lost).state
    assert (state.standing, state.said[-1], state.heard) == (started, "in-progress", ("cancel-asked",))
    assert given(incoming_referral, FOUND, RECEIVED, FOUND).state == given(incoming_referral, FOUND).state
    assert given(incoming_referral, *TAKEN, FOUND).state == given(incoming_referral, *TAKEN).state


def test_what_was_found_is_listed_told_and_shown_without_the_person() -> None:
    stream = letters.kept_as("humanitas", REFERRAL)
    with seen(referrals) as view:
        [item] = view.given(stream, FOUND).ask(referrals.page, Wanted(), None, 9)
    assert (item.reference, item.direction, item.partner, item.status) == (REFERRAL, "in", "humanitas", "accepted")
    answer = referral_record.answer([recorded(FOUND, stream), recorded(Cancelled(*FULL), stream, 2)])
    assert (answer.reference, answer.direction, answer.partner, answer.letter) == (REFERRAL, "in", "humanitas", None)
    assert (answer.status, answer.timeline[0].lost_here) == ("cancelled", ("received", "accepted"))
    state = given(incoming_referral, FOUND).state
    told, [differs] = letters.told(stream, state), letters.letters(recorded(FOUND, stream), state, ())
    assert told is not None
    assert (told.subject, differs.subject) == (REFERRAL, REFERRAL)
    assert isinstance(differs.body, kinds.ReferralDiffers)
    assert differs.body.ours == ("received", "accepted")


def test_every_partner_has_a_record_of_its_own() -> None:
    assert isinstance(kept_with("welzin"), UUID)
    assert kept_with("welzin") != kept_with("humanitas")
