"""Rules of a link for one evening."""

from datetime import UTC, date, datetime, timedelta

from msgspec.structs import replace

from services.events.domain import evening_link
from services.events.domain.evening_link import TRIES, Enter, Entered, Made, Make, Missed, Withdraw, Withdrawn, hours
from tests.services.events.examples import KLIK, NOON, SUNDAYS
from tests.support.given import given

SATURDAY = date(2026, 2, 14)
OPENS = datetime(2026, 2, 13, 23, tzinfo=UTC)
CLOSES = datetime(2026, 2, 15, 5, tzinfo=UTC)
EVENING = datetime(2026, 2, 14, 19, tzinfo=UTC)
MAKE = Make(series=KLIK, date=SATURDAY, zone="Europe/Amsterdam", at=NOON)
MADE = Made(series=KLIK, date=SATURDAY, opens=OPENS, closes=CLOSES)
SECOND = timedelta(seconds=1)


def test_a_link_is_for_the_day_itself_until_six_the_next_morning() -> None:
    given(evening_link).when(MAKE).then(MADE)


def test_the_night_in_which_the_clock_changes_is_an_hour_shorter_or_longer() -> None:
    begin, end = hours("Europe/Amsterdam", date(2026, 3, 28))
    assert (begin.hour, end, end - begin) == (23, datetime(2026, 3, 29, 4, tzinfo=UTC), timedelta(hours=29))
    begin, end = hours("Europe/Amsterdam", date(2026, 10, 24))
    assert (begin.hour, end, end - begin) == (22, datetime(2026, 10, 25, 5, tzinfo=UTC), timedelta(hours=31))


def test_made_as_it_is_already_gives_nothing() -> None:
    given(evening_link, MADE).when(MAKE).then()


def test_a_link_is_of_one_evening() -> None:
    given(evening_link, MADE).when(replace(MAKE, date=date(2026, 3, 14))).refused("link-exists")
    given(evening_link, MADE).when(replace(MAKE, series=SUNDAYS)).refused("link-exists")


def test_a_closed_link_is_not_made_again() -> None:
    given(evening_link, MADE, Withdrawn(NOON)).when(MAKE).refused("link-exists")


def test_there_is_no_link_for_an_evening_that_is_over() -> None:
    given(evening_link).when(replace(MAKE, at=CLOSES)).refused("evening-over", date="2026-02-14")
    given(evening_link).when(replace(MAKE, at=CLOSES - SECOND)).then(MADE)


def test_who_has_the_code_comes_in_as_often_as_needed() -> None:
    given(evening_link, MADE).when(Enter(fits=True, at=EVENING)).then(Entered(EVENING))
    given(evening_link, MADE, Entered(EVENING)).when(Enter(fits=True, at=EVENING)).then(Entered(EVENING))


def test_who_has_the_code_is_told_that_it_is_not_the_day_yet_and_nobody_else_is() -> None:
    early = OPENS - SECOND
    given(evening_link, MADE).when(Enter(fits=True, at=early)).refused("evening-not-yet", date="2026-02-14")
    given(evening_link, MADE).when(Enter(fits=False, at=early)).then(Missed(early))
    given(evening_link, MADE).when(Enter(fits=True, at=OPENS)).then(Entered(OPENS))


def test_from_six_the_next_morning_nobody_comes_in() -> None:
    given(evening_link, MADE).when(Enter(fits=True, at=CLOSES - SECOND)).then(Entered(CLOSES - SECOND))
    for fits in (True, False):
        given(evening_link, MADE).when(Enter(fits=fits, at=CLOSES)).refused("link-closed")


def test_five_wrong_codes_close_a_link_also_for_the_right_one() -> None:
    wrong = [Missed(EVENING)] * (TRIES - 1)
    given(evening_link, MADE, *wrong).when(Enter(fits=True, at=EVENING)).then(Entered(EVENING))
    given(evening_link, MADE, *wrong).when(Enter(fits=False, at=EVENING)).then(Missed(EVENING))
    for fits in (True, False):
        given(evening_link, MADE, *wrong, Missed(EVENING)).when(Enter(fits=fits, at=EVENING)).refused("link-closed")


def test_coming_in_does_not_make_wrong_codes_good() -> None:
    wrong = [Missed(EVENING)] * (TRIES - 1)
    given(evening_link, MADE, *wrong, Entered(EVENING), Missed(EVENING)).when(Enter(fits=True, at=EVENING)).refused(
        "link-closed"
    )


def test_a_withdrawn_link_lets_nobody_in() -> None:
    given(evening_link, MADE).when(Withdraw(NOON)).then(Withdrawn(NOON))
    given(evening_link, MADE, Withdrawn(NOON)).when(Enter(fits=True, at=EVENING)).refused("link-closed")
    given(evening_link, MADE, Withdrawn(NOON)).when(Withdraw(NOON)).then()


def test_a_locked_link_can_still_be_withdrawn() -> None:
    wrong = [Missed(EVENING)] * TRIES
    given(evening_link, MADE, *wrong).when(MAKE).refused("link-exists")
    given(evening_link, MADE, *wrong).when(Withdraw(EVENING)).then(Withdrawn(EVENING))
    given(evening_link, MADE, *wrong, Withdrawn(EVENING)).when(Withdraw(EVENING)).then()


def test_a_link_that_never_was_is_answered_as_one_that_is_over() -> None:
    given(evening_link).when(Enter(fits=True, at=EVENING)).refused("link-closed")
    given(evening_link).when(Withdraw(NOON)).refused("link-unknown")
