"""A service that writes to nobody."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import create_engine

from shared.contracts.letters import Void
from shared.eventlog.types import Recorded
from shared.rules import Refused
from shared.service import Arrived, Letter, NoLetters

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SOMEBODY = UUID(int=1)


def test_who_writes_to_nobody_sends_nothing_and_puts_aside_what_comes() -> None:
    none, letter = NoLetters(), Letter("welzin", SOMEBODY, Void())
    recorded = Recorded(Void(), SOMEBODY, 1, 1, SOMEBODY, NOON, "user:ann", "")
    assert not none.sendable(letter, None)
    with create_engine("sqlite://").connect() as connection:
        assert not none.introduced(connection)
    assert (*none.letters(recorded, None, ["welzin"]), *none.handed(letter), *none.delivered(letter)) == ()
    with pytest.raises(Refused, match="letter-unwanted"):
        none.arrived(Arrived("welzin", SOMEBODY, Void(), NOON, ""))
