"""Letters between organisations, as data. One struct per kind and version; the tag is the kind, `RECEIVER` the service that takes it.

A letter's subject is the sender's id of the referral (on both ways), or of the programme; of a digest, the id of the writer's record of it.
Times, sender and expiry stand beside it.
"""

from datetime import date, datetime
from typing import Annotated, ClassVar, TypeAlias
from uuid import UUID

import msgspec

from shared.contracts.body import Age, Body, Count, Line, Lines, Number, Text
from shared.contracts.comparing import Digest, ReferralDiffers, ReferralTold, Shared
from shared.contracts.intake import (
    ContactWay,
    DecidedBy,
    ErasureGround,
    Help,
    ProgrammeKind,
    ProgrammeStatus,
    ReferralReason,
)
from shared.personal import Category, Special

__all__ = [
    "ConsentWithdrawn",
    "CorrectionConfirmed",
    "Digest",
    "ErasureAsked",
    "ErasureConfirmed",
    "ErasureRefused",
    "LetterBody",
    "ParticipantCorrected",
    "ProgrammeChanged",
    "ReferralAccepted",
    "ReferralCancelAsked",
    "ReferralCancelConfirmed",
    "ReferralCompleted",
    "ReferralDeclined",
    "ReferralDiffers",
    "ReferralEnteredInError",
    "ReferralFailed",
    "ReferralOnHold",
    "ReferralRequested",
    "ReferralStarted",
    "ReferralTold",
    "Shared",
    "Void",
]


class Void(msgspec.Struct, frozen=True, tag="void.v1"):
    """Nothing: it only keeps the place of a letter that may no longer be sent."""

    RECEIVER: ClassVar[str] = ""


class ReferralRequested(Body, frozen=True, kw_only=True, rename="camel", tag="referral-requested.v1"):
    """Please take care of this need: at most six fields and 500 characters of free text."""

    programme: UUID
    """The receiver's programme (its id)."""
    name_to_use: Line
    contact_way: ContactWay
    contact: Line
    contact_not: Text
    need: Text
    hopes: Text
    language: Annotated[Line, Special(Category.ORIGIN)]
    area: Line
    """Municipality or neighbourhood (CBS code): with the need, what the receiver sees before it accepts."""
    accessibility: Annotated[Text, Special(Category.HEALTH)]
    wait_told: Line
    note: Text
    report_back: bool = True
    """Whether the receiver may tell how the person fares. False: where the referral stands, and nothing of the person."""


class ReferralAccepted(Body, frozen=True, kw_only=True, rename="camel", tag="referral-accepted.v1"):
    """A named person at the receiver owns it."""

    owner: Line


class ReferralDeclined(Body, frozen=True, kw_only=True, rename="camel", tag="referral-declined.v1"):
    """Not taken; nothing of the person is kept."""

    reason: ReferralReason
    decided_by: DecidedBy


class ReferralStarted(Body, frozen=True, kw_only=True, rename="camel", tag="referral-started.v1"):
    """Help has begun, or goes on after a hold."""


class ReferralOnHold(Body, frozen=True, kw_only=True, rename="camel", tag="referral-on-hold.v1"):
    """It waits, or its place on the list changed."""

    reason: ReferralReason
    decided_by: DecidedBy
    list_position: Number | None


class ReferralCompleted(Body, frozen=True, kw_only=True, rename="camel", tag="referral-completed.v1"):
    """The outcome closes the loop."""

    what_happened: Text
    helped: Help
    own_words: Text
    next_need: Text


class ReferralFailed(Body, frozen=True, kw_only=True, rename="camel", tag="referral-failed.v1"):
    """It did not work out."""

    reason: ReferralReason
    decided_by: DecidedBy


class ReferralCancelAsked(Body, frozen=True, kw_only=True, rename="camel", tag="referral-cancel-asked.v1"):
    """The sender asks to take it back; the receiver's log decides."""

    reason: ReferralReason
    decided_by: DecidedBy


class ReferralCancelConfirmed(Body, frozen=True, kw_only=True, rename="camel", tag="referral-cancel-confirmed.v1"):
    """It is cancelled: asked by the sender, or by the receiver itself."""

    reason: ReferralReason
    decided_by: DecidedBy


class ReferralEnteredInError(Body, frozen=True, kw_only=True, rename="camel", tag="referral-entered-in-error.v1"):
    """It should never have been sent."""


class ParticipantCorrected(Body, frozen=True, kw_only=True, rename="camel", tag="participant-corrected.v1"):
    """What a referral told of the person was wrong: this is how it is, whole (GDPR articles 16 and 19). What may not go is empty."""

    number: Number
    """Of this referral's corrections, from 1."""
    name_to_use: Line
    contact_way: ContactWay
    contact: Line
    contact_not: Text
    language: Annotated[Line, Special(Category.ORIGIN)]
    area: Line


class CorrectionConfirmed(Body, frozen=True, kw_only=True, rename="camel", tag="correction-confirmed.v1"):
    """It is taken in, or nothing is left that could be corrected."""

    number: Number


class ConsentWithdrawn(Body, frozen=True, kw_only=True, rename="camel", tag="consent-withdrawn.v1"):
    """The participant took consent for this referral back: cancel it. What is to be destroyed, the next letter asks (`erasure-asked`)."""

    withdrawn_at: datetime


class ErasureAsked(Body, frozen=True, kw_only=True, rename="camel", tag="erasure-asked.v1"):
    """The participant wants to be forgotten, or took consent back: destroy what this referral told, or name your ground to keep it."""


class ErasureConfirmed(Body, frozen=True, kw_only=True, rename="camel", tag="erasure-confirmed.v1"):
    """Nothing of the person is left that this referral told."""


class ErasureRefused(Body, frozen=True, kw_only=True, rename="camel", tag="erasure-refused.v1"):
    """It is kept, on this legal ground."""

    ground: ErasureGround


class ProgrammeChanged(Body, frozen=True, kw_only=True, rename="camel", tag="programme-changed.v1"):
    """A programme of the sender, whole, as it is now. For the directory of every partner."""

    name: Line
    kind: ProgrammeKind
    description: Text
    areas: Lines
    audience: Text
    languages: Lines
    cost_cents: Count | None
    accessibility: Text
    contact: Line
    age_from: Age = 18
    age_until: Age | None = None
    status: ProgrammeStatus
    since: datetime
    reason: Line
    until: date | None


LetterBody: TypeAlias = (
    Void
    | ReferralRequested
    | ReferralAccepted
    | ReferralDeclined
    | ReferralStarted
    | ReferralOnHold
    | ReferralCompleted
    | ReferralFailed
    | ReferralCancelAsked
    | ReferralCancelConfirmed
    | ReferralEnteredInError
    | ReferralTold
    | ReferralDiffers
    | Digest
    | ParticipantCorrected
    | CorrectionConfirmed
    | ConsentWithdrawn
    | ErasureAsked
    | ErasureConfirmed
    | ErasureRefused
    | ProgrammeChanged
)
