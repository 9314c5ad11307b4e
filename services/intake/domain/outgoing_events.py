"""What can happen to a referral at its sender."""

from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct

from services.intake.domain import correction
from services.intake.domain.grounds import LegalTask
from services.intake.domain.referral_progress import (
    AboutParticipant,
    DecidedBy,
    News,
    Reason,
    Standing,
)
from services.intake.domain.restored import Steps


class Wish(Struct, frozen=True):
    """What is asked of whom, for whom, on which ground."""

    to: str
    programme: UUID
    participant: UUID
    team: str | None
    consent: UUID | None
    letter: AboutParticipant
    task: LegalTask | None = None
    """The legal task on which it goes; None: it goes on consent."""


class Drafted(Struct, frozen=True, tag="intake.outgoing-drafted.v1"):
    """Somebody wrote it."""

    wish: Wish


class Requested(Struct, frozen=True, tag="intake.outgoing-requested.v1"):
    """It goes to the partner, on a consent that holds until then, or (both None) on the legal task that the wish names."""

    consent: UUID | None
    consent_until: datetime | None
    at: datetime
    answer_by: datetime
    without: tuple[str, ...] = ()
    """Fields of the letter to which the participant did not agree: they do not go."""
    report_back: bool = True
    """Whether they agreed that the partner tells how they fare."""


class HandedOver(Struct, frozen=True, tag="intake.outgoing-handed-over.v1"):
    """From now on the partner may have it."""


class Delivered(Struct, frozen=True, tag="intake.outgoing-delivered.v1"):
    """The partner's node has recorded it."""


class TakenBack(Struct, frozen=True, tag="intake.outgoing-taken-back.v1"):
    """Cancelled before the partner could have it."""

    reason: Reason
    decided_by: DecidedBy


class CancelAsked(Struct, frozen=True, tag="intake.outgoing-cancel-asked.v1"):
    """The partner is asked to cancel."""

    reason: Reason
    decided_by: DecidedBy


class ConsentWithdrawn(Struct, frozen=True, tag="intake.outgoing-consent-withdrawn.v1"):
    """The participant took the ground away; the partner is told, and asked to destroy what it has no ground of its own for."""

    at: datetime
    to: str = ""
    """The partner; empty in what was recorded before it was asked."""


class EnteredInError(Struct, frozen=True, tag="intake.outgoing-entered-in-error.v1"):
    """It should never have been there."""


class AnswerOverdue(Struct, frozen=True, tag="intake.outgoing-answer-overdue.v1"):
    """No answer in time."""


class Reported(Struct, frozen=True, tag="intake.outgoing-reported.v1"):
    """What the partner says: recorded as it was said."""

    partner: str
    news: News


class StepsLost(Struct, frozen=True, tag="intake.outgoing-steps-lost.v1"):
    """Steps were lost, here or at the receiver (`there`), by a restore or otherwise; where it stands now."""

    here: Steps
    there: Steps
    standing: Standing
    tell: bool
    """It was found here: the receiver is told."""


class FoundAtPartner(Struct, frozen=True, tag="intake.outgoing-found-at-partner.v1"):
    """The partner has a referral of ours that a restore has lost here: all that is known of it is what the partner tells."""

    partner: str
    programme: UUID
    standing: Standing
    here: Steps
    """What was done here, as the partner heard it."""
    heard: Steps
    """What the partner did."""


Event: TypeAlias = (
    Drafted
    | Requested
    | HandedOver
    | Delivered
    | TakenBack
    | CancelAsked
    | ConsentWithdrawn
    | EnteredInError
    | AnswerOverdue
    | Reported
    | StepsLost
    | FoundAtPartner
    | correction.Told
    | correction.HandedOver
    | correction.Confirmed
)
