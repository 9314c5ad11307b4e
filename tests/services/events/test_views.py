"""Given events, what the views answer."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from msgspec.structs import replace

from services.events.domain import participant, place, series
from services.events.views import agenda, participants, places
from services.events.views import series as series_view
from services.events.views.agenda import Asked
from shared.contracts.events import KnownParticipant
from shared.rules import NotFound
from tests.services.events.examples import (
    AANEEN,
    BANT,
    EMMELOORD,
    KLIK,
    NOON,
    SECOND_SATURDAY,
    SUNDAYS,
    THIRD_SUNDAY,
    TWENTY7,
    planned,
)
from tests.support.projected import Seen, in_team, seen

YEAR = Asked(since=date(2026, 1, 1), until=date(2026, 12, 31), first=100)


def test_a_place_reads_as_last_described() -> None:
    with seen(places) as view:
        view.given(AANEEN, place.Registered(EMMELOORD, NOON), place.Changed(replace(EMMELOORD, contact=""), NOON))
        one = view.ask(places.one, AANEEN)
        assert (one.name, one.contact, one.accessibility) == ("Restaurant AanEen", "", ("step-free",))
        with pytest.raises(NotFound, match="place-unknown"):
            view.ask(places.one, TWENTY7)


def test_a_municipality_holds_its_districts_and_not_the_other_way_round() -> None:
    with seen(places) as view:
        view.given(AANEEN, place.Registered(EMMELOORD, NOON)).given(TWENTY7, place.Registered(BANT, NOON))
        assert [one.id for one in view.ask(places.page, "GM0171", None, 20).items] == [AANEEN, TWENTY7]
        assert [one.id for one in view.ask(places.page, "WK017103", None, 20).items] == [TWENTY7]
        assert view.ask(places.page, "GM0361", None, 20).items == []
        assert view.ask(places.page, "GM%", None, 20).items == []


def test_lists_come_in_pages() -> None:
    with seen(places) as view:
        view.given(AANEEN, place.Registered(EMMELOORD, NOON)).given(TWENTY7, place.Registered(BANT, NOON))
        first = view.ask(places.page, None, None, 1)
        assert (first.items[0].id, first.next) == (AANEEN, str(AANEEN))
        second = view.ask(places.page, None, AANEEN, 1)
        assert (second.items[0].id, second.next) == (TWENTY7, None)


def test_a_series_shows_its_rule_and_what_befell_it() -> None:
    with seen(series_view) as view:
        skipped = series.DateSkipped(date(2026, 2, 14), NOON)
        view.given(KLIK, planned(), skipped).given(SUNDAYS, planned(THIRD_SUNDAY, TWENTY7), series.Cancelled(NOON))
        one, other = view.ask(series_view.page, None, None, 20).items
        assert (one.rule, one.skipped, one.cancelled_at) == ("FREQ=MONTHLY;BYDAY=2SA", (date(2026, 2, 14),), None)
        assert (other.skipped, other.cancelled_at) == ((), NOON)
        assert view.ask(series_view.one, KLIK) == one
        assert view.ask(series_view.page, TWENTY7, None, 20).items == [other]
        assert view.ask(series_view.page, None, KLIK, 20).items == [other]
        assert view.ask(series_view.page, None, None, 1).next == str(KLIK)
        with pytest.raises(NotFound, match="series-unknown"):
            view.ask(series_view.one, AANEEN)


def test_known_participants_are_ids() -> None:
    with seen(participants) as view:
        view.given(AANEEN, participant.Known(NOON, "noord"))
        assert view.ask_as(in_team("noord"), participants.one, AANEEN).id == AANEEN
        with pytest.raises(NotFound, match="participant-unknown"):
            view.ask_as(in_team("zuid"), participants.one, AANEEN)
        assert view.ask(participants.one, AANEEN) == KnownParticipant(AANEEN, NOON)
        view.given(AANEEN, participant.Forgotten(NOON))
        with pytest.raises(NotFound, match="participant-unknown"):
            view.ask(participants.one, AANEEN)


def klik(view: Seen) -> Seen:
    view.given(AANEEN, place.Registered(EMMELOORD, NOON)).given(TWENTY7, place.Registered(BANT, NOON))
    return view.given(KLIK, planned()).given(SUNDAYS, planned(THIRD_SUNDAY, TWENTY7))


def days(view: Seen, asked: Asked) -> list[str]:
    return [f"{one.date:%d-%m}" for one in view.ask(agenda.occurrences, asked)]


def test_both_series_of_klik_publish_their_year() -> None:
    with seen(agenda) as view:
        klik(view)
        assert days(view, replace(YEAR, place=AANEEN)) == [
            *("10-01", "14-02", "14-03", "11-04", "09-05", "13-06"),
            *("11-07", "08-08", "12-09", "10-10", "14-11", "12-12"),
        ]
        assert days(view, replace(YEAR, place=TWENTY7)) == [
            *("18-01", "15-02", "15-03", "19-04", "17-05", "21-06"),
            *("19-07", "16-08", "20-09", "18-10", "15-11", "20-12"),
        ]
        assert len(days(view, YEAR)) == 24


def test_a_meeting_says_where_and_when() -> None:
    with seen(agenda) as view:
        klik(view)
        [first] = view.ask(agenda.occurrences, replace(YEAR, until=date(2026, 1, 10)))
        assert first.starts_at == datetime(2026, 1, 10, 19, tzinfo=UTC)
        assert first.ends_at == datetime(2026, 1, 10, 22, tzinfo=UTC)
        assert (first.place_name, first.address, first.area) == ("Restaurant AanEen", "Emmeloord", "GM0171")


def test_the_agenda_of_an_area_follows_the_place() -> None:
    with seen(agenda) as view:
        klik(view)
        assert len(days(view, replace(YEAR, area="WK017103"))) == 12
        view.given(TWENTY7, place.Changed(replace(BANT, area="GM0361"), NOON))
        assert days(view, replace(YEAR, area="WK017103")) == []


def test_skipped_dates_and_what_comes_after_a_cancellation_are_not_in_the_agenda() -> None:
    with seen(agenda) as view:
        klik(view).given(KLIK, series.DateSkipped(date(2026, 2, 14), NOON))
        view.given(KLIK, series.Cancelled(datetime(2026, 4, 11, 17, tzinfo=UTC)))
        assert days(view, replace(YEAR, place=AANEEN)) == ["10-01", "14-03"]


def test_a_skipped_date_concerns_its_own_series_only() -> None:
    with seen(agenda) as view:
        klik(view).given(SUNDAYS, series.DateSkipped(date(2026, 2, 14), NOON))
        assert len(days(view, YEAR)) == 24


@pytest.mark.parametrize("cancelled", [True, False])
def test_a_series_with_an_end_ends_also_when_cancelled_later(*, cancelled: bool) -> None:
    with seen(agenda) as view:
        klik(view).given(UUID(int=3), planned(replace(SECOND_SATURDAY, rule="FREQ=DAILY;COUNT=3"), AANEEN))
        if cancelled:
            view.given(UUID(int=3), series.Cancelled(datetime(2026, 6, 1, tzinfo=UTC)))
        assert days(view, replace(YEAR, place=AANEEN))[:5] == ["01-01", "02-01", "03-01", "10-01", "14-02"]


@pytest.mark.parametrize("size", [1, 5, 23])
def test_pages_joined_are_the_whole_agenda(size: int) -> None:
    with seen(agenda) as view:
        klik(view).given(UUID(int=3), planned(SECOND_SATURDAY, TWENTY7))  # at the same moments as another
        whole, after, shown = view.ask(agenda.occurrences, YEAR), None, []
        while len(found := view.ask(agenda.occurrences, replace(YEAR, first=size, after=after))) > size:
            shown += found[:size]
            after = (found[size - 1].starts_at, found[size - 1].series)
        assert shown + found == whole
