"""What partners compare of the referrals that they share: every day, and after either side was restored from a backup."""

from typing import Annotated
from uuid import UUID

import msgspec

from shared.contracts.body import Body, Count, Line, Number, Steps
from shared.contracts.intake import DecidedBy, Direction, Outcome, ReferralReason, ReferralStatus


class _Standing(Body, frozen=True, kw_only=True, rename="camel"):
    """Where the writer's log has a referral, after either side was restored from a backup."""

    direction: Direction
    """`out`: the writer sent the referral."""
    status: ReferralStatus
    owner: Line | None
    reason: ReferralReason | None
    decided_by: DecidedBy | None
    list_position: Number | None
    outcome: Outcome | None


class ReferralTold(_Standing, frozen=True, kw_only=True, rename="camel", tag="referral-told.v1"):
    """Compare: steps of the writer, and those of the reader that the writer heard, by name. Told to a reader that was restored."""

    programme: UUID
    """The receiver's."""
    said: Steps
    heard: Steps
    corrected: Count = 0
    """The last correction of what was told of the person that the writer handed over, or took in; who has it has all before it."""
    report_back: bool = True
    """As in the request."""


class ReferralDiffers(_Standing, frozen=True, kw_only=True, rename="camel", tag="referral-differs.v1"):
    """The writer has compared: steps that the writer lost, and steps that the reader lost, by name; of corrections the last."""

    ours: Steps
    yours: Steps


class Shared(msgspec.Struct, frozen=True, rename="camel"):
    """One referral of a digest."""

    id: UUID
    """The sender's id of the referral."""
    told: ReferralTold
    """Without the outcome: who needs it has it."""


class Digest(Body, frozen=True, kw_only=True, rename="camel", tag="digest.v1"):
    """How all stands that writer and reader share: what is open, and what was closed since they last agreed.

    What the writer said of a referral in a later letter is not in it: that referral comes with the next digest.
    """

    answer: bool
    """It answers the reader's own; another one wants an answer."""
    after: UUID | None
    """Only referrals with a greater id; none: this is the first part."""
    until: UUID | None = None
    """Another part follows, after this id; none: this is the last."""
    shared: Annotated[tuple[Shared, ...], msgspec.Meta(max_length=500)] = ()
    """By id."""
