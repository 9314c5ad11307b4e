"""Forgetting somebody: here, and wherever a referral told of them."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from services.intake import letters
from services.intake.api.erasures import theirs
from services.intake.domain import consent, erasure, interview, outgoing_events, participant
from services.intake.domain.correction import about
from services.intake.domain.erasure import (
    AnswerOverdue,
    Ask,
    Asked,
    Confirmed,
    Ground,
    HearAnswer,
    NoteOverdue,
    Refused,
)
from services.intake.domain.participant import (
    End,
    Ended,
    Erase,
    Erased,
    Expire,
    NoteReferral,
    ReferralForgotten,
    ReferralNoted,
    Register,
    Registered,
)
from services.intake.main import erase, overdue_erasure
from services.intake.policies import (
    when_referral_drafted_then_participant_knows_it,
    when_referral_forgotten_then_partner_is_asked,
)
from services.intake.views import consents, erasure_clock, erasures, interviews, participants, referrals
from shared.contracts import letters as kinds
from shared.contracts.intake import Direction, ErasureGround
from shared.eventlog.due import clear_due, set_due
from shared.eventlog.types import Due, Step
from shared.personal import ASKED as PURPOSE_ASKED
from shared.personal import CARE, EXPIRED
from shared.rules import NotFound
from shared.service import Arrived, Letter
from tests.services.intake.examples import (
    AGREED,
    FILE_CONSENT,
    FINDINGS,
    LETTER,
    NOON,
    OTHER,
    PERSON,
    PROFILE,
    REFERRAL,
    TERMS,
    WISH,
)
from tests.services.intake.served_intake import CONSENT, PARTICIPANT, TALK, done, humanitas
from tests.support.given import given
from tests.support.projected import SCOPE, in_team, recorded, seen
from tests.support.served import Served

KNOWN = Registered(PROFILE, None)
SAID = about(LETTER)
TO_WELZIN = ReferralNoted(REFERRAL, "welzin")
ASKED = Asked(REFERRAL, "welzin", NOON)
STREAM = erasure.asked_about(REFERRAL)


def test_who_is_forgotten_is_ended_and_leaves_every_referral() -> None:
    left = ReferralForgotten(REFERRAL, "welzin")
    given(participant, KNOWN, TO_WELZIN).when(Erase()).then(Ended(None), left, Erased())
    given(participant, KNOWN, TO_WELZIN, Ended("moved")).when(Erase()).then(left, Erased())


def test_who_is_forgotten_stays_forgotten() -> None:
    gone = given(participant, KNOWN, Ended(None), Erased())
    gone.when(Erase()).then()
    gone.when(Register(PROFILE, None, FILE_CONSENT)).refused("participant-erased")
    gone.when(End("")).refused("participant-unknown")
    given(participant).when(Erase()).refused("participant-unknown")


def test_a_referral_is_known_to_its_participant_once() -> None:
    given(participant, KNOWN).when(NoteReferral(REFERRAL, "welzin", SAID)).then(TO_WELZIN)
    given(participant, KNOWN, TO_WELZIN).when(NoteReferral(REFERRAL, "welzin", SAID)).then()
    given(participant).when(NoteReferral(REFERRAL, "welzin", SAID)).refused("participant-unknown")


def test_a_referral_that_crossed_the_erasure_is_forgotten_too() -> None:
    gone = given(participant, KNOWN, Ended(None), Erased())
    gone.when(NoteReferral(REFERRAL, "welzin", SAID)).then(ReferralForgotten(REFERRAL, "welzin"))


def test_a_log_that_lost_the_erasure_in_a_restore_can_forget_again() -> None:
    given(participant, Registered(None, None)).when(Erase()).then(Ended(None), Erased())


def test_a_partner_is_asked_once() -> None:
    given(erasure).when(Ask(REFERRAL, "welzin", NOON)).then(ASKED)
    given(erasure, ASKED).when(Ask(REFERRAL, "welzin", NOON)).then()


def test_who_refused_after_a_withdrawal_is_asked_again_when_the_person_wants_to_be_forgotten() -> None:
    again = Ask(REFERRAL, "welzin", NOON)
    refused = given(erasure, ASKED, Refused(Ground.OWN_CONSENT))
    refused.when(again).then(ASKED)
    given(erasure, ASKED, Confirmed()).when(again).then()
    with seen(erasures) as view:
        view.given(STREAM, ASKED, Refused(Ground.OWN_CONSENT)).given(STREAM, ASKED)
        [item] = view.ask(erasures.page, erasures.Wanted(), None, 9)
        assert (item.answered_at, item.ground) == (None, None)


def test_a_partner_confirms_or_names_a_ground() -> None:
    given(erasure, ASKED).when(HearAnswer("welzin", None)).then(Confirmed())
    given(erasure, ASKED).when(HearAnswer("welzin", Ground.LEGAL_CLAIMS)).then(Refused(Ground.LEGAL_CLAIMS))
    given(erasure).when(HearAnswer("welzin", None)).refused("erasure-unknown")
    given(erasure, ASKED).when(HearAnswer("carrefour", None)).refused("erasure-unknown")


def test_an_answer_heard_twice_is_one_and_a_partner_may_still_forget() -> None:
    refused = Refused(Ground.LEGAL_CLAIMS)
    given(erasure, ASKED, Confirmed()).when(HearAnswer("welzin", None)).then()
    given(erasure, ASKED, Confirmed()).when(HearAnswer("welzin", Ground.LEGAL_CLAIMS)).then()
    given(erasure, ASKED, refused).when(HearAnswer("welzin", Ground.LEGAL_CLAIMS)).then()
    given(erasure, ASKED, refused).when(HearAnswer("welzin", Ground.PUBLIC_TASK)).then(Refused(Ground.PUBLIC_TASK))
    given(erasure, ASKED, refused).when(HearAnswer("welzin", None)).then(Confirmed())


def test_no_answer_within_a_month_is_overdue_once() -> None:
    given(erasure, ASKED).when(NoteOverdue()).then(AnswerOverdue())
    given(erasure, ASKED, AnswerOverdue()).when(NoteOverdue()).then()
    given(erasure, ASKED, Confirmed()).when(NoteOverdue()).then()
    assert erasure.evolve(erasure.initial, Confirmed()) == erasure.initial


def test_when_a_referral_is_drafted_its_participant_knows() -> None:
    steps = when_referral_drafted_then_participant_knows_it.then(recorded(outgoing_events.Drafted(WISH), REFERRAL))
    assert steps == [Step(participant, WISH.participant, NoteReferral(REFERRAL, WISH.to, SAID))]


def test_when_a_referral_is_forgotten_its_partner_is_asked() -> None:
    steps = when_referral_forgotten_then_partner_is_asked.then(recorded(ReferralForgotten(REFERRAL, "welzin"), PERSON))
    assert steps == [Step(erasure, STREAM, Ask(REFERRAL, "welzin", recorded(ASKED, STREAM).at))]


def test_the_deadline_and_a_restore_command_what_they_should() -> None:
    assert overdue_erasure(Due(erasure_clock.OVERDUE, STREAM, NOON), NOON) == [Step(erasure, STREAM, NoteOverdue())]
    for why in ({CARE}, {CARE, PURPOSE_ASKED}, {CARE, EXPIRED, PURPOSE_ASKED}):
        assert erase(PERSON, why) == [Step(participant, PERSON, Erase())]
    assert erase(PERSON, {CARE, EXPIRED}) == [Step(participant, PERSON, Expire())]


def test_an_answer_is_expected_until_it_comes() -> None:
    cleared = [clear_due(erasure_clock.OVERDUE, STREAM)]
    asked = list(erasure_clock.project(recorded(ASKED, STREAM)))
    assert asked == [set_due(erasure_clock.OVERDUE, STREAM, NOON + erasure_clock.MONTH)]
    assert list(erasure_clock.project(recorded(Confirmed(), STREAM))) == cleared
    assert list(erasure_clock.project(recorded(AnswerOverdue(), STREAM))) == []


def test_the_partner_hears_it_by_letter_once() -> None:
    waiting = erasure.Waiting(ASKED)
    asked = [Letter("welzin", REFERRAL, kinds.ErasureAsked())]
    assert letters.letters(recorded(ASKED, STREAM), waiting, ()) == asked
    late = erasure.Waiting(ASKED, overdue=True)
    assert letters.letters(recorded(AnswerOverdue(), STREAM), late, ()) == ()


def test_the_answer_is_heard_for_the_referral_it_is_about() -> None:
    for body, ground in (
        (kinds.ErasureConfirmed(), None),
        (kinds.ErasureRefused(ground=ErasureGround.LEGAL_CLAIMS), Ground.LEGAL_CLAIMS),
    ):
        steps = letters.arrived(Arrived("welzin", REFERRAL, body, NOON, ""))
        assert steps == [Step(erasure, STREAM, HearAnswer("welzin", ground))]


def test_nothing_of_the_person_is_left_in_any_view() -> None:
    with seen(participants) as view:
        view.given(PERSON, KNOWN).given(OTHER, KNOWN).given(PERSON, Ended(None), Erased())
        with pytest.raises(NotFound):
            view.ask(participants.one, PERSON)
        assert view.ask(participants.compared, OTHER).possible_duplicates == ()
    with seen(referrals) as view:
        view.given(REFERRAL, outgoing_events.Drafted(WISH)).given(WISH.participant, Erased())
        [item] = view.ask(referrals.page, referrals.Wanted(Direction.OUT), None, 9)
        assert item.need == ""
    with seen(consents) as view:
        view.given(AGREED, consent.Given(TERMS)).given(TERMS.participant, Erased())
        assert view.ask(consents.ground, AGREED) is None
    with seen(interviews) as view:
        talk = interview.InterviewRecorded(PERSON, NOON.date(), "Ann", FINDINGS)
        view.given(OTHER, talk).given(PERSON, Erased())
        assert view.ask(interviews.of_participant, PERSON, None, 9) == []


def test_what_partners_answered_is_listed_newest_first() -> None:
    later = erasure.asked_about(OTHER)
    with seen(erasures) as view:
        view.given(STREAM, ASKED, AnswerOverdue()).given(later, Asked(OTHER, "carrefour", NOON + timedelta(days=1)))
        view.given(later, Refused(Ground.LEGAL_CLAIMS))
        newest, oldest = view.ask(erasures.page, erasures.Wanted(), None, 9)
        assert (newest.partner, newest.ground, oldest.partner) == ("carrefour", ErasureGround.LEGAL_CLAIMS, "welzin")
        assert oldest.answer_by == NOON + erasure_clock.MONTH
        assert view.ask(erasures.page, erasures.Wanted(overdue=True), None, 9) == [oldest]
        assert view.ask(erasures.page, erasures.Wanted(), (newest.asked_at, newest.id), 9) == [oldest]


def test_only_the_own_team_hears_again_of_whom_it_forgot() -> None:
    stream = [recorded(Registered(PROFILE, "noord"), PERSON), recorded(Erased(), PERSON, 2)]
    assert theirs(stream, in_team("noord"))
    assert theirs(stream, SCOPE)
    assert not theirs(stream, in_team("zuid"))
    assert not theirs([recorded(outgoing_events.Drafted(WISH), REFERRAL)], SCOPE)


@pytest.fixture
async def node(tmp_path: Path) -> AsyncGenerator[Served]:
    async with humanitas(tmp_path) as running:
        yield running


async def test_erasing_somebody_names_the_partners_who_are_asked_and_can_be_asked_again(node: Served) -> None:
    await done(node, "/v1/participants", PARTICIPANT, 201)
    await done(node, f"/v1/participants/{PERSON}/consents", CONSENT, 201)
    await done(node, f"/v1/participants/{PERSON}/interviews", TALK, 201)
    first = await done(node, f"/v1/participants/{PERSON}/erase", None, 200)
    assert (first["participant"], first["partners"]) == (str(PERSON), [])
    assert await done(node, f"/v1/participants/{PERSON}/erase", None, 200) == first
    assert (await node.ask("GET", f"/v1/participants/{PERSON}")).status_code == 404
    assert (await node.ask("POST", f"/v1/participants/{UUID(int=5)}/erase")).status_code == 404
    assert (await node.ask("GET", "/v1/erasures")).json() == {"items": [], "next": None}


async def test_views_are_made_again_while_a_partner_has_not_answered(node: Served) -> None:
    await node.take([Step(erasure, STREAM, Ask(REFERRAL, "welzin", NOON))])
    before = (await node.ask("GET", "/v1/erasures")).json()
    await node.log.rebuild()
    assert (await node.ask("GET", "/v1/erasures")).json() == before
