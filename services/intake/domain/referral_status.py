"""Which way a referral may go, for both sides: the one table (states of HL7 FHIR SDOH Clinical Care, and `received`)."""

from collections.abc import Mapping
from enum import StrEnum

from shared.rules import Refused


class Status(StrEnum):
    """Where a referral stands. `received` is delivery to the partner's node; the guide knows it as requested."""

    DRAFT = "draft"
    REQUESTED = "requested"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    IN_PROGRESS = "in-progress"
    ON_HOLD = "on-hold"
    CANCELLED = "cancelled"
    COMPLETED = "completed"
    FAILED = "failed"
    ENTERED_IN_ERROR = "entered-in-error"


_WORKING = (Status.CANCELLED, Status.COMPLETED, Status.FAILED)

NEXT: Mapping[Status, tuple[Status, ...]] = {
    Status.DRAFT: (Status.REQUESTED, Status.CANCELLED),
    Status.REQUESTED: (Status.RECEIVED, Status.ACCEPTED, Status.DECLINED, Status.CANCELLED),
    Status.RECEIVED: (Status.ACCEPTED, Status.DECLINED, Status.CANCELLED),
    Status.ACCEPTED: (Status.IN_PROGRESS, Status.ON_HOLD, *_WORKING),
    Status.IN_PROGRESS: (Status.ON_HOLD, *_WORKING),
    Status.ON_HOLD: (Status.IN_PROGRESS, *_WORKING),
    Status.DECLINED: (),
    Status.CANCELLED: (),
    Status.COMPLETED: (),
    Status.FAILED: (),
    Status.ENTERED_IN_ERROR: (),
}
"""Beside these, any state may become entered-in-error."""

UNANSWERED = frozenset({Status.REQUESTED, Status.RECEIVED})
"""The receiver has not said anything yet."""
FINAL = frozenset(status for status, following in NEXT.items() if not following)
"""Nothing follows but entered-in-error."""


def may_become(status: Status, to: Status) -> bool:
    """Say whether the table allows this step."""
    if to is Status.ENTERED_IN_ERROR:
        return status is not Status.ENTERED_IN_ERROR
    return to in NEXT[status]


def check(status: Status, to: Status) -> None:
    """Refuse a step that the table does not have: `referral-transition` with `state`, `to` and the `rule` (what may follow).

    Where nothing may: `referral-void`.
    """
    if status is Status.ENTERED_IN_ERROR:
        raise Refused("referral-void")
    if not may_become(status, to):
        rule = ", ".join(following for following in Status if may_become(status, following))
        raise Refused("referral-transition", state=str(status), to=str(to), rule=rule)
