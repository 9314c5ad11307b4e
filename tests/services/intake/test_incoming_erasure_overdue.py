"""What a partner asks this organisation to forget is answered within a month too, or the list of what is overdue shows it."""

import asyncio
from datetime import timedelta
from pathlib import Path

from services.intake.domain import incoming_referral
from services.intake.domain.erasure import Ground
from services.intake.domain.incoming_erasure import (
    ErasureAsked,
    ErasureOverdue,
    ErasureRefused,
    Forgotten,
    HearErasureAsked,
    NoteErasureOverdue,
)
from services.intake.domain.referral_progress import Completed, Started
from services.intake.main import SERVICE
from services.intake.views import erasure_clock, erasures, referral_record
from shared.contracts import letters as kinds
from shared.contracts.intake import Direction
from shared.eventlog.due import clear_due, set_due
from shared.eventlog.ticker import Ticker
from shared.eventlog.types import Due, Step
from tests.services.intake.examples import OUTCOME, REFERRAL, TAKEN
from tests.services.intake.served_intake import ASKED as REQUEST
from tests.services.intake.served_intake import HELD, arrives, done
from tests.support.given import given
from tests.support.projected import NOON, recorded, seen
from tests.support.served import Served, served
from tests.support.waiting import eventually

ASKED = ErasureAsked("welzin", REFERRAL)
CLOSED = (*TAKEN, Started(), Completed(OUTCOME))
REFUSED = ErasureRefused(Ground.LEGAL_CLAIMS)
LATE = NoteErasureOverdue()


def test_no_answer_within_a_month_is_overdue_once() -> None:
    given(incoming_referral, *CLOSED, ASKED).when(LATE).then(ErasureOverdue())
    given(incoming_referral, *CLOSED, ASKED, ErasureOverdue()).when(LATE).then()


def test_what_was_never_asked_or_is_answered_is_not_overdue() -> None:
    for so_far in ((), (ASKED, REFUSED), (ASKED, Forgotten()), (ASKED, ErasureOverdue(), REFUSED)):
        given(incoming_referral, *CLOSED, *so_far).when(LATE).then()


def test_who_is_asked_again_after_a_refusal_can_be_late_again() -> None:
    hear = HearErasureAsked("welzin", REFERRAL)
    late = given(incoming_referral, *CLOSED, ASKED, ErasureOverdue())
    late.when(hear).then()
    given(incoming_referral, *CLOSED, ASKED, ErasureOverdue(), REFUSED).when(hear).then(ASKED)
    given(incoming_referral, *CLOSED, ASKED, ErasureOverdue(), REFUSED, ASKED).when(LATE).then(ErasureOverdue())


def test_the_month_runs_from_being_asked_until_the_answer_and_begins_again_when_asked_again() -> None:
    name = erasure_clock.OVERDUE_HERE
    cleared = [clear_due(name, HELD)]
    begun = [set_due(name, HELD, NOON + erasure_clock.MONTH)]
    assert list(erasure_clock.project(recorded(ASKED, HELD))) == begun
    for answer in (Forgotten(), REFUSED):
        assert list(erasure_clock.project(recorded(answer, HELD))) == cleared
    assert list(erasure_clock.project(recorded(ErasureOverdue(), HELD))) == []
    assert SERVICE.due[name](Due(name, HELD, NOON), NOON) == [Step(incoming_referral, HELD, LATE)]


def test_what_is_overdue_is_listed_until_it_is_answered() -> None:
    overdue = erasures.Wanted(direction=Direction.IN, overdue=True)
    with seen(erasures) as view:
        view.given(HELD, ASKED)
        assert view.ask(erasures.page, overdue, None, 9) == []
        view.given(HELD, ErasureOverdue())
        [item] = view.ask(erasures.page, overdue, None, 9)
        assert (item.partner, item.answer_by) == ("welzin", NOON + erasure_clock.MONTH)
        view.given(HELD, REFUSED)
        assert view.ask(erasures.page, overdue, None, 9) == []


def test_the_record_tells_that_it_was_late() -> None:
    stream = [recorded(one, HELD, number) for number, one in enumerate((*CLOSED, ASKED, ErasureOverdue()), 1)]
    assert [entry.what for entry in referral_record.answer(stream).timeline][-2:] == [
        "erasure-asked",
        "erasure-overdue",
    ]


async def _overdue(node: Served) -> list[tuple[str, str]]:
    items = (await node.ask("GET", "/v1/erasures?overdue=true")).json()["items"]
    return [(item["direction"], item["referral"]) for item in items]


async def test_thirty_days_later_the_list_of_what_is_overdue_shows_it(tmp_path: Path) -> None:
    now = [NOON]
    async with served(SERVICE, tmp_path, clock=lambda: now[0]) as node:
        await arrives(node, REFERRAL, REQUEST)
        await done(node, f"/v1/referrals/{HELD}/accept", {"owner": "Ann"})
        await arrives(node, REFERRAL, kinds.ErasureAsked())
        assert await _overdue(node) == []
        now[0] += timedelta(days=30)
        ticker = Ticker(node.log.clock)
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(ticker.run()), tasks.create_task(ticker.watch(node.log, SERVICE.due))]
            await eventually(lambda: _overdue(node), [("in", str(HELD))])
            for one in running:
                one.cancel()
        await done(node, f"/v1/referrals/{HELD}/forget")
        assert await _overdue(node) == []
