"""What a partner tells back: how the person fares, where they agreed to that; else only what becomes of the referral."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.intake import letters, standings
from services.intake.domain import consent, incoming_events, incoming_referral, outgoing_referral, restored
from services.intake.domain.grounds import Law, LegalTask
from services.intake.domain.incoming_state import Lost, Referral
from services.intake.domain.outgoing_events import Drafted
from services.intake.domain.referral_progress import (
    UNTOLD,
    Accepted,
    Cancelled,
    Completed,
    Declined,
    Failed,
    Held,
    News,
    Reason,
    Standing,
    Started,
    told,
)
from services.intake.domain.referral_status import Status
from services.intake.views import referral_record
from shared.contracts import letters as kinds
from shared.contracts.intake import DecidedBy, ReferralReason
from shared.service import Arrived
from tests.services.intake.examples import (
    BUDDY,
    FACTS,
    GROUND,
    NOON,
    OURS,
    OUTCOME,
    PERSON,
    RECEIVED,
    REFERRAL,
    THEIRS,
    WISH,
)
from tests.services.intake.served_intake import (
    ASKED,
    CONSENT,
    HELD,
    PARTICIPANT,
    REFER,
    arrives,
    done,
    humanitas,
)
from tests.support.given import given
from tests.support.projected import recorded

SILENT = msgspec.structs.replace(RECEIVED, report_back=False)
TAKEN = (SILENT, Accepted("Ann"))
RECEIVERS_OWN = {Reason.AT_CAPACITY, Reason.WAIT_TOO_LONG, Reason.OUT_OF_AREA, Reason.SERVICE_ENDED}
NOT_NOW = {"reason": "not-now", "decided_by": "organisation"}


def said(*events: Any) -> Any:
    """The letter that follows from the last event."""
    state = given(incoming_referral, *events).state
    [letter] = letters.letters(recorded(events[-1], HELD, len(events)), state, ())
    return letter.body


def _sent_on(direction: consent.Direction) -> tuple[Any, Any]:
    """The request that goes on such a consent, as a letter, and the sender's record of it."""
    facts = msgspec.structs.replace(FACTS, ground=msgspec.structs.replace(GROUND, direction=direction))
    [asked] = outgoing_referral.decide(outgoing_referral.Request(facts), given(outgoing_referral, Drafted(WISH)).state)
    state = given(outgoing_referral, Drafted(WISH), asked).state
    [letter] = letters.letters(recorded(asked, REFERRAL, 2), state, ())
    stream = [recorded(Drafted(WISH), REFERRAL, 1), recorded(asked, REFERRAL, 2)]
    return letter.body, referral_record.answer(stream)


def test_a_request_says_whether_the_person_agreed_to_a_report() -> None:
    body, record = _sent_on(consent.Direction.SEND)
    assert (body.report_back, record.report_back) == (False, False)
    body, record = _sent_on(consent.Direction.BOTH)
    assert (body.report_back, record.report_back) == (True, True)


def test_who_works_on_a_legal_task_hears_what_came_of_it() -> None:
    assert LegalTask(Law.WMO_2015).report_back


def test_the_receiver_keeps_what_was_agreed() -> None:
    body, _ = _sent_on(consent.Direction.SEND)
    [step] = letters.arrived(Arrived("humanitas", REFERRAL, body, NOON, ""))
    assert step.command == incoming_referral.Receive(SILENT)
    assert referral_record.answer([recorded(SILENT, HELD)]).report_back is False


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.NOT_NOW])
def test_without_it_only_the_receivers_own_reasons_are_told_and_not_who_decided(reason: Reason) -> None:
    body = said(*TAKEN, Failed(reason, THEIRS))
    assert body.reason == (reason if reason in RECEIVERS_OWN else "not-now")
    assert body.decided_by == "organisation"
    assert said(RECEIVED, Accepted("Ann"), Failed(Reason.OTHER, THEIRS)).decided_by == "participant"


@pytest.mark.parametrize("news", [Declined, Failed, Cancelled])
def test_that_it_ended_is_told_and_nothing_of_the_person(news: Any) -> None:
    before = (SILENT,) if news is Declined else TAKEN
    body = said(*before, news(Reason.NO_CONTACT, THEIRS))
    assert msgspec.structs.asdict(body) == NOT_NOW


def test_that_it_waits_is_told_and_not_where_on_the_list() -> None:
    body = said(*TAKEN, Held(Reason.AT_CAPACITY, OURS, 3))
    assert msgspec.structs.asdict(body) == {
        "reason": "at-capacity",
        "decided_by": "organisation",
        "list_position": None,
    }


def test_that_it_was_completed_is_told_and_not_what_came_of_it() -> None:
    body = said(*TAKEN, Completed(OUTCOME))
    assert msgspec.structs.asdict(body) == msgspec.structs.asdict(UNTOLD)
    state = given(incoming_referral, *TAKEN, Completed(OUTCOME)).state
    assert isinstance(state, Referral)
    assert state.standing.outcome == OUTCOME, "the receiver has it"


@pytest.mark.parametrize("news", [Accepted("Ann"), Started()])
def test_that_somebody_took_it_and_began_is_told(news: News) -> None:
    before = (SILENT,) if isinstance(news, Accepted) else TAKEN
    assert standings.reported(said(*before, news)) == news


@pytest.mark.parametrize(
    "standing",
    [
        Standing(Status.ON_HOLD, "Ann", Reason.NO_CONTACT, THEIRS, list_position=3),
        Standing(Status.COMPLETED, "Ann", outcome=OUTCOME),
    ],
)
def test_a_comparison_tells_no_more(standing: Standing) -> None:
    state = Referral("humanitas", REFERRAL, BUDDY, None, NOON, standing, report_back=False)
    body = standings.told(state)
    assert body is not None
    assert (body.list_position, body.outcome and body.outcome.what_happened) == (None, body.outcome and "")
    assert (body.reason, body.decided_by) == (("not-now", "organisation") if standing.reason else (None, None))
    assert body.report_back is False


def test_a_receiver_that_lost_it_hears_again_what_was_agreed() -> None:
    facts = msgspec.structs.replace(FACTS, ground=msgspec.structs.replace(GROUND, direction=consent.Direction.SEND))
    request = outgoing_referral.Request(facts, WISH)
    sender = given(outgoing_referral, *outgoing_referral.decide(request, outgoing_referral.initial)).state
    body = standings.told(sender)
    assert body is not None
    compare = standings.hearing("humanitas", REFERRAL, body)
    assert isinstance(compare, restored.Compare)
    [found] = incoming_referral.decide(compare, incoming_referral.initial)
    lost = given(incoming_referral, found).state
    assert isinstance(lost, Lost)
    assert lost.report_back is False
    assert isinstance(found, incoming_events.FoundAtPartner)
    assert said(found, Cancelled(Reason.PARTICIPANT_DECLINED, THEIRS)) == kinds.ReferralCancelConfirmed(
        reason=ReferralReason.NOT_NOW, decided_by=DecidedBy.ORGANISATION
    )
    assert referral_record.answer([recorded(found, HELD)]).report_back is False


def test_what_nobody_said_stays_unsaid() -> None:
    plain = Standing(Status.IN_PROGRESS, "Ann")
    assert told(plain, report_back=False) == plain


async def test_who_sends_sees_on_the_referral_what_was_agreed(tmp_path: Path) -> None:
    async with humanitas(tmp_path) as node:
        await done(node, "/v1/participants", PARTICIPANT, 201)
        await done(node, f"/v1/participants/{PERSON}/consents", CONSENT | {"direction": "send"}, 201)
        assert (await done(node, "/v1/referrals", REFER, 201))["reportBack"] is False


async def test_who_receives_sees_it_before_writing_an_outcome_and_keeps_what_is_written(tmp_path: Path) -> None:
    async with humanitas(tmp_path) as node:
        await arrives(node, REFERRAL, msgspec.structs.replace(ASKED, report_back=False))
        [item] = (await node.ask("GET", "/v1/referrals?direction=in")).json()["items"]
        path = f"/v1/referrals/{item['id']}"
        assert (await done(node, f"{path}/accept", {"owner": "Ann"}))["reportBack"] is False
        completed = await done(node, f"{path}/complete", {"whatHappened": "Ze wandelt elke week"})
        assert completed["outcome"]["whatHappened"] == "Ze wandelt elke week"
