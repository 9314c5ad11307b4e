"""Until when it is expected to be answered that somebody was forgotten, as deadlines: by a partner, and by this organisation."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from services.intake.domain import erasure, incoming_erasure
from shared.eventlog.due import clear_due, set_due
from shared.eventlog.types import Change, Recorded

VERSION = 2
TABLES = ()
FOLLOWS = (
    erasure.Asked,
    incoming_erasure.ErasureAsked,
    erasure.Confirmed,
    erasure.Refused,
    incoming_erasure.ErasureRefused,
    incoming_erasure.Forgotten,
)
MONTH = timedelta(days=30)
"""What the law allows (GDPR article 12, paragraph 3)."""
OVERDUE = "erasure-answer-overdue"
OVERDUE_HERE = "incoming-erasure-overdue"


def project(recorded: Recorded[Any]) -> Iterator[Change]:
    match recorded.event:
        case erasure.Asked(at=at):
            yield set_due(OVERDUE, recorded.stream, at + MONTH)
        case incoming_erasure.ErasureAsked():
            yield set_due(OVERDUE_HERE, recorded.stream, recorded.at + MONTH)
        case erasure.Confirmed() | erasure.Refused():
            yield clear_due(OVERDUE, recorded.stream)
        case incoming_erasure.Forgotten() | incoming_erasure.ErasureRefused():
            yield clear_due(OVERDUE_HERE, recorded.stream)
        case _:
            return
