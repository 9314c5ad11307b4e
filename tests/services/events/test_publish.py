"""What others read: places and series, nobody's id."""

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.events.domain import participant, place, series
from services.events.publish import publish
from tests.services.events.examples import AANEEN, EMMELOORD, KLIK, NOON, planned
from tests.support.golden import golden
from tests.support.projected import recorded

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize(
    ("stream", "event", "subject"),
    [
        (AANEEN, place.Registered(EMMELOORD, NOON), "public.events.place.registered"),
        (AANEEN, place.Changed(EMMELOORD, NOON), "public.events.place.changed"),
        (KLIK, planned(), "public.events.series.planned"),
        (KLIK, series.DateSkipped(date(2026, 2, 14), NOON), "public.events.series.date-skipped"),
        (KLIK, series.Cancelled(NOON), "public.events.series.cancelled"),
    ],
)
def test_public_facts_are_published_as_agreed(stream: UUID, event: Any, subject: str) -> None:
    public = publish(recorded(event, stream))
    assert public is not None
    assert (public.subject, public.event.SUBJECT) == (stream, subject)
    golden(GOLDEN, public.event)


def test_a_published_place_has_no_contact() -> None:
    public = publish(recorded(place.Registered(EMMELOORD, NOON), AANEEN))
    assert public is not None
    assert not hasattr(public.event, "contact")


@pytest.mark.parametrize("event", [participant.Known(NOON), participant.Forgotten(NOON)])
def test_who_is_known_here_is_private(event: Any) -> None:
    assert publish(recorded(event, AANEEN)) is None
