"""What can be asked of a referral at its receiver: by its own people, by the sender, by the clock."""

from typing import TypeAlias

from msgspec import Struct

from services.intake.domain import correction, incoming_erasure, restored
from services.intake.domain.incoming_events import Received
from services.intake.domain.referral_progress import DecidedBy, Outcome, Reason


class Receive(Struct, frozen=True):
    """A partner's request has come."""

    received: Received


class Accept(Struct, frozen=True):
    """A named person takes it, and with them the team of who says so (None: the whole organisation)."""

    owner: str
    team: str | None = None


class Assign(Struct, frozen=True):
    """It is another team's from now on (None: the whole organisation's)."""

    team: str | None


class Decline(Struct, frozen=True):
    """Do not take it."""

    reason: Reason
    decided_by: DecidedBy


class Start(Struct, frozen=True):
    """Begin, or go on after a hold."""


class Hold(Struct, frozen=True):
    """Let it wait; asked again, tell another reason or position."""

    reason: Reason
    decided_by: DecidedBy
    list_position: int | None


class Complete(Struct, frozen=True):
    """Close the loop."""

    outcome: Outcome


class Fail(Struct, frozen=True):
    """It does not work out."""

    reason: Reason
    decided_by: DecidedBy


class Cancel(Struct, frozen=True):
    """Stop it from this side."""

    reason: Reason
    decided_by: DecidedBy


class ConfirmCancel(Struct, frozen=True):
    """Do what the sender asked."""


class AttemptContact(Struct, frozen=True):
    """The person was tried and not reached."""


class HearCancelAsked(Struct, frozen=True):
    """The sender asks to cancel."""

    reason: Reason
    decided_by: DecidedBy


class HearConsentWithdrawn(Struct, frozen=True):
    """The sender's ground is gone."""


class HearEnteredInError(Struct, frozen=True):
    """The sender says that it should never have been sent."""


class Remind(Struct, frozen=True):
    """An answer is expected."""


class NoteOverdue(Struct, frozen=True):
    """The time for an answer has passed."""


Answer: TypeAlias = Accept | Decline | Start | Hold | Complete | Fail | Cancel
Heard: TypeAlias = HearCancelAsked | HearConsentWithdrawn | HearEnteredInError
Command: TypeAlias = (
    Receive
    | Answer
    | Assign
    | ConfirmCancel
    | AttemptContact
    | Heard
    | Remind
    | NoteOverdue
    | restored.Hearing
    | incoming_erasure.Command
    | correction.Hear
)
