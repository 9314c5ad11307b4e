"""What was wrong of a person is put right: in the file, in every letter that told of it, and where that letter came."""

from typing import Any

import msgspec
import pytest

from services.intake import letters
from services.intake.domain import incoming_referral, outgoing_referral, participant
from services.intake.domain import outgoing_events as outgoing
from services.intake.domain.correction import (
    About,
    Confirmed,
    Correct,
    Hear,
    HearConfirmed,
    Taken,
    Told,
    about,
)
from services.intake.domain.correction import HandedOver as Went
from services.intake.domain.incoming_erasure import Forgotten
from services.intake.domain.incoming_events import FoundAtPartner as FoundAtSender
from services.intake.domain.outgoing_events import Drafted, FoundAtPartner, HandedOver, Reported, Requested
from services.intake.domain.participant import (
    Corrected,
    Erased,
    LetterOutdated,
    Move,
    Moved,
    NoteReferral,
    ReferralNoted,
    Registered,
)
from services.intake.domain.profile import Profile
from services.intake.domain.referral_progress import Accepted, Completed, Declined, Standing
from services.intake.domain.referral_status import Status
from services.intake.policies import when_participant_corrected_then_letters_are
from services.intake.publish import publish
from services.intake.views import referral_record
from shared.eventlog.types import Step
from shared.service import Letter
from tests.services.intake.examples import (
    AGREED,
    ANSWER_BY,
    BUDDY,
    FILE_CONSENT,
    FULL,
    LATER,
    LETTER,
    NOON,
    ON_THE_WIRE,
    OTHER,
    OUTCOME,
    PERSON,
    PROFILE,
    RECEIVED,
    REFERRAL,
    SENT,
    TAKEN,
    WISH,
)
from tests.support.given import given
from tests.support.projected import recorded

RIGHT = msgspec.structs.replace(about(LETTER), contact="06 12 34 56 78")
AGAIN = msgspec.structs.replace(RIGHT, name_to_use="Mevrouw de Bakker")
CORRECTED = msgspec.structs.replace(PROFILE, contact="06 12 34 56 78")
TOLD = Told(1, PERSON, RIGHT)
GONE = (TOLD, Went(1))
"""It went."""
NOTED = ReferralNoted(REFERRAL, "welzin")
IN_CARE = Standing(Status.ACCEPTED, owner="Ann")
AT = recorded(NOTED, PERSON).at
HELD = letters.kept_as("humanitas", REFERRAL)


def sent(*events: Any) -> Any:
    return given(outgoing_referral, *ON_THE_WIRE, *events)


def test_a_file_is_corrected_as_a_whole_and_names_who_was_told() -> None:
    known = given(participant, Registered(PROFILE, None, None, FILE_CONSENT), NOTED)
    known.when(participant.Correct(CORRECTED)).then(Corrected(CORRECTED, (REFERRAL,)))
    known.when(participant.Correct(PROFILE)).then()
    given(participant).when(participant.Correct(PROFILE)).refused("participant-unknown")
    given(participant, Registered(PROFILE, None), Erased()).when(participant.Correct(PROFILE)).refused(
        "participant-erased"
    )


def test_a_referral_that_crossed_a_correction_is_put_right_too_and_the_file_stays_as_it_was() -> None:
    corrected = given(participant, Registered(PROFILE, None), Corrected(CORRECTED, ()))
    outdated = LetterOutdated(about(CORRECTED), REFERRAL)
    corrected.when(NoteReferral(REFERRAL, "welzin", about(PROFILE))).then(NOTED, outdated)
    corrected.when(NoteReferral(REFERRAL, "welzin", None)).then(NOTED)
    given(participant, Registered(PROFILE, None), Corrected(None, ())).when(
        NoteReferral(REFERRAL, "welzin", about(PROFILE))
    ).then(NOTED)
    assert publish(recorded(outdated, PERSON)) is None
    [step] = when_participant_corrected_then_letters_are.then(recorded(outdated, PERSON))
    assert step == Step(outgoing_referral, REFERRAL, Correct(about(CORRECTED), AT))


def test_a_referral_that_was_written_after_a_correction_is_no_correction() -> None:
    corrected = given(participant, Registered(PROFILE, None), Corrected(CORRECTED, ()))
    corrected.when(NoteReferral(REFERRAL, "welzin", about(CORRECTED))).then(NOTED)


def test_a_file_goes_to_another_team_once() -> None:
    known = given(participant, Registered(PROFILE, "noord"))
    known.when(Move("zuid")).then(Moved("zuid"))
    known.when(Move("noord")).then()
    given(participant, Registered(PROFILE, "noord"), Moved("zuid")).when(Move("zuid")).then()


def test_who_was_told_is_told_what_is_right() -> None:
    steps = when_participant_corrected_then_letters_are.then(recorded(Corrected(CORRECTED, (REFERRAL, OTHER)), PERSON))
    assert steps == [Step(outgoing_referral, one, Correct(about(CORRECTED), AT)) for one in (REFERRAL, OTHER)]
    assert when_participant_corrected_then_letters_are.then(recorded(Corrected(None, (REFERRAL,)), PERSON)) == []


def test_a_letter_that_may_be_there_is_told_again_with_a_number() -> None:
    for so_far in ((), (Reported("welzin", Accepted("Ann")),)):
        sent(*so_far).when(Correct(RIGHT, NOON)).then(TOLD)
        sent(*so_far, TOLD).when(Correct(RIGHT, NOON)).then()
        sent(*so_far, TOLD).when(Correct(AGAIN, NOON)).then(Told(2, PERSON, AGAIN))
    done_ = (Reported("welzin", Accepted("Ann")), Reported("welzin", Completed(OUTCOME)))
    sent(*done_).when(Correct(RIGHT, NOON)).then(TOLD)


@pytest.mark.parametrize(
    "so_far",
    [
        (Drafted(WISH),),
        (*ON_THE_WIRE, Reported("welzin", Declined(*FULL))),
        (*ON_THE_WIRE, outgoing.EnteredInError()),
        (*ON_THE_WIRE, outgoing.ConsentWithdrawn(NOON, "welzin")),
    ],
)
def test_where_nothing_is_left_or_the_ground_is_gone_only_the_own_record_changes(so_far: Any) -> None:
    given(outgoing_referral, *so_far).when(Correct(RIGHT, NOON)).then(Told(0, PERSON, RIGHT))
    state: Any = given(outgoing_referral, *so_far, Told(0, PERSON, RIGHT)).state
    assert (state.letter.contact, state.corrected) == ("06 12 34 56 78", 0)
    assert letters.letters(recorded(Told(0, PERSON, RIGHT), REFERRAL), state, ()) == ()


def test_what_did_not_go_is_not_told_when_it_changes() -> None:
    kept = Requested(AGREED, LATER, NOON, ANSWER_BY, ("language", "accessibility"))
    changed = msgspec.structs.replace(about(LETTER), language="tr")
    without_language = given(outgoing_referral, Drafted(WISH), kept, HandedOver())
    without_language.when(Correct(changed, NOON)).then(Told(0, PERSON, changed))
    both = msgspec.structs.replace(RIGHT, language="tr")
    without_language.when(Correct(both, NOON)).then(Told(1, PERSON, both))
    state: Any = given(outgoing_referral, Drafted(WISH), kept, HandedOver(), Told(1, PERSON, both)).state
    [letter] = letters.letters(recorded(Told(1, PERSON, both), REFERRAL), state, ())
    assert (letter.body.contact, letter.body.language) == ("06 12 34 56 78", "")  # type: ignore[union-attr]  # it is one


def test_who_is_erased_or_lost_here_is_not_corrected() -> None:
    erased = given(outgoing_referral, Drafted(msgspec.structs.replace(WISH, letter=None)))
    erased.when(Correct(RIGHT, NOON)).then()
    given(outgoing_referral).when(Correct(RIGHT, NOON)).then()
    lost = given(outgoing_referral, FoundAtPartner("welzin", BUDDY, IN_CARE, ("requested",), ("accepted",)))
    lost.when(Correct(RIGHT, NOON)).then()
    lost.when(HearConfirmed("welzin", 1)).then()
    assert letters.letters(recorded(Told(1, PERSON, None), REFERRAL), sent(Told(1, PERSON, None)).state, ()) == ()


def test_the_letter_waits_for_the_request_and_ends_with_the_consent() -> None:
    [letter] = letters.letters(recorded(TOLD, REFERRAL), sent(TOLD).state, ())
    assert (letter.to, letter.subject, letter.expires) == ("welzin", REFERRAL, LATER)
    assert letters.sendable(letter, sent(TOLD).state)
    assert not letters.sendable(letter, given(outgoing_referral, *SENT, TOLD).state)
    assert not letters.sendable(letter, sent(TOLD, outgoing.ConsentWithdrawn(NOON, "welzin")).state)


def test_the_receiver_takes_it_in_and_says_so_once() -> None:
    taken = given(incoming_referral, *TAKEN)
    taken.when(Hear(1, RIGHT)).then(Taken(1, RIGHT))
    after: Any = given(incoming_referral, *TAKEN, Taken(1, RIGHT))
    after.when(Hear(1, RIGHT)).then()
    assert after.state.letter == msgspec.structs.replace(LETTER, contact="06 12 34 56 78")
    [letter] = letters.letters(recorded(Taken(1, RIGHT), HELD), after.state, ())
    assert letter == Letter("humanitas", REFERRAL, letter.body)
    assert (after.state.heard, after.state.corrected) == ((), 1)


def test_where_nothing_is_left_there_is_nothing_to_correct_and_the_sender_hears_so() -> None:
    declined = (RECEIVED, Declined(*FULL), Forgotten())
    given(incoming_referral, *declined).when(Hear(1, RIGHT)).then(Taken(1, None))
    given(incoming_referral, *declined, Taken(1, None)).when(Hear(1, RIGHT)).then()
    lost = (FoundAtSender("humanitas", REFERRAL, BUDDY, IN_CARE, ("received",), ()),)
    given(incoming_referral, *lost).when(Hear(2, RIGHT)).then(Taken(2, None))
    assert given(incoming_referral, *lost, Taken(2, None)).state.corrected == 2
    given(incoming_referral, *lost, Taken(2, None)).when(Hear(2, RIGHT)).then()
    given(incoming_referral).when(Hear(1, RIGHT)).then()


def test_only_whom_it_was_sent_to_confirms_it_and_once() -> None:
    sent(*GONE).when(HearConfirmed("welzin", 1)).then(Confirmed(1))
    sent(*GONE, Confirmed(1)).when(HearConfirmed("welzin", 1)).then()
    sent(*GONE).when(HearConfirmed("carrefour", 1)).refused("referral-unknown")


def test_a_partner_confirms_only_what_went() -> None:
    sent().when(HearConfirmed("welzin", 1)).then()
    sent(TOLD).when(HearConfirmed("welzin", 1)).then()
    sent(*GONE).when(HearConfirmed("welzin", 2)).then()


def test_both_timelines_say_so() -> None:
    def whats(*stream: Any) -> list[tuple[str, bool]]:
        told = referral_record.answer([recorded(one, REFERRAL, number) for number, one in enumerate(stream, 1)])
        assert told.letter is not None
        return [(entry.what, entry.reported) for entry in told.timeline][-2:]

    assert whats(*ON_THE_WIRE, *GONE, Confirmed(1)) == [("handed-over", False), ("correction-confirmed", True)]
    assert whats(*TAKEN, Taken(1, RIGHT))[-1] == ("corrected", True)


def test_a_correction_says_all_that_a_letter_has_of_a_file() -> None:
    shared = set(Profile.__struct_fields__) & set(type(LETTER).__struct_fields__)
    assert set(About.__struct_fields__) == shared - {"hopes"}, "hopes are asked anew for each referral"
