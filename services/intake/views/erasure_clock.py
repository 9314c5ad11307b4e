"""Until when a partner is expected to answer that it has forgotten somebody, as a deadline."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from services.intake.domain import erasure
from shared.eventlog.due import clear_due, set_due
from shared.eventlog.types import Change, Recorded

VERSION = 1
TABLES = ()
MONTH = timedelta(days=30)
"""What the law allows (GDPR article 12, paragraph 3)."""
OVERDUE = "erasure-answer-overdue"


def project(recorded: Recorded[Any]) -> Iterator[Change]:
    match recorded.event:
        case erasure.Asked(at=at):
            yield clear_due(OVERDUE, recorded.stream)
            yield set_due(OVERDUE, recorded.stream, at + MONTH)
        case erasure.Confirmed() | erasure.Refused():
            yield clear_due(OVERDUE, recorded.stream)
        case _:
            return
