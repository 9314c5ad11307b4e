"""Numbers of a month, recorded before anybody's key goes."""

from datetime import UTC, datetime

import pytest

from services.intake.domain import month
from services.intake.domain.month import Close, Closed, Count, Counted, Numbers, Told, counted, end_of, month_of
from tests.support.given import given

NOVEMBER = "2026-11"
ONE, TWO = Numbers(1, {"GM0361": 1}), Numbers(2, {"GM0361": 2})
NOBODY = Told(None, None, None)


def test_a_month_is_counted_before_somebody_goes_and_again_when_there_is_more_to_count() -> None:
    given_one = Counted(NOVEMBER, ONE, 5)
    given(month).when(Count(NOVEMBER, ONE, 5)).then(given_one)
    given(month, given_one).when(Count(NOVEMBER, TWO, 9)).then(Counted(NOVEMBER, TWO, 9))


def test_numbers_that_reach_no_further_change_nothing() -> None:
    stands = given(month, Counted(NOVEMBER, TWO, 9))
    stands.when(Count(NOVEMBER, ONE, 5)).then()
    stands.when(Count(NOVEMBER, TWO, 9)).then()
    stands.when(Close(NOVEMBER, ONE, 5)).then()


def test_a_month_that_is_over_is_closed_once_also_when_nobody_came_since_it_was_counted() -> None:
    given(month).when(Close(NOVEMBER, ONE, 5)).then(Closed(NOVEMBER, ONE, 5))
    given(month, Counted(NOVEMBER, TWO, 9)).when(Close(NOVEMBER, TWO, 9)).then(Closed(NOVEMBER, TWO, 9))
    given(month, Closed(NOVEMBER, TWO, 9)).when(Close(NOVEMBER, TWO, 9)).then()


@pytest.mark.parametrize("command", [Count, Close])
def test_who_was_registered_while_it_was_closed_is_counted_for_good(command: type[Count | Close]) -> None:
    given(month, Closed(NOVEMBER, ONE, 5)).when(command(NOVEMBER, TWO, 9)).then(Closed(NOVEMBER, TWO, 9))


def test_a_month_is_one_of_the_calendar_of_amsterdam() -> None:
    assert month_of(datetime(2026, 10, 31, 22, 59, tzinfo=UTC)) == "2026-10"
    assert month_of(datetime(2026, 10, 31, 23, tzinfo=UTC)) == NOVEMBER
    assert end_of("2026-10") == datetime(2026, 10, 31, 23, tzinfo=UTC)
    assert end_of("2026-06") == datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert end_of("2026-12") == datetime(2026, 12, 31, 23, tzinfo=UTC)


def test_people_are_counted_by_what_they_told_and_never_crossed() -> None:
    people = [Told("GM0361", "60-74", "moved"), Told("GM0361", "30-44", None), NOBODY]
    numbers = counted(Numbers(1, {"BU03610001": 1}, {"60-74": 1}), people, ())
    assert numbers == Numbers(4, {"BU03610001": 1, "GM0361": 2}, {"30-44": 1, "60-74": 2}, {"moved": 1})


@pytest.mark.parametrize("typed", ["Dorpsstraat 12, bij Truus", "GMtruus", "BU0361truus", "Oud-West", "gm0361", ""])
def test_what_somebody_typed_as_an_area_is_no_number(typed: str) -> None:
    assert counted(Numbers(), [Told(typed, None, None)], ()) == Numbers(1)


def test_areas_that_the_own_programmes_name_are_counted() -> None:
    assert counted(Numbers(), [Told("Oud-West", None, None)], {"Oud-West"}).by_area == {"Oud-West": 1}
