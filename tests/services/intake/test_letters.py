"""Events become letters, letters become own commands; what they look like on the wire is kept in golden files."""

from datetime import date
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import msgspec
import pytest

from services.intake import letters
from services.intake.domain import (
    correction,
    incoming_referral,
    outgoing_referral,
    participant,
    partner_programme,
    programme,
)
from services.intake.domain import incoming_events as incoming
from services.intake.domain import outgoing_events as outgoing
from services.intake.domain import referral_progress as progress
from services.intake.domain.referral_progress import Reason
from services.intake.views import directory
from shared.contracts import letters as kinds
from shared.contracts.intake import ErasureGround
from shared.contracts.letters import LetterBody
from shared.eventlog.types import Decider, Step
from shared.service import Arrived, Letter
from tests.services.intake.examples import (
    BUDDY,
    DETAILS,
    FULL,
    LATER,
    LETTER,
    NOON,
    ON_THE_WIRE,
    OUTCOME,
    PROFILE,
    RECEIVED,
    REFERRAL,
    SENT,
    TAKEN,
    THEIRS,
    THIRD,
    WISH,
)
from tests.support.given import given
from tests.support.projected import recorded, seen

GOLDEN = Path(__file__).parent / "golden"
HELD = letters.kept_as("humanitas", REFERRAL)
RIGHT = msgspec.structs.replace(correction.about(LETTER), contact="06 12 34 56 78", area="WK030702")
STOPPED = programme.OpennessSet(programme.Openness.STOP, "Vol", date(2027, 1, 31), NOON)


def written(
    decider: Decider, *events: Any, stream: UUID = REFERRAL, partners: tuple[str, ...] = ("welzin",)
) -> list[Letter]:
    """Letters that follow from the last event."""
    state = given(decider, *events).state
    return list(letters.letters(recorded(events[-1], stream, len(events)), state, partners))


def sent(*events: Any) -> LetterBody:
    [letter] = written(outgoing_referral, *events)
    assert (letter.to, letter.subject) == ("welzin", REFERRAL)
    return letter.body


def answered(*events: Any) -> LetterBody:
    [letter] = written(incoming_referral, *events, stream=HELD)
    assert (letter.to, letter.subject) == ("humanitas", REFERRAL)
    return letter.body


def heard(body: LetterBody, sender: str = "welzin") -> list[Step]:
    return list(letters.arrived(Arrived(sender, REFERRAL, body, NOON, "")))


SAID: list[tuple[LetterBody, progress.News]] = [
    (answered(*TAKEN), progress.Accepted("Ann")),
    (answered(RECEIVED, progress.Declined(*FULL)), progress.Declined(*FULL)),
    (answered(*TAKEN, progress.Started()), progress.Started()),
    (answered(*TAKEN, progress.Held(*FULL, 3)), progress.Held(*FULL, 3)),
    (answered(*TAKEN, progress.Completed(OUTCOME)), progress.Completed(OUTCOME)),
    (answered(*TAKEN, progress.Failed(*FULL)), progress.Failed(*FULL)),
    (answered(*TAKEN, progress.Cancelled(*FULL)), progress.Cancelled(*FULL)),
]
ASKED: list[tuple[LetterBody, incoming_referral.Command]] = [
    (sent(*SENT), incoming_referral.Receive(RECEIVED)),
    (sent(*ON_THE_WIRE, outgoing.CancelAsked(*FULL)), incoming_referral.HearCancelAsked(*FULL)),
    (sent(*ON_THE_WIRE, outgoing.ConsentWithdrawn(NOON)), incoming_referral.HearConsentWithdrawn()),
    (sent(*ON_THE_WIRE, outgoing.EnteredInError()), incoming_referral.HearEnteredInError()),
]
TOLD = written(programme, programme.Offered(DETAILS, NOON), STOPPED, stream=BUDDY)[0].body
RESTORED: list[LetterBody] = [
    answered(*TAKEN, incoming.StepsLost(("in-progress", "completed"), ("cancel-asked",), tell=True)),
    *(letter.body for letter in [letters.told(HELD, given(incoming_referral, *TAKEN).state)] if letter),
]
ERASURE = [
    kinds.ErasureAsked(),
    kinds.ErasureConfirmed(),
    kinds.ErasureRefused(ground=ErasureGround.LEGAL_CLAIMS),
]
COMPARED = kinds.Digest(answer=False, after=REFERRAL, shared=(kinds.Shared(THIRD, RESTORED[1]),))  # type: ignore[arg-type]  # it is told
CORRECTED = [
    sent(*ON_THE_WIRE, correction.Told(1, WISH.participant, RIGHT)),
    answered(*TAKEN, correction.Taken(1, RIGHT)),
]
BODIES = [
    *CORRECTED,
    *(body for body, _ in SAID),
    *(body for body, _ in ASKED),
    *RESTORED,
    TOLD,
    *ERASURE,
    COMPARED,
    kinds.Void(),
]


@pytest.mark.parametrize(("body", "news"), SAID)
def test_what_the_receiver_says_is_what_the_sender_hears(body: LetterBody, news: progress.News) -> None:
    assert heard(body) == [Step(outgoing_referral, REFERRAL, outgoing_referral.Report("welzin", news))]


@pytest.mark.parametrize(("body", "command"), ASKED)
def test_what_the_sender_asks_is_kept_under_the_receivers_own_id(
    body: LetterBody, command: incoming_referral.Command
) -> None:
    assert heard(body, "humanitas") == [Step(incoming_referral, HELD, command)]


def test_only_what_is_about_the_person_ends_with_the_consent() -> None:
    [request] = written(outgoing_referral, *SENT)
    [withdrawal] = written(outgoing_referral, *ON_THE_WIRE, outgoing.ConsentWithdrawn(NOON))
    assert (request.expires, withdrawal.expires) == (LATER, None)


def test_no_partner_can_name_a_record_that_is_not_shared_with_it() -> None:
    assert letters.kept_as("carrefour", REFERRAL) != HELD != REFERRAL


@pytest.mark.parametrize("reason", [Reason.ALREADY_KNOWN, Reason.DUPLICATE, Reason.SAFETY])
def test_a_reason_that_tells_about_the_person_stays_here(reason: Reason) -> None:
    assert answered(RECEIVED, progress.Declined(reason, THEIRS)).reason == "not-now"  # type: ignore[union-attr]  # it is a decline


@pytest.mark.parametrize("event", [outgoing.HandedOver(), outgoing.Delivered(), outgoing.AnswerOverdue()])
def test_what_concerns_only_the_sender_is_not_told(event: outgoing.Event) -> None:
    assert written(outgoing_referral, *SENT, event) == []


@pytest.mark.parametrize("event", [incoming.CancelAsked(*FULL), incoming.ContactAttempted(), incoming.AnswerReminded()])
def test_what_concerns_only_the_receiver_is_not_told(event: incoming.Event) -> None:
    assert written(incoming_referral, *TAKEN, event, stream=HELD) == []


def test_an_error_that_never_left_is_not_told() -> None:
    assert written(outgoing_referral, *SENT, outgoing.EnteredInError()) == []


def test_persons_are_nobodys_business() -> None:
    assert written(participant, participant.Registered(PROFILE, None)) == []


def test_every_partner_is_told_of_a_programme_as_it_is_now() -> None:
    told = written(programme, programme.Offered(DETAILS, NOON), STOPPED, stream=BUDDY, partners=("welzin", "carrefour"))
    assert [letter.to for letter in told] == ["welzin", "carrefour"]
    body = told[0].body
    assert isinstance(body, kinds.ProgrammeChanged)
    assert (body.name, body.status, body.reason) == ("Maatje", "stop", "Vol")


def test_a_partners_programme_becomes_an_own_copy() -> None:
    [step] = letters.arrived(Arrived("carrefour", BUDDY, TOLD, NOON, ""))
    kept = partner_programme.Heard("carrefour", BUDDY, DETAILS, "stop", NOON, "Vol", date(2027, 1, 31))
    assert step == Step(
        partner_programme, letters.kept_as("carrefour", BUDDY, "programme"), partner_programme.Hear(kept)
    )


def test_a_void_changes_nothing() -> None:
    assert heard(kinds.Void()) == []


def test_a_request_taken_back_meanwhile_may_not_go() -> None:
    [letter] = written(outgoing_referral, *SENT)
    assert letters.sendable(letter, given(outgoing_referral, *SENT).state)
    assert letters.sendable(letter, given(outgoing_referral, *ON_THE_WIRE, outgoing.EnteredInError()).state)
    assert not letters.sendable(letter, given(outgoing_referral, *SENT, outgoing.TakenBack(*FULL)).state)


def test_answers_may_always_go() -> None:
    [letter] = written(incoming_referral, *TAKEN, stream=HELD)
    assert letters.sendable(letter, None)
    assert (letters.handed(letter), letters.delivered(letter)) == ((), ())


def test_handing_over_and_delivery_are_recorded() -> None:
    [letter] = written(outgoing_referral, *SENT)
    assert letters.handed(letter) == [Step(outgoing_referral, REFERRAL, outgoing_referral.HandOver())]
    assert letters.delivered(letter) == [Step(outgoing_referral, REFERRAL, outgoing_referral.Deliver())]


def test_a_new_partner_is_told_of_all_own_programmes() -> None:
    heard_from_others = partner_programme.Heard("carrefour", BUDDY, DETAILS, "open", NOON, "", None)
    with seen(directory) as view:
        view.given(BUDDY, programme.Offered(DETAILS, NOON)).given(HELD, heard_from_others)
        assert view.ask(lambda connection, _: letters.introduced(connection)) == [BUDDY]


def test_every_kind_has_an_example() -> None:
    assert {type(body) for body in BODIES} == set(get_args(LetterBody))


@pytest.mark.parametrize("body", BODIES)
def test_a_letter_looks_as_it_always_did(body: LetterBody) -> None:
    golden = (GOLDEN / f"letter.{body.__struct_config__.tag}.json").read_bytes()
    assert msgspec.json.decode(msgspec.json.encode(body)) == msgspec.json.decode(golden)
    assert msgspec.json.decode(golden, type=LetterBody) == body


def test_a_newer_partner_may_say_more() -> None:
    assert (
        msgspec.json.decode(b'{"type": "referral-started.v1", "mood": "good"}', type=LetterBody)
        == kinds.ReferralStarted()
    )


@pytest.mark.parametrize(
    "altered",
    [b'{"type": "referral-declined.v1", "reason": "bored", "decidedBy": "participant"}', b'{"type": "poem.v1"}'],
)
def test_what_cannot_be_read_is_no_letter(altered: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(altered, type=LetterBody)
