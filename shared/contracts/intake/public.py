"""What intake tells on its organisation's stream. `own` events name persons by random id only; `public` ones never name a person.

The tag is the CloudEvents type; `SUBJECT`, after `events.`, the NATS subject. A breaking change is a new type beside the old one.
"""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from msgspec import Struct

from shared.contracts.intake.programmes import Described, ProgrammeStatus
from shared.contracts.intake.referrals import Direction


class ParticipantRegistered(
    Struct, frozen=True, rename="camel", omit_defaults=True, tag="nl.kring.intake.participant-registered.v1"
):
    """Somebody became known to the organisation."""

    SUBJECT: ClassVar[str] = "own.intake.participant.registered"
    participant: UUID
    team: str | None = None
    """Whose file it is: the other services show it to this team only. None: the whole organisation's."""
    minor: bool = False
    """Not surely 18 yet: never brought together with adults one to one. That is all that others need to know of somebody's age."""


class ParticipantMoved(
    Struct, frozen=True, rename="camel", omit_defaults=True, tag="nl.kring.intake.participant-moved.v1"
):
    """The file is another team's."""

    SUBJECT: ClassVar[str] = "own.intake.participant.moved"
    participant: UUID
    team: str | None = None


class ParticipantAgeTold(Struct, frozen=True, rename="camel", tag="nl.kring.intake.participant-age-told.v1"):
    """Whether somebody is a minor, told anew: they came of age, or their file was corrected."""

    SUBJECT: ClassVar[str] = "own.intake.participant.age-told"
    participant: UUID
    minor: bool


class ParticipantEnded(Struct, frozen=True, rename="camel", tag="nl.kring.intake.participant-ended.v1"):
    """Somebody needs nothing more here: what others keep about this id goes."""

    SUBJECT: ClassVar[str] = "own.intake.participant.ended"
    participant: UUID


class ProgrammeChanged(
    Described, frozen=True, kw_only=True, rename="camel", tag="nl.kring.intake.programme-changed.v1"
):
    """What a programme of the own organisation is, whole: new, or told anew. A new one is open."""

    SUBJECT: ClassVar[str] = "public.intake.programme.changed"
    programme: UUID


class ProgrammeStatusChanged(
    Struct, frozen=True, kw_only=True, rename="camel", tag="nl.kring.intake.programme-status-changed.v1"
):
    """A programme stopped, opened a waiting list, or is open again."""

    SUBJECT: ClassVar[str] = "public.intake.programme.status-changed"
    programme: UUID
    status: ProgrammeStatus
    since: datetime
    reason: str
    until: date | None


class ReferralTold(Struct, frozen=True, rename="camel"):
    """Common to what is told of a referral: which, and on which side."""

    referral: UUID
    direction: Direction


class ReferralRequested(ReferralTold, frozen=True, rename="camel", tag="nl.kring.intake.referral-requested.v1"):
    """Sent to a partner."""

    SUBJECT: ClassVar[str] = "own.intake.referral.requested"


class ReferralReceived(ReferralTold, frozen=True, rename="camel", tag="nl.kring.intake.referral-received.v1"):
    """Delivered at the receiver."""

    SUBJECT: ClassVar[str] = "own.intake.referral.received"


class ReferralAccepted(ReferralTold, frozen=True, rename="camel", tag="nl.kring.intake.referral-accepted.v1"):
    """Somebody at the receiver owns it."""

    SUBJECT: ClassVar[str] = "own.intake.referral.accepted"


class ReferralDeclined(ReferralTold, frozen=True, rename="camel", tag="nl.kring.intake.referral-declined.v1"):
    """The receiver does not take it."""

    SUBJECT: ClassVar[str] = "own.intake.referral.declined"


class ReferralStarted(ReferralTold, frozen=True, rename="camel", tag="nl.kring.intake.referral-started.v1"):
    """Help has begun, or goes on after a hold."""

    SUBJECT: ClassVar[str] = "own.intake.referral.started"


class ReferralOnHold(ReferralTold, frozen=True, rename="camel", tag="nl.kring.intake.referral-on-hold.v1"):
    """It waits."""

    SUBJECT: ClassVar[str] = "own.intake.referral.on-hold"


class ReferralCompleted(ReferralTold, frozen=True, rename="camel", tag="nl.kring.intake.referral-completed.v1"):
    """The loop is closed."""

    SUBJECT: ClassVar[str] = "own.intake.referral.completed"


class ReferralFailed(ReferralTold, frozen=True, rename="camel", tag="nl.kring.intake.referral-failed.v1"):
    """It did not work out."""

    SUBJECT: ClassVar[str] = "own.intake.referral.failed"


class ReferralCancelled(ReferralTold, frozen=True, rename="camel", tag="nl.kring.intake.referral-cancelled.v1"):
    """It was taken back."""

    SUBJECT: ClassVar[str] = "own.intake.referral.cancelled"


class ReferralEnteredInError(
    ReferralTold, frozen=True, rename="camel", tag="nl.kring.intake.referral-entered-in-error.v1"
):
    """It should never have been there."""

    SUBJECT: ClassVar[str] = "own.intake.referral.entered-in-error"
