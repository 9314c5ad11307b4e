"""Numbers of each month: the same before and after somebody is forgotten, and when the view is made again."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from services.intake.domain import month, programme
from services.intake.domain.month import Close, Closed, Count, Counted, Numbers
from services.intake.domain.participant import Corrected, Ended, Erased, Registered
from services.intake.views import counts, directory
from shared.contracts.intake import MonthCounts, Share
from shared.eventlog.due import due
from shared.eventlog.types import Step
from tests.services.intake.examples import BUDDY, DETAILS, OTHER, PERSON, PROFILE
from tests.support.projected import NOON, Seen, seen

JANUARY = "2026-01"
STREAM = month.kept_as(JANUARY)
TRUUS = replace(PROFILE, area="GM0361", age_band="60-74", life_event="moved")
TOON = replace(PROFILE, area="GM0361", age_band="30-44", life_event=None)
BOTH = Numbers(2, {"GM0361": 2}, {"30-44": 1, "60-74": 1}, {"moved": 1})
AFTER = datetime(2026, 2, 3, tzinfo=UTC)


@contextmanager
def counting() -> Generator[Seen]:
    with seen(counts, directory) as view:
        view.ask(lambda connection, _: due.create(connection))
        yield view


def shown(view: Seen) -> Sequence[MonthCounts]:
    return view.ask(counts.counts, "2025-01", "2026-12")


def to_count(view: Seen, *people: UUID, now: datetime = NOON) -> Sequence[Step]:
    return view.ask(lambda connection, _: counts.to_count(connection, people, now))


def deadlines(view: Seen) -> Sequence[Any]:
    return view.ask(lambda connection, _: connection.execute(due.select()).all())


def test_people_are_counted_in_the_month_of_registration_and_in_that_of_leaving() -> None:
    with counting() as view:
        view.given(PERSON, Registered(TRUUS, None)).given(OTHER, Registered(TOON, "noord"), Ended("moved"))
        [january] = shown(view)
        assert january == MonthCounts(
            month=JANUARY,
            registered=2,
            by_area=(Share("GM0361", 2),),
            by_age_band=(Share("30-44", 1), Share("60-74", 1)),
            by_life_event=(Share("moved", 1),),
            ended=1,
            closed=False,
        )
        assert view.ask(counts.counts, "2026-02", "2026-12") == []


def test_numbers_stay_when_the_people_in_them_are_forgotten() -> None:
    with counting() as view:
        view.given(PERSON, Registered(TRUUS, None)).given(OTHER, Registered(TOON, None))
        [step] = to_count(view, PERSON)
        assert step == Step(month, STREAM, Count(JANUARY, BOTH, 2))
        before = shown(view)
        view.given(STREAM, Counted(JANUARY, BOTH, 2)).given(PERSON, Erased())
        assert shown(view) == before
        assert to_count(view, PERSON, OTHER) == []


def test_who_comes_after_the_recorded_numbers_is_counted_too_and_who_came_while_they_were_made() -> None:
    with counting() as view:
        view.given(PERSON, Registered(TRUUS, None)).given(OTHER, Registered(TOON, None))
        view.given(STREAM, Counted(JANUARY, Numbers(1, {"GM0361": 1}, {"60-74": 1}, {"moved": 1}), 1))
        assert [(one.registered, one.by_area) for one in shown(view)] == [(2, (Share("GM0361", 2),))]
        assert to_count(view, PERSON) == []
        assert to_count(view, OTHER) == [Step(month, STREAM, Count(JANUARY, BOTH, 2))]


def test_a_view_that_is_made_again_shows_the_same_though_keys_are_gone() -> None:
    with counting() as view:
        view.given(PERSON, Registered(None, None)).given(OTHER, Registered(TOON, None))
        view.given(STREAM, Counted(JANUARY, BOTH, 2)).given(PERSON, Erased())
        assert shown(view)[0].by_life_event == (Share("moved", 1),)


def test_numbers_of_a_month_so_far_cannot_be_read_any_more_when_it_is_closed_and_are_passed_over() -> None:
    with counting() as view:
        view.given(PERSON, Registered(None, None)).given(OTHER, Registered(None, None))
        view.given(STREAM, Counted(JANUARY, None, 1)).given(PERSON, Erased())
        view.given(STREAM, Closed(JANUARY, BOTH, 2))
        [january] = shown(view)
        assert (january.registered, january.by_area, january.closed) == (2, (Share("GM0361", 2),), True)


def test_who_was_forgotten_before_anything_was_counted_is_still_one() -> None:
    with counting() as view:
        view.given(PERSON, Registered(None, None)).given(OTHER, Registered(TOON, None), Erased())
        [january] = shown(view)
        assert (january.registered, january.by_area, january.by_age_band) == (2, (), ())


def test_a_month_has_a_deadline_until_it_is_closed_also_when_its_people_came_long_ago() -> None:
    with counting() as view:
        view.given(PERSON, Registered(TRUUS, None)).given(OTHER, Registered(TOON, None))
        [(name, stream, at)] = deadlines(view)
        assert (name, stream, at) == (counts.CLOSE, STREAM, datetime(2026, 1, 31, 23, tzinfo=UTC))
        close = view.ask(lambda connection, _: counts.to_close(connection, JANUARY, AFTER))
        assert close == Step(month, STREAM, Close(JANUARY, BOTH, 2))
        assert to_count(view, PERSON, now=AFTER) == [close]
        view.given(STREAM, Closed(JANUARY, BOTH, 2))
        assert deadlines(view) == []
        assert shown(view)[0].closed


def test_own_areas_are_those_of_the_own_programmes() -> None:
    profile = replace(PROFILE, area="Oud-West")
    with counting() as view:
        view.given(PERSON, Registered(profile, None))
        assert shown(view)[0].by_area == ()
        view.on(directory).given(BUDDY, programme.Offered(replace(DETAILS, areas=("Oud-West",)), NOON))
        assert shown(view)[0].by_area == (Share("Oud-West", 1),)


def test_a_correction_counts_until_the_numbers_are_recorded_and_changes_none_that_are() -> None:
    moved = Corrected(replace(TRUUS, area="WK030701"), ())
    with counting() as view:
        view.given(PERSON, Registered(TRUUS, None), moved)
        [step] = view.ask(lambda connection, _: counts.to_count_all(connection, NOON))
        assert (step.command.numbers.by_area, step.command.through) == ({"WK030701": 1}, 1)
        view.given(STREAM, Counted(JANUARY, step.command.numbers, 1))
        before = shown(view)
        view.given(PERSON, Corrected(TRUUS, ()))
        assert shown(view) == before
        assert view.ask(lambda connection, _: counts.to_count_all(connection, NOON)) == []
