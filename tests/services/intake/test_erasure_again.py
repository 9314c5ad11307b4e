"""A partner is asked to forget once more, for another reason."""

from datetime import timedelta

from services.intake import letters
from services.intake.domain import erasure
from services.intake.domain.erasure import (
    AnswerOverdue,
    Ask,
    Asked,
    AskedMeanwhile,
    Confirmed,
    Ground,
    HearAnswer,
    Refused,
)
from shared.contracts import letters as kinds
from shared.service import Letter
from tests.services.intake.examples import NOON, REFERRAL
from tests.services.intake.test_erasure import ASKED, STREAM
from tests.support.given import given
from tests.support.projected import recorded


def test_who_refuses_what_was_asked_for_another_reason_meanwhile_is_asked_again() -> None:
    """Consent was taken back, then the person wants to be forgotten; the refusal of the first crosses the second."""
    later = NOON + timedelta(days=2)
    twice, again = AskedMeanwhile(later), Asked(REFERRAL, "welzin", later)
    given(erasure, ASKED).when(Ask(REFERRAL, "welzin", later)).then(twice)
    waiting = given(erasure, ASKED, twice)
    waiting.when(Ask(REFERRAL, "welzin", later)).then()
    waiting.when(HearAnswer("welzin", None)).then(Confirmed())
    refused = Refused(Ground.OWN_CONSENT)
    waiting.when(HearAnswer("welzin", Ground.OWN_CONSENT)).then(refused, again)
    asked = given(erasure, ASKED, twice, refused, again)
    assert letters.letters(recorded(again, STREAM), asked.state, ()) == [
        Letter("welzin", REFERRAL, kinds.ErasureAsked())
    ]
    asked.when(HearAnswer("welzin", Ground.OWN_CONSENT)).then(refused)
    given(erasure, ASKED, twice, AnswerOverdue()).when(HearAnswer("welzin", Ground.OWN_CONSENT)).then(refused, again)
