"""The receiver is asked to forget: what nobody took up goes at once, where somebody was helped a person decides."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from services.intake import letters
from services.intake.domain import incoming_referral
from services.intake.domain.erasure import Ground
from services.intake.domain.incoming_erasure import (
    ErasureAsked,
    ErasureRefused,
    Forget,
    Forgotten,
    HearErasureAsked,
    RefuseErasure,
    Unheard,
)
from services.intake.domain.incoming_events import ConsentWithdrawn, FoundAtPartner, StepsLost
from services.intake.domain.incoming_referral import HearConsentWithdrawn, Receive
from services.intake.domain.referral_progress import (
    Cancelled,
    Completed,
    DecidedBy,
    Declined,
    Reason,
    Standing,
    Started,
)
from services.intake.domain.referral_status import Status
from services.intake.domain.restored import Compare
from services.intake.views import erasures, referral_record
from shared.contracts import letters as kinds
from shared.contracts.intake import Direction, ErasureGround
from shared.eventlog.types import Step
from shared.service import Arrived, Letter
from tests.services.intake.examples import BUDDY, FULL, NOON, OUTCOME, RECEIVED, REFERRAL, TAKEN
from tests.services.intake.served_intake import ASKED as REQUEST
from tests.services.intake.served_intake import HELD, arrives, done, humanitas
from tests.support.given import given
from tests.support.projected import recorded, seen
from tests.support.served import Served

HEAR = HearErasureAsked("humanitas", REFERRAL)
ASKED = ErasureAsked("humanitas", REFERRAL)
BY_PERSON = Cancelled(Reason.PARTICIPANT_DECLINED, DecidedBy.PARTICIPANT)
CLOSED = (*TAKEN, Started(), Completed(OUTCOME))
LOST = FoundAtPartner("humanitas", REFERRAL, BUDDY, Standing(Status.ACCEPTED), (), ())


def test_what_nobody_took_up_is_cancelled_and_forgotten_at_once() -> None:
    given(incoming_referral, RECEIVED).when(HEAR).then(ASKED, BY_PERSON, Forgotten())


def test_what_is_asked_already_is_not_asked_again_until_it_is_refused() -> None:
    """After a restore it is told again, whatever was lost."""
    given(incoming_referral, *CLOSED, ASKED).when(HEAR).then()
    given(incoming_referral, *CLOSED, ASKED, ErasureRefused(Ground.OWN_CONSENT)).when(HEAR).then(ASKED)


@pytest.mark.parametrize("settled", [True, False])
def test_a_withdrawal_that_was_lost_asks_to_forget_too_and_is_heard_once(settled: bool) -> None:
    """Also of a referral that is closed; its letter may still come."""
    closed = given(incoming_referral, *CLOSED)
    standing, said = closed.state.standing, closed.state.said
    withdrawn = ("consent-withdrawn",)
    compare = Compare("humanitas", REFERRAL, BUDDY, standing, withdrawn, said, settled=settled)
    late = (ConsentWithdrawn(), ASKED, StepsLost(withdrawn, (), tell=True))
    closed.when(compare).then(*late)
    after = given(incoming_referral, *CLOSED, *late)
    after.when(HearConsentWithdrawn()).then()
    after.when(HEAR).then()
    after.when(RefuseErasure(Ground.LEGAL_CLAIMS)).then(ErasureRefused(Ground.LEGAL_CLAIMS))
    after.when(Forget()).then(Forgotten())


def test_a_withdrawal_that_was_lost_of_what_nobody_took_up_forgets_at_once() -> None:
    compare = Compare("humanitas", REFERRAL, BUDDY, Standing(Status.RECEIVED), ("consent-withdrawn",), ())
    lost = StepsLost(("consent-withdrawn",), (), tell=True)
    given(incoming_referral, RECEIVED).when(compare).then(ConsentWithdrawn(), ASKED, BY_PERSON, Forgotten(), lost)


def test_what_was_declined_is_forgotten_already() -> None:
    declined = given(incoming_referral, RECEIVED, Declined(*FULL), Forgotten())
    declined.when(HEAR).then(ASKED, Forgotten())
    declined.when(Forget()).then()


def test_what_never_came_or_was_lost_here_is_forgotten() -> None:
    given(incoming_referral).when(HEAR).then(ASKED, Forgotten())
    given(incoming_referral, LOST).when(HEAR).then(ASKED, Forgotten())
    unheard = given(incoming_referral, ASKED, Forgotten())
    assert unheard.state == Unheard("humanitas", REFERRAL)
    unheard.when(HEAR).then(ASKED, Forgotten())
    unheard.when(Receive(RECEIVED)).then()
    unheard.when(Forget()).refused("referral-unknown")


def test_where_somebody_was_helped_a_person_decides() -> None:
    for so_far in (TAKEN, CLOSED):
        given(incoming_referral, *so_far).when(HEAR).then(ASKED)
    given(incoming_referral, *TAKEN, ASKED).when(Forget()).then(BY_PERSON, Forgotten())
    given(incoming_referral, *CLOSED, ASKED).when(Forget()).then(Forgotten())
    ground = Ground.LEGAL_OBLIGATION
    given(incoming_referral, *CLOSED, ASKED).when(RefuseErasure(ground)).then(ErasureRefused(ground))


def test_a_receiver_may_forget_unasked_and_refuses_only_what_was_asked() -> None:
    given(incoming_referral, *CLOSED).when(Forget()).then(Forgotten())
    given(incoming_referral, *CLOSED).when(RefuseErasure(Ground.PUBLIC_TASK)).refused("erasure-not-asked")
    forgotten = given(incoming_referral, *CLOSED, ASKED, Forgotten())
    forgotten.when(RefuseErasure(Ground.PUBLIC_TASK)).refused("erasure-done")
    forgotten.when(Forget()).then()


def test_nothing_of_the_person_is_left_in_the_record() -> None:
    stream = [*CLOSED, ASKED, Forgotten()]
    answer = referral_record.answer([recorded(one, HELD, number) for number, one in enumerate(stream, 1)])
    assert (answer.letter, answer.need, answer.outcome) == (None, "", None)
    assert [entry.what for entry in answer.timeline][-2:] == ["erasure-asked", "forgotten"]


def test_the_sender_hears_the_answer_to_what_it_asked_and_nothing_else() -> None:
    asked = given(incoming_referral, *CLOSED, ASKED).state
    confirmed = [Letter("humanitas", REFERRAL, kinds.ErasureConfirmed())]
    assert letters.letters(recorded(Forgotten(), HELD), asked, ()) == confirmed
    assert letters.letters(recorded(Forgotten(), HELD), Unheard("humanitas", REFERRAL), ()) == confirmed
    refused = [Letter("humanitas", REFERRAL, kinds.ErasureRefused(ground=ErasureGround.LEGAL_CLAIMS))]
    assert letters.letters(recorded(ErasureRefused(Ground.LEGAL_CLAIMS), HELD), asked, ()) == refused
    assert letters.letters(recorded(ASKED, HELD), asked, ()) == ()
    unasked = given(incoming_referral, *CLOSED).state
    assert letters.letters(recorded(Forgotten(), HELD), unasked, ()) == ()


def test_the_letter_is_heard() -> None:
    arrived = Arrived("humanitas", REFERRAL, kinds.ErasureAsked(), NOON, "")
    held = letters.kept_as("humanitas", REFERRAL)
    assert letters.arrived(arrived) == [Step(incoming_referral, held, HEAR)]


def test_what_this_organisation_is_asked_is_listed_beside_what_it_asks() -> None:
    with seen(erasures) as view:
        view.given(HELD, ASKED).given(HELD, ASKED).given(HELD, ErasureRefused(Ground.LEGAL_CLAIMS))
        wanted = erasures.Wanted(direction=Direction.IN)
        [item] = view.ask(erasures.page, wanted, None, 9)
        assert (item.referral, item.partner, item.ground) == (HELD, "humanitas", ErasureGround.LEGAL_CLAIMS)
        view.given(HELD, Forgotten())
        [item] = view.ask(erasures.page, wanted, None, 9)
        assert item.ground is None
        assert item.answered_at is not None
        assert view.ask(erasures.page, erasures.Wanted(direction=Direction.OUT), None, 9) == []


@pytest.fixture
async def node(tmp_path: Path) -> AsyncGenerator[Served]:
    async with humanitas(tmp_path) as running:
        yield running


async def test_a_coordinator_forgets_or_refuses_with_a_ground(node: Served) -> None:
    await arrives(node, REFERRAL, REQUEST)
    await done(node, f"/v1/referrals/{HELD}/accept", {"owner": "Ann"})
    early = await node.ask("POST", f"/v1/referrals/{HELD}/refuse-erasure", {"ground": "legal-claims"})
    assert (early.status_code, early.json()["code"]) == (409, "erasure-not-asked")
    await arrives(node, REFERRAL, kinds.ErasureAsked())
    await done(node, f"/v1/referrals/{HELD}/refuse-erasure", {"ground": "legal-claims"})
    answer = await done(node, f"/v1/referrals/{HELD}/forget")
    assert (answer["letter"], answer["status"]) == (None, "cancelled")
    [item] = (await node.ask("GET", "/v1/erasures?direction=in")).json()["items"]
    assert (item["referral"], item["ground"], item["overdue"]) == (str(HELD), None, False)
