"""Until when it is expected to be answered that somebody was forgotten, as deadlines: by a partner, and by this organisation."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.intake.domain import erasure, incoming_erasure
from shared.eventlog.due import clear_due, set_due
from shared.eventlog.types import Change, Recorded

VERSION = 2
TABLES = ()
MONTH = timedelta(days=30)
"""What the law allows (GDPR article 12, paragraph 3)."""
OVERDUE = "erasure-answer-overdue"
OVERDUE_HERE = "incoming-erasure-overdue"


def project(recorded: Recorded[Any]) -> Iterator[Change]:
    match recorded.event:
        case erasure.Asked(at=at):
            yield from _start(OVERDUE, recorded.stream, at)
        case incoming_erasure.ErasureAsked():
            yield from _start(OVERDUE_HERE, recorded.stream, recorded.at)
        case erasure.Confirmed() | erasure.Refused():
            yield clear_due(OVERDUE, recorded.stream)
        case incoming_erasure.Forgotten() | incoming_erasure.ErasureRefused():
            yield clear_due(OVERDUE_HERE, recorded.stream)
        case _:
            return


def _start(name: str, stream: UUID, asked: datetime) -> Iterator[Change]:
    """Asked again, the month begins again."""
    yield clear_due(name, stream)
    yield set_due(name, stream, asked + MONTH)
