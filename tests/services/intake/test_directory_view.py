"""The directory: given events, what it shows."""

from collections.abc import Generator
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import pytest

from services.intake.domain import partner_programme, programme
from services.intake.views import directory
from services.intake.views.directory import Wanted
from shared.rules import NotFound
from tests.services.intake.examples import (
    AGREED,
    BUDDY,
    DETAILS,
    NOON,
    OTHER,
    REFERRAL,
    THIRD,
)
from tests.support.projected import Seen, seen


def heard(name: str, status: str = "open", **changes: Any) -> partner_programme.Heard:
    details = msgspec.structs.replace(DETAILS, name=name, **changes)
    return partner_programme.Heard("welzin", UUID(bytes=name.encode().ljust(16)), details, status, NOON, "", None)


@pytest.fixture
def listed() -> Generator[Seen]:
    with seen(directory) as view:
        view.given(BUDDY, programme.Offered(DETAILS, NOON))
        view.given(OTHER, heard("Wijk", areas=("WK030701",))).given(THIRD, heard("Vol", "stop"))
        yield view.given(AGREED, heard("Rondom", areas=(), kind="workshop"))


def names(view: Seen, **wanted: Any) -> list[str]:
    return [one.name for one in view.ask(directory.page, Wanted(**wanted), None, 9)]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, ["Maatje", "Rondom", "Vol", "Wijk"]),
        ({"kind": "workshop"}, ["Rondom"]),
        ({"status": "stop"}, ["Vol"]),
        ({"organisation": "welzin"}, ["Rondom", "Vol", "Wijk"]),
        ({"organisation": "humanitas"}, ["Maatje"]),
        ({"areas": ("BU03070101",)}, ["Maatje", "Rondom", "Vol", "Wijk"]),
        ({"areas": ("GM0307",)}, ["Maatje", "Rondom", "Vol"]),
        ({"areas": ("GM0361",)}, ["Rondom"]),
        ({"areas": ("GM0361", "WK030701")}, ["Maatje", "Rondom", "Vol", "Wijk"]),
    ],
)
def test_the_directory_is_searched(listed: Seen, wanted: dict[str, Any], expected: list[str]) -> None:
    assert names(listed, **wanted) == expected


def test_the_directory_is_paged(listed: Seen) -> None:
    first = listed.ask(directory.page, Wanted(), None, 1)
    place = (first[0].name, first[0].organisation, first[0].id)
    assert [one.name for one in listed.ask(directory.page, Wanted(), place, 9)] == ["Rondom", "Vol", "Wijk"]


def test_a_programme_is_shown_as_it_is_now(listed: Seen) -> None:
    elsewhere = msgspec.structs.replace(DETAILS, areas=("GM0361", "GM0361"))
    listed.given(BUDDY, programme.Changed(elsewhere))
    listed.given(BUDDY, programme.OpennessSet(programme.Openness.STOP, "Vol", date(2027, 1, 1), NOON))
    shown = listed.ask(directory.one, "humanitas", BUDDY)
    assert (shown.own, shown.status, shown.reason, shown.areas) == (True, "stop", "Vol", ("GM0361", "GM0361"))
    assert names(listed, areas=("GM0361",)) == ["Maatje", "Rondom"]


def test_a_partners_programme_is_replaced_by_what_it_tells_next(listed: Seen) -> None:
    listed.given(OTHER, heard("Wijk", "waiting-list", areas=("GM0361",)))
    assert names(listed, areas=("GM0361",), status="waiting-list") == ["Wijk"]
    with pytest.raises(NotFound, match="programme-unknown"):
        listed.ask(directory.one, "carrefour", OTHER)


def test_a_stopped_programme_comes_with_what_is_open(listed: Seen) -> None:
    wished = listed.ask(directory.wished, "welzin", heard("Vol").programme, "WK030701")
    assert wished
    assert (wished.status, wished.open_instead) == ("stop", ("Maatje (humanitas)", "Wijk (welzin)"))
    assert listed.ask(directory.wished, "welzin", REFERRAL, "") is None


def test_who_moves_is_shown_what_is_open_where_the_wished_programme_is(listed: Seen) -> None:
    wished = listed.ask(directory.wished, "welzin", heard("Vol").programme, "GM0361")
    assert wished
    assert wished.open_instead == ("Maatje (humanitas)",)
