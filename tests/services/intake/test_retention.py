"""How long files are kept, and what goes with the time."""

from datetime import UTC, datetime, timedelta

from services.intake.domain import participant, retention
from services.intake.domain.participant import (
    Ended,
    Erase,
    Erased,
    Expire,
    NoteReferral,
    ReferralExpired,
    ReferralForgotten,
    ReferralNoted,
    Registered,
)
from services.intake.domain.retention import (
    DEFAULT,
    NOTICE,
    Retention,
    RetentionSet,
    Set,
    Sweep,
    Swept,
    cutoff,
    goes_at,
)
from tests.services.intake.examples import NOON, OTHER, PROFILE, REFERRAL
from tests.support.given import given

DONE = Swept(3, 1, 2)
SOON = NOON + NOTICE
TWO_YEARS = RetentionSet(24, NOON, None)
ENDED = (Registered(PROFILE, None), ReferralNoted(REFERRAL, "welzin"), Ended("moved"))


def test_the_first_work_says_how_long_is_kept_and_nothing_goes_before_the_notice_is_over() -> None:
    first = RetentionSet(DEFAULT, SOON, None)
    given(retention).when(Sweep(3, 1, 2, None, NOON)).then(first, DONE)
    given(retention, first).when(Sweep(3, 1, 2, None, NOON)).then(DONE)
    state = given(retention, first, DONE).state
    assert cutoff(state, SOON - timedelta(days=1)) is None
    assert cutoff(state, SOON) == SOON.replace(year=2024)
    assert cutoff(retention.initial, NOON) is None


def test_keeping_longer_holds_at_once() -> None:
    given(retention, TWO_YEARS).when(Set(36, NOON)).then(RetentionSet(36, NOON, 24))
    assert cutoff(Retention(36, NOON, 24), NOON) == NOON.replace(year=2023)


def test_keeping_less_holds_after_a_notice() -> None:
    less = RetentionSet(12, SOON, 24)
    given(retention, TWO_YEARS).when(Set(12, NOON)).then(less)
    state = given(retention, TWO_YEARS, less).state
    assert cutoff(state, NOON) == NOON.replace(year=2024)
    assert cutoff(state, SOON) == SOON.replace(year=2025)


def test_who_says_it_before_anything_was_said_gives_notice_too() -> None:
    given(retention).when(Set(DEFAULT, NOON)).then(RetentionSet(DEFAULT, SOON, None))
    given(retention).when(Set(60, NOON)).then(RetentionSet(60, SOON, None))


def test_what_was_announced_and_does_not_hold_yet_can_be_taken_back() -> None:
    announced = given(retention, TWO_YEARS, RetentionSet(12, SOON, 24))
    announced.when(Set(24, NOON)).then(RetentionSet(24, NOON, 24))
    announced.when(Set(6, NOON)).then(RetentionSet(6, SOON, 24))
    announced.when(Set(12, NOON)).then()


def test_it_is_known_when_a_file_goes_at_the_earliest() -> None:
    closed = NOON.replace(year=2025)
    assert goes_at(retention.initial, closed, NOON) is None
    assert goes_at(Retention(24, NOON, None), closed, NOON) == closed.replace(year=2027)
    assert goes_at(Retention(6, SOON, 24), closed, NOON) == SOON
    assert goes_at(Retention(24, SOON, None), closed.replace(year=2020), NOON) == SOON
    leap = datetime(2026, 8, 31, tzinfo=UTC)
    assert goes_at(Retention(6, NOON, None), leap, NOON) == datetime(2027, 2, 28, tzinfo=UTC)


def test_whose_time_is_over_leaves_nothing_here_and_no_partner_is_asked() -> None:
    given(participant, *ENDED).when(Expire()).then(ReferralExpired(REFERRAL, "welzin"), Erased())


def test_who_had_not_ended_yet_in_a_log_that_was_restored_goes_with_the_time_all_the_same() -> None:
    given(participant, *ENDED[:2]).when(Expire()).then(Ended(None), ReferralExpired(REFERRAL, "welzin"), Erased())


def test_who_is_gone_does_not_go_again_with_the_time() -> None:
    given(participant, *ENDED, Erased()).when(Expire()).then()
    given(participant).when(Expire()).refused("participant-unknown")


def test_who_asks_after_their_file_went_with_the_time_is_forgotten_by_partners_too() -> None:
    other = ReferralNoted(OTHER, "carrefour")
    gone = (*ENDED, other, ReferralExpired(REFERRAL, "welzin"), ReferralExpired(OTHER, "carrefour"), Erased())
    asked = ReferralForgotten(REFERRAL, "welzin"), ReferralForgotten(OTHER, "carrefour")
    given(participant, *gone).when(Erase()).then(*asked)
    given(participant, *gone, asked[0]).when(Erase()).then(asked[1])
    given(participant, *gone, *asked).when(Erase()).then()


def test_a_referral_that_crossed_the_end_of_the_time_is_forgotten_at_its_partner() -> None:
    crossed = given(participant, *ENDED[:1], Ended(None), Erased())
    crossed.when(NoteReferral(REFERRAL, "welzin", None)).then(ReferralForgotten(REFERRAL, "welzin"))
