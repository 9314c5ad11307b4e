"""The state table is exactly the one of the domain, and neither side can go around it."""

import pytest

from services.intake.domain import incoming_referral, incoming_state, outgoing_referral, outgoing_state
from services.intake.domain.incoming_erasure import Forgotten
from services.intake.domain.referral_progress import (
    Accepted,
    Cancelled,
    Completed,
    Declined,
    Failed,
    Held,
    Standing,
    Started,
)
from services.intake.domain.referral_status import FINAL, NEXT, UNANSWERED, Status, check, may_become
from shared.rules import Refused
from tests.services.intake.examples import ANSWER_BY, BUDDY, FACTS, FULL, LETTER, OUTCOME, REFERRAL, WISH
from tests.support.given import Given

TABLE = {
    "draft": "requested cancelled",
    "requested": "received accepted declined cancelled",
    "received": "accepted declined cancelled",
    "accepted": "in-progress on-hold cancelled completed failed",
    "in-progress": "on-hold cancelled completed failed",
    "on-hold": "in-progress cancelled completed failed",
}
RECEIVERS: dict[Status, incoming_referral.Command] = {
    Status.ACCEPTED: incoming_referral.Accept("Bea"),
    Status.DECLINED: incoming_referral.Decline(*FULL),
    Status.IN_PROGRESS: incoming_referral.Start(),
    Status.ON_HOLD: incoming_referral.Hold(*FULL, 3),
    Status.COMPLETED: incoming_referral.Complete(OUTCOME),
    Status.FAILED: incoming_referral.Fail(*FULL),
    Status.CANCELLED: incoming_referral.Cancel(*FULL),
}
NEWS = {
    Status.ACCEPTED: Accepted("Bea"),
    Status.DECLINED: Declined(*FULL),
    Status.IN_PROGRESS: Started(),
    Status.ON_HOLD: Held(*FULL, 3),
    Status.COMPLETED: Completed(OUTCOME),
    Status.FAILED: Failed(*FULL),
    Status.CANCELLED: Cancelled(*FULL),
}
SENDERS: dict[Status, outgoing_referral.Command] = {
    Status.REQUESTED: outgoing_referral.Request(FACTS),
    Status.CANCELLED: outgoing_referral.Cancel(*FULL),
    Status.ENTERED_IN_ERROR: outgoing_referral.EnterInError(),
}


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("to", list(Status))
def test_only_what_the_table_says_may_follow(status: Status, to: Status) -> None:
    told = to in TABLE.get(status, "").split() or (to == "entered-in-error" != status)
    assert may_become(status, to) is told


def test_every_state_has_its_row() -> None:
    assert set(NEXT) == set(Status)


def test_a_refusal_names_the_state_the_step_and_the_rule() -> None:
    with pytest.raises(Refused) as refused:
        check(Status.RECEIVED, Status.COMPLETED)
    assert refused.value.code == "referral-transition"
    assert refused.value.parameters == {
        "state": "received",
        "to": "completed",
        "rule": "accepted, declined, cancelled, entered-in-error",
    }


def test_after_entered_in_error_nothing_follows() -> None:
    for to in Status:
        with pytest.raises(Refused, match="referral-void"):
            check(Status.ENTERED_IN_ERROR, to)


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("to", list(RECEIVERS))
def test_the_receiver_can_only_go_where_the_table_goes(status: Status, to: Status) -> None:
    state = incoming_state.Referral("humanitas", REFERRAL, BUDDY, LETTER, ANSWER_BY, Standing(status))
    came = Given(incoming_referral, state).when(RECEIVERS[to]).came
    if may_become(status, to) or status is to is Status.ON_HOLD:
        assert came == [NEWS[to], *([Forgotten()] if to in FINAL and status in UNANSWERED else [])]
    elif status is to is Status.IN_PROGRESS:
        assert came == []
    else:
        assert isinstance(came, Refused)
        assert came.code == ("referral-void" if status is Status.ENTERED_IN_ERROR else "referral-transition")


@pytest.mark.parametrize("handed", [False, True])
@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("to", list(SENDERS))
def test_the_sender_can_only_go_where_the_table_goes(status: Status, to: Status, handed: bool) -> None:
    state = outgoing_state.Referral(WISH, Standing(status), handed=handed)
    came = Given(outgoing_referral, state).when(SENDERS[to]).came
    if may_become(status, to):
        assert isinstance(came, list)
        assert len(came) == 1
    else:
        assert isinstance(came, Refused)
        assert came.code == ("referral-void" if status is Status.ENTERED_IN_ERROR else "referral-transition")
