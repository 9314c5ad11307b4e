"""What can happen to a referral at its receiver."""

from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct

from services.intake.domain import correction
from services.intake.domain.incoming_erasure import ErasureAsked, ErasureOverdue, ErasureRefused, Forgotten
from services.intake.domain.referral_progress import (
    Accepted,
    Cancelled,
    Completed,
    DecidedBy,
    Declined,
    Failed,
    Held,
    Letter,
    Reason,
    Standing,
    Started,
)
from services.intake.domain.restored import Steps
from shared.personal import Personal


class Received(Struct, frozen=True, tag="intake.incoming-received.v1"):
    """A partner's request has come. The clock is the person's: it runs since the partner asked."""

    sender: str
    reference: UUID
    """The sender's id."""
    programme: UUID
    letter: Personal[Letter]
    answer_by: datetime
    report_back: bool = True
    """Whether the person agreed that the sender is told how they fare."""


class Assigned(Struct, frozen=True, tag="intake.incoming-assigned.v1"):
    """From now on it is this team's (None: the whole organisation's), and no partner's business."""

    team: str | None


class CancelAsked(Struct, frozen=True, tag="intake.incoming-cancel-asked.v1"):
    """The sender asks to cancel."""

    reason: Reason
    decided_by: DecidedBy


class ConsentWithdrawn(Struct, frozen=True, tag="intake.incoming-consent-withdrawn.v1"):
    """The participant took the sender's ground away."""


class EnteredInError(Struct, frozen=True, tag="intake.incoming-entered-in-error.v1"):
    """The sender says that it should never have been sent."""


class ContactAttempted(Struct, frozen=True, tag="intake.incoming-contact-attempted.v1"):
    """The person was tried and not reached."""


class AnswerReminded(Struct, frozen=True, tag="intake.incoming-answer-reminded.v1"):
    """An answer is expected."""


class AnswerOverdue(Struct, frozen=True, tag="intake.incoming-answer-overdue.v1"):
    """No answer in time."""


class StepsLost(Struct, frozen=True, tag="intake.incoming-steps-lost.v1"):
    """Steps were lost, here or at the sender (`there`), by a restore or otherwise."""

    here: Steps
    there: Steps
    tell: bool
    """It was found here: the sender is told."""
    standing: Standing | None = None
    """Where the sender has it, when all that is known here is what the sender tells."""


class FoundAtPartner(Struct, frozen=True, tag="intake.incoming-found-at-partner.v1"):
    """The sender has a referral to us that was lost here: all that is known of it is what the sender tells."""

    sender: str
    reference: UUID
    programme: UUID
    standing: Standing
    here: Steps
    """What was done here, as the sender heard it."""
    heard: Steps
    """What the sender did."""
    report_back: bool = True
    """As in what was received."""


Event: TypeAlias = (
    Received
    | Assigned
    | CancelAsked
    | ConsentWithdrawn
    | EnteredInError
    | ContactAttempted
    | AnswerReminded
    | AnswerOverdue
    | StepsLost
    | FoundAtPartner
    | Accepted
    | Declined
    | Started
    | Held
    | Completed
    | Failed
    | Cancelled
    | ErasureAsked
    | Forgotten
    | ErasureRefused
    | ErasureOverdue
    | correction.Taken
)
