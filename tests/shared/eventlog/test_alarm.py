from datetime import UTC, datetime
from uuid import UUID

import structlog

from shared.eventlog.parked import alarm, park, taken
from shared.eventlog.types import Unit
from tests.shared.eventlog.conftest import Opening

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ASIDE = park(
    source="letters", key=f"k:{UUID(int=7)}", type="note.v1", body=b"Truus", reason="letter-unreadable", at=NOON
)


async def test_what_is_parked_is_an_error_in_the_log_once_it_is_committed(opened: Opening) -> None:
    log = await opened()
    with structlog.testing.capture_logs() as said:
        await log.write(Unit(by="system", changes=[ASIDE]))
    [line] = said
    assert (line["log_level"], line["node"], line["reason"]) == ("error", log.node, "letter-unreadable")
    assert line["next"] == f"kring parked list {log.node}"
    assert "Truus" not in str(line)


def test_what_is_taken_up_again_is_no_alarm() -> None:
    with structlog.testing.capture_logs() as said:
        alarm("welzin.intake", [taken(1)])
    assert said == []
