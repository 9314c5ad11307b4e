"""What others read: that there is a klik, or no more. Everything else stays here."""

from pathlib import Path
from typing import Any

import pytest

from services.network.domain import klik, participant
from services.network.publish import publish
from tests.services.network.examples import ANN, BOB, KLIK, NOON, PAIR, formed, said
from tests.support.golden import golden
from tests.support.projected import recorded

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize(
    ("event", "subject"),
    [
        (formed(), "own.network.klik.formed"),
        (klik.Ended(KLIK, ANN, NOON), "own.network.klik.ended"),
        (klik.Blocked(KLIK, ANN, NOON), "own.network.klik.ended"),
    ],
)
def test_kliks_are_published_as_agreed(event: Any, subject: str) -> None:
    public = publish(recorded(event, PAIR))
    assert public is not None
    assert (public.subject, public.event.SUBJECT) == (KLIK, subject)
    golden(GOLDEN, public.event)


@pytest.mark.parametrize(
    "event",
    [
        said(ANN, BOB),
        klik.ContactChanged(ANN, "mail", NOON),
        klik.Ended(None, ANN, NOON),
        klik.Blocked(None, ANN, NOON),
        participant.Known(NOON),
        participant.InterestsSet(participant.Interests(likes="walking"), NOON),
        participant.KlikJoined(PAIR, NOON),
        participant.KlikLeft(PAIR, NOON),
        participant.Ended(NOON),
    ],
)
def test_all_else_is_private(event: Any) -> None:
    assert publish(recorded(event, PAIR)) is None
