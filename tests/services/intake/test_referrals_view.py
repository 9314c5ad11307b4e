"""Lists of referrals and their deadlines: given events, what the queries answer."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from services.intake.domain import incoming_events as incoming
from services.intake.domain import outgoing_events as outgoing
from services.intake.domain import referral_progress as progress
from services.intake.domain.incoming_erasure import Forgotten
from services.intake.views import answer_clock, referrals
from services.intake.views.referrals import Wanted as WantedReferrals
from shared.contracts import intake as contract
from shared.eventlog.changes import execute
from shared.eventlog.due import due
from shared.identity import OrgScope
from shared.rules import NotFound
from tests.services.intake.examples import (
    ANSWER_BY,
    FULL,
    ON_THE_WIRE,
    OTHER,
    OUTCOME,
    PERSON,
    RECEIVED,
    REFERRAL,
    REQUESTED,
    SENT,
    TAKEN,
    THIRD,
)
from tests.support.projected import Seen, in_team, recorded, seen


@pytest.fixture
def inbox() -> Generator[Seen]:
    with seen(referrals) as view:
        yield view


def item(view: Seen, **wanted: Any) -> contract.ReferralItem:
    [one] = view.ask(referrals.page, WantedReferrals(**wanted), None, 9)
    return one


def test_what_was_sent_is_on_its_way_until_it_is_delivered(inbox: Seen) -> None:
    sent = item(inbox.given(REFERRAL, *ON_THE_WIRE))
    assert (sent.status, sent.on_its_way, sent.partner, sent.participant) == ("requested", True, "welzin", PERSON)
    delivered = item(inbox.given(REFERRAL, outgoing.Delivered()))
    assert (delivered.status, delivered.on_its_way) == ("received", False)


def test_delivery_noted_late_sets_nothing_back(inbox: Seen) -> None:
    inbox.given(REFERRAL, *ON_THE_WIRE, outgoing.Reported("welzin", progress.Accepted("Bea")), outgoing.Delivered())
    assert (item(inbox).status, item(inbox).owner) == ("accepted", "Bea")


def test_a_position_on_the_list_is_shown_and_goes(inbox: Seen) -> None:
    inbox.given(REFERRAL, *TAKEN, progress.Held(*FULL, 3))
    assert (item(inbox).status, item(inbox).list_position) == ("on-hold", 3)
    assert item(inbox.given(REFERRAL, progress.Started())).list_position is None


def test_overdue_is_shown_until_the_answer(inbox: Seen) -> None:
    assert item(inbox.given(REFERRAL, RECEIVED, incoming.AnswerOverdue()), overdue=True).id == REFERRAL
    assert not item(inbox.given(REFERRAL, progress.Accepted("Ann"))).overdue


def test_a_cancel_that_was_asked_is_shown_until_the_end(inbox: Seen) -> None:
    assert item(inbox.given(REFERRAL, *TAKEN, incoming.CancelAsked(*FULL))).cancel_asked
    assert item(inbox.given(REFERRAL, progress.Started())).cancel_asked
    assert not item(inbox.given(REFERRAL, progress.Completed(OUTCOME), incoming.CancelAsked(*FULL))).cancel_asked


def test_nothing_of_the_person_is_left_of_what_was_not_taken(inbox: Seen) -> None:
    assert item(inbox.given(REFERRAL, RECEIVED, progress.Declined(*FULL), Forgotten())).need == ""
    assert item(inbox.given(OTHER, *TAKEN, progress.Cancelled(*FULL)), status="cancelled").need != ""


def test_entered_in_error_stays_whatever_is_reported(inbox: Seen) -> None:
    inbox.given(
        REFERRAL, *ON_THE_WIRE, outgoing.EnteredInError(), outgoing.Reported("welzin", progress.Accepted("Bea"))
    )
    assert (item(inbox).status, item(inbox).owner) == ("entered-in-error", None)
    assert item(inbox.given(OTHER, *TAKEN, incoming.EnteredInError(), Forgotten()), direction="in").need == ""


def test_what_was_taken_back_is_cancelled(inbox: Seen) -> None:
    assert item(inbox.given(REFERRAL, *SENT, outgoing.TakenBack(*FULL)), status="cancelled").id == REFERRAL


def test_referrals_are_paged_newest_first(inbox: Seen) -> None:
    for one in (REFERRAL, OTHER, THIRD):
        inbox.given(one, RECEIVED)
    first = inbox.ask(referrals.page, WantedReferrals(direction=contract.Direction.IN), None, 2)
    rest = inbox.ask(referrals.page, WantedReferrals(), (first[-1].created_at, first[-1].id), 2)
    assert [one.id for one in (*first, *rest)] == sorted([REFERRAL, OTHER, THIRD], reverse=True)
    assert inbox.ask(referrals.side, OTHER) is contract.Direction.IN
    with pytest.raises(NotFound, match="referral-unknown"):
        inbox.ask(referrals.side, PERSON)


def test_the_sent_of_another_team_are_not_shown(inbox: Seen) -> None:
    inbox.given(REFERRAL, *SENT).given(OTHER, RECEIVED)
    with pytest.raises(NotFound, match="referral-unknown"):
        inbox.ask(lambda connection, _: referrals.side(connection, in_team("noord"), REFERRAL))
    assert inbox.ask(lambda connection, _: referrals.side(connection, in_team("noord"), OTHER)) == "in"


def deadlines(*events: Any) -> dict[str, Any]:
    with seen(answer_clock) as view:

        def fill(connection: Connection, _: OrgScope) -> dict[str, Any]:
            due.create(connection)
            for event in events:
                execute(connection, list(answer_clock.project(recorded(event, REFERRAL))))
            return {row.name: row.at for row in connection.execute(select(due))}

        return view.ask(fill)


def test_an_answer_is_expected_within_five_working_days_and_overdue_after_two_more() -> None:
    late = ANSWER_BY + timedelta(days=2)
    assert deadlines(RECEIVED) == {answer_clock.REMINDER: ANSWER_BY, answer_clock.OVERDUE: late}
    assert deadlines(REQUESTED) == {answer_clock.SENT_OVERDUE: late}


@pytest.mark.parametrize("answer", [progress.Accepted("Ann"), progress.Declined(*FULL), incoming.EnteredInError()])
def test_the_first_answer_ends_the_deadlines(answer: Any) -> None:
    assert deadlines(RECEIVED, answer) == {}


@pytest.mark.parametrize(
    "answer",
    [outgoing.Reported("welzin", progress.Accepted("Ann")), outgoing.TakenBack(*FULL), outgoing.EnteredInError()],
)
def test_the_partners_first_answer_ends_the_senders_deadline(answer: Any) -> None:
    assert deadlines(REQUESTED, answer) == {}
