"""Rules of a series."""

from datetime import date

from msgspec.structs import replace

from services.events.domain import series
from services.events.domain.series import Cancel, Cancelled, DateSkipped, SkipDate
from tests.services.events.examples import NOON, PLAN, SECOND_SATURDAY, planned
from tests.support.given import given

FEBRUARY = date(2026, 2, 14)


def test_a_series_is_planned() -> None:
    given(series).when(PLAN).then(planned())


def test_planned_as_it_is_already_gives_nothing() -> None:
    given(series, planned()).when(PLAN).then()


def test_another_series_under_the_same_id_is_refused() -> None:
    given(series, planned()).when(replace(PLAN, title="Another")).refused("series-exists")


def test_a_cancelled_series_is_not_planned_again() -> None:
    given(series, planned(), Cancelled(NOON)).when(PLAN).refused("series-exists")


def test_a_series_with_a_wrong_rule_is_not_planned() -> None:
    wrong = replace(PLAN, schedule=replace(SECOND_SATURDAY, rule="often"))
    given(series).when(wrong).refused("invalid", fields="rule")


def test_one_date_is_skipped() -> None:
    given(series, planned()).when(SkipDate(FEBRUARY, NOON)).then(DateSkipped(FEBRUARY, NOON))


def test_a_date_is_skipped_once() -> None:
    given(series, planned(), DateSkipped(FEBRUARY, NOON)).when(SkipDate(FEBRUARY, NOON)).then()


def test_only_a_date_of_the_series_can_be_skipped() -> None:
    sunday = date(2026, 2, 15)
    given(series, planned()).when(SkipDate(sunday, NOON)).refused("date-not-in-series", date="2026-02-15")


def test_a_cancelled_series_has_nothing_to_skip() -> None:
    given(series, planned(), Cancelled(NOON)).when(SkipDate(FEBRUARY, NOON)).refused("series-cancelled")


def test_a_series_is_cancelled() -> None:
    given(series, planned(), DateSkipped(FEBRUARY, NOON)).when(Cancel(NOON)).then(Cancelled(NOON))


def test_cancelled_twice_is_cancelled_once() -> None:
    given(series, planned(), Cancelled(NOON)).when(Cancel(NOON)).then()


def test_what_was_never_planned_cannot_change() -> None:
    given(series).when(Cancel(NOON)).refused("series-unknown")
    given(series).when(SkipDate(FEBRUARY, NOON)).refused("series-unknown")
