"""What a receiver can say about a referral. At the receiver these are events; at the sender they are what the partner reported."""

from enum import StrEnum
from typing import Annotated, TypeAlias

from msgspec import Struct, structs

from services.intake.domain.referral_status import Status
from shared.personal import Category, Personal, Special, Subject


class Reason(StrEnum):
    """Why. HL7's list made short, and three reasons that would tell something about the person."""

    AT_CAPACITY = "at-capacity"
    WAIT_TOO_LONG = "wait-too-long"
    NOT_ELIGIBLE = "not-eligible"
    OUT_OF_AREA = "out-of-area"
    MISSING_INFORMATION = "missing-information"
    NO_CONTACT = "no-contact"
    PARTICIPANT_DECLINED = "participant-declined"
    SERVICE_ENDED = "service-ended"
    REFERRED_ELSEWHERE = "referred-elsewhere"
    OTHER = "other"
    NOT_NOW = "not-now"
    ALREADY_KNOWN = "already-known"
    DUPLICATE = "duplicate"
    SAFETY = "safety"


_DISCLOSING = frozenset({Reason.ALREADY_KNOWN, Reason.DUPLICATE, Reason.SAFETY})
_OF_THE_RECEIVER = frozenset({Reason.AT_CAPACITY, Reason.WAIT_TOO_LONG, Reason.OUT_OF_AREA, Reason.SERVICE_ENDED})
"""They tell nothing of the person that the sender did not tell."""


class DecidedBy(StrEnum):
    """Who decided."""

    ORGANISATION = "organisation"
    PARTICIPANT = "participant"


class Outcome(Struct, frozen=True):
    """What happened, did it help, in the person's own words, and is there a next need."""

    what_happened: str
    helped: str
    own_words: str
    next_need: str


UNTOLD = Outcome("", "not-asked", "", "")
"""All that is told of an outcome when the person was erased, or did not agree that it is."""


class Letter(Struct, frozen=True):
    """What a receiver needs to know to help, and no more."""

    name_to_use: str
    contact_way: str
    contact: str
    contact_not: str
    need: str
    hopes: str
    language: Annotated[str, Special(Category.ORIGIN)]
    area: str
    accessibility: Annotated[str, Special(Category.HEALTH)]
    wait_told: str
    note: str


AboutParticipant: TypeAlias = Annotated[Letter | None, Subject("participant")]


class Accepted(Struct, frozen=True, tag="intake.referral-accepted.v1"):
    """A named person owns it."""

    owner: str


class Declined(Struct, frozen=True, tag="intake.referral-declined.v1"):
    """It is not taken."""

    reason: Reason
    decided_by: DecidedBy


class Started(Struct, frozen=True, tag="intake.referral-started.v1"):
    """Help has begun, or goes on."""


class Held(Struct, frozen=True, tag="intake.referral-held.v1"):
    """It waits; on a list, at a position."""

    reason: Reason
    decided_by: DecidedBy
    list_position: int | None


class Completed(Struct, frozen=True, tag="intake.referral-completed.v1"):
    """Done, with an outcome."""

    outcome: Personal[Outcome]


class Failed(Struct, frozen=True, tag="intake.referral-failed.v1"):
    """It did not work out."""

    reason: Reason
    decided_by: DecidedBy


class Cancelled(Struct, frozen=True, tag="intake.referral-cancelled.v1"):
    """Taken back."""

    reason: Reason
    decided_by: DecidedBy


News: TypeAlias = Accepted | Declined | Started | Held | Completed | Failed | Cancelled

STATUS: dict[type[News], Status] = {
    Accepted: Status.ACCEPTED,
    Declined: Status.DECLINED,
    Started: Status.IN_PROGRESS,
    Held: Status.ON_HOLD,
    Completed: Status.COMPLETED,
    Failed: Status.FAILED,
    Cancelled: Status.CANCELLED,
}


class Standing(Struct, frozen=True):
    """Where a referral stands, and the last word about it."""

    status: Status
    owner: str | None = None
    reason: Reason | None = None
    decided_by: DecidedBy | None = None
    list_position: int | None = None
    outcome: Personal[Outcome] = None


def after(standing: Standing, news: News) -> Standing:
    """Move on: the owner stays, reason and position belong to the state they came with."""
    now = structs.replace(standing, status=STATUS[type(news)], reason=None, decided_by=None, list_position=None)
    match news:
        case Accepted(owner):
            return structs.replace(now, owner=owner)
        case Held(reason, decided_by, position):
            return structs.replace(now, reason=reason, decided_by=decided_by, list_position=position)
        case Declined(reason, decided_by) | Failed(reason, decided_by) | Cancelled(reason, decided_by):
            return structs.replace(now, reason=reason, decided_by=decided_by)
        case Completed(outcome):
            return structs.replace(now, outcome=outcome)
        case _:
            return now


def undisclosed(reason: Reason) -> Reason:
    """Give the reason as the other side may read it: what would disclose something about the person reads "not now"."""
    return Reason.NOT_NOW if reason in _DISCLOSING else reason


def told(standing: Standing, *, report_back: bool) -> Standing:
    """Give what a receiver has as the sender may read it.

    Where the person did not agree that the receiver reports back, nothing of the person goes: only reasons that are the receiver's own,
    not who decided, no place on a list and no outcome. That the referral was taken, waits or has ended is always told: it answers
    what the sender asked.
    """
    reason = standing.reason and undisclosed(standing.reason)
    if report_back:
        return structs.replace(standing, reason=reason)
    return structs.replace(
        standing,
        reason=Reason.NOT_NOW if reason and reason not in _OF_THE_RECEIVER else reason,
        decided_by=DecidedBy.ORGANISATION if standing.decided_by else None,
        list_position=None,
        outcome=UNTOLD if standing.outcome else None,
    )
