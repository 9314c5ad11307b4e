"""Referrals, both sides, as the API of intake takes and gives them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from shared.contracts.intake.grounds import LegalTask
from shared.contracts.intake.people import Contact
from shared.contracts.text import Name, Said, Short, Text


class ReferralStatus(StrEnum):
    """The states of HL7 FHIR SDOH Clinical Care, and `received` (delivered to the partner's node)."""

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


class ReferralReason(StrEnum):
    """Why. The last three stay at the receiver: the sender reads `not-now`, which cannot be given as a reason."""

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


class DecidedBy(StrEnum):
    """Who decided."""

    ORGANISATION = "organisation"
    PARTICIPANT = "participant"


class Direction(StrEnum):
    """Whose record this is: the sender's or the receiver's."""

    OUT = "out"
    IN = "in"


class Help(StrEnum):
    """Whether it helped."""

    YES = "yes"
    A_LITTLE = "a-little"
    NO = "no"
    NOT_ASKED = "not-asked"


class Refer(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Ask a partner to take care of a participant's need. Name, contact and language come from the participant's file."""

    id: UUID
    participant: UUID
    to: Name
    """Organisation's slug."""
    programme: UUID
    consent: UUID | None = None
    """The ground it goes on."""
    legal_task: LegalTask | None = None
    """Instead of consent: the ground of a government body."""
    need: Said
    hopes: Text = ""
    accessibility: Text = ""
    wait_told: Short = ""
    note: Text = ""
    """At most 500 characters: no diagnoses, no third persons."""
    send: bool = True
    """False: keep it as a draft (see `POST /v1/referrals/{id}/request`)."""


class AcceptReferral(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A named person takes it."""

    owner: Name


class MoveReferral(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Whose it is from now on; none: the whole organisation's."""

    team: Name | None


class ReasonGiven(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Why, and who decided: for decline, cancel and fail."""

    reason: ReferralReason
    decided_by: DecidedBy


class HoldReferral(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """It waits; on a waiting list it has a position (1 is next). Asked again with another position, only that changes."""

    reason: ReferralReason
    decided_by: DecidedBy
    list_position: Annotated[int, Meta(ge=1, lt=10**9)] | None = None


class Outcome(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What closes the loop."""

    what_happened: Text
    helped: Help = Help.NOT_ASKED
    own_words: Text = ""
    next_need: Text = ""


class LetterAnswer(Struct, frozen=True, kw_only=True, rename="camel"):
    """What the letter says. To the receiver, name and contact are None until it accepts."""

    name_to_use: str | None
    contact: Contact | None
    need: str
    hopes: str
    language: str
    area: str
    accessibility: str
    wait_told: str
    note: str | None


class TimelineEntry(Struct, frozen=True, kw_only=True, rename="camel"):
    """One thing that happened. `what` is kebab-case (`requested`, `delivered`, `cancel-asked` …)."""

    at: datetime
    """When this node recorded it."""
    what: str
    status: ReferralStatus
    """The status right after it."""
    by: str
    """`user:<subject>`, `partner:<organisation>`, `policy:<name>` or `system`."""
    reported: bool
    """True: the partner reported it."""
    owner: str | None = None
    reason: ReferralReason | None = None
    decided_by: DecidedBy | None = None
    list_position: int | None = None
    outcome: Outcome | None = None
    lost_here: tuple[str, ...] = ()
    """For `steps-lost`: own steps that a restore from a backup lost, by the status or wish each led to."""
    lost_there: tuple[str, ...] = ()
    """Likewise of the partner."""


class ReferralItem(Struct, frozen=True, kw_only=True, rename="camel"):
    """One referral in a list."""

    id: UUID
    """This organisation's record. At the receiver it differs from `reference`."""
    reference: UUID
    """The sender's id: the same on both sides."""
    direction: Direction
    partner: str
    """The other organisation's slug."""
    programme: UUID
    participant: UUID | None
    """The own participant (sender's side only)."""
    need: str
    """Empty once nothing of the person may be left (declined)."""
    status: ReferralStatus
    since: datetime
    """Since when it has this status."""
    on_its_way: bool
    """Requested and not yet delivered to the partner's node."""
    cancel_asked: bool
    """The sender asked to cancel; the receiver has not answered yet."""
    overdue: bool
    """No answer in time."""
    owner: str | None
    list_position: int | None
    created_at: datetime

    @property
    def person(self) -> UUID | None:
        """Whom it is about: the own participant, or who is known by this referral alone; None when nothing of them is left."""
        return self.participant or (self.id if self.need else None)


class ReferralPage(Struct, frozen=True, rename="camel"):
    """Newest first. `next` is given to `after`; None at the end."""

    items: tuple[ReferralItem, ...]
    next: str | None = None


class ReferralAnswer(ReferralItem, frozen=True, kw_only=True, rename="camel"):
    """One referral whole, now or as it was recorded at `asOf`."""

    consent: UUID | None
    legal_task: LegalTask | None
    """On which ground it went, or is to go; neither is known at the receiver."""
    report_back: bool
    """Whether the person agreed that the receiver tells how they fare. False: the sender hears that it was taken, waits or has ended, and
    the receiver's own reasons; what else the receiver records stays there. For a draft not known yet."""
    letter: LetterAnswer | None
    answer_by: datetime | None
    """When an answer is expected: within 5 working days of the request's arrival."""
    reason: ReferralReason | None
    decided_by: DecidedBy | None
    outcome: Outcome | None
    timeline: tuple[TimelineEntry, ...]

    @property
    def person(self) -> UUID | None:
        """As of an item; and who is known by this referral alone is whoever its letter is about, whatever that leaves out."""
        return self.participant or (self.id if self.need or self.letter else None)


class ReferralsPosition(Struct, frozen=True, rename="camel"):
    """How far the node's log has come: as long as it stands there, no referral has changed."""

    position: int
