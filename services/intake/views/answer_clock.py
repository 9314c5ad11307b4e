"""When an answer is expected, as deadlines: a reminder at the receiver, then overdue on both sides."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from services.intake.domain import incoming_events as incoming
from services.intake.domain import outgoing_events as outgoing
from services.intake.domain import referral_progress as progress
from services.intake.domain.working_days import end_of_working_day
from shared.eventlog.due import clear_due, set_due
from shared.eventlog.types import Change, Recorded

VERSION = 1
TABLES = ()
FOLLOWS = (
    outgoing.Requested,
    incoming.Received,
    outgoing.EnteredInError,
    outgoing.Reported,
    outgoing.TakenBack,
    incoming.EnteredInError,
    progress.Accepted,
    progress.Cancelled,
    progress.Declined,
)
REMINDER = "incoming-answer-reminder"
OVERDUE = "incoming-answer-overdue"
SENT_OVERDUE = "outgoing-answer-overdue"
GRACE = 2
"""Working days between the reminder and being overdue."""


def project(recorded: Recorded[Any]) -> Iterator[Change]:
    stream = recorded.stream
    match recorded.event:
        case outgoing.Requested(answer_by=answer_by):
            yield set_due(SENT_OVERDUE, stream, overdue_from(answer_by))
        case incoming.Received(answer_by=answer_by):
            yield set_due(REMINDER, stream, answer_by)
            yield set_due(OVERDUE, stream, overdue_from(answer_by))
        case outgoing.Reported() | outgoing.TakenBack() | outgoing.EnteredInError():
            yield clear_due(SENT_OVERDUE, stream)
        case progress.Accepted() | progress.Declined() | progress.Cancelled() | incoming.EnteredInError():
            yield clear_due(REMINDER, stream)
            yield clear_due(OVERDUE, stream)
        case _:
            return


@lru_cache(maxsize=1024)
def overdue_from(answer_by: datetime) -> datetime:
    """Two working days after the day at whose end an answer was expected."""
    return end_of_working_day(answer_by - timedelta(microseconds=1), GRACE)
