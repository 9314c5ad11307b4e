"""A participant's file: everything an organisation keeps of one person, to be read by that person (GDPR articles 15 and 20).

| method and path | roles | answer |
|---|---|---|
| GET /v1/participants/{id}/file (intake) | coordinator of the team, privacy officer | IntakeFile |
| GET /v1/participants/{id}/file (network) | the same | NetworkFile |
| GET /v1/participants/{id}/file (events) | the same | EventsFile |
| GET /participants/{id}/file (gateway) | the same | ParticipantFile, or a document to read (`Accept: text/html`) |

Whole, never a page. What belongs to others is left out: of a klik the file has the contact that the other chose to share, and no more;
a yes that was not answered is nobody's to see. docs/participant-file.md describes the gateway's answer.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from msgspec import Struct

from shared.contracts.access import AccessAction, AccessGround
from shared.contracts.intake import (
    ConsentAnswer,
    ErasureItem,
    InterviewAnswer,
    LetterAnswer,
    ParticipantAnswer,
    ReferralAnswer,
)
from shared.contracts.intake.break_glass import BreakGlassAnswer
from shared.contracts.intake.links import LinkAnswer
from shared.contracts.network import Interests

FORMAT = "nl.kring.participant-file.v1"
"""Name of the gateway's answer; a breaking change is a new number."""


class Noted(Struct, frozen=True, kw_only=True, rename="camel"):
    """One thing that was recorded of the person themselves, as it was recorded then."""

    at: datetime
    what: str
    """`participant-registered`, `participant-ended`, `interests-set` …"""
    by: str
    """`user:<subject>`, `partner:<organisation>`, `policy:<name>` or `system`."""
    told: dict[str, Any]
    """What it held, by name; null for what was erased since."""


class Read(Struct, frozen=True, kw_only=True, rename="camel"):
    """What one caller saw of the person on one day in the same way: from the access log, where each time stands by itself."""

    at: datetime
    """The first time that day."""
    until: datetime
    """The last time that day."""
    count: int
    by: str
    """`user:<subject>` or `system`."""
    roles: tuple[str, ...]
    team: str | None
    client: str
    action: AccessAction
    what: str
    """The route by which (`GET /v1/participants/{id}`)."""
    ground: AccessGround


class FiledReferral(ReferralAnswer, frozen=True, kw_only=True, rename="camel"):
    """A referral that was sent about the person, with the letter and the timeline."""

    programme_name: str | None
    """As last heard; null when this organisation does not know the programme any more."""
    written: LetterAnswer | None
    """The letter as it was written, where the person did not agree to all of it: the rest did not go; null: all of it goes."""
    erasure: ErasureItem | None
    """What the partner was asked to forget, and what it answered."""


class Kept(Struct, frozen=True, kw_only=True, rename="camel"):
    """How long the file stays (GDPR article 15, paragraph 1 d)."""

    months_after_end: int
    """Months that the organisation keeps a file that has ended."""
    goes_at: datetime | None
    """When this file is erased, at the earliest; null: it has not ended."""


class IntakeFile(Struct, frozen=True, kw_only=True, rename="camel"):
    """What intake keeps. Referrals and consents newest first; what was recorded oldest first."""

    participant: ParticipantAnswer
    """Without possible duplicates: those are other people."""
    consents: tuple[ConsentAnswer, ...]
    interviews: tuple[InterviewAnswer, ...]
    referrals: tuple[FiledReferral, ...]
    openings: tuple[BreakGlassAnswer, ...]
    """When staff of another team opened the file, and why."""
    links: tuple[LinkAnswer, ...]
    """The person's own links to the file."""
    kept: Kept
    history: tuple[Noted, ...]
    reads: tuple[Read, ...]


class FiledKlik(Struct, frozen=True, kw_only=True, rename="camel"):
    """Somebody with whom both said yes to staying in touch."""

    since: datetime
    until: datetime | None
    """When it ended, by either; null: it stands."""
    contact: str | None
    """What the other chose to share; null when it ended, or the other is gone."""
    own_contact: str | None
    """What the person chose to share."""


class NetworkFile(Struct, frozen=True, kw_only=True, rename="camel"):
    """What the network keeps. Oldest first."""

    since: datetime
    interests: Interests | None
    kliks: tuple[FiledKlik, ...]
    history: tuple[Noted, ...]
    reads: tuple[Read, ...]


class EventsFile(Struct, frozen=True, kw_only=True, rename="camel"):
    """What the service for meetings keeps: that the person can be registered there."""

    since: datetime
    history: tuple[Noted, ...]
    reads: tuple[Read, ...]


class FileGround(StrEnum):
    """Why the organisation may keep the file (GDPR article 6, paragraph 1 a and e). Referrals name their own.

    The rest stands on the file's: interviews, interests and kliks are kept on it, and go when it ends or is erased.
    """

    CONSENT = "consent"
    """`fileConsent` of the participant shows it."""
    LEGAL_TASK = "legal-task"
    """`legalTask` of the participant names it."""
    NOT_RECORDED = "not-recorded"
    """An earlier version did not ask; the next correction of the file does."""


class Purpose(StrEnum):
    """What the organisation uses the data for (GDPR article 15, paragraph 1 a)."""

    CARE = "care"
    """To find company or help that fits."""
    REFERRAL = "referral"
    """To ask another organisation to help, and to hear whether it did."""
    NETWORK = "network"
    """To bring people together who like the same."""
    ACCOUNT = "account"
    """To be able to account for what was done and read."""


class Right(StrEnum):
    """What the person can ask (GDPR article 15, paragraph 1 e and f; articles 7, 16 to 18, 20, 21 and 77)."""

    CORRECT = "correct"
    ERASE = "erase"
    RESTRICT = "restrict"
    OBJECT = "object"
    WITHDRAW = "withdraw"
    TAKE_ALONG = "take-along"
    COMPLAIN = "complain"


class Recipient(Struct, frozen=True, kw_only=True, rename="camel"):
    """An organisation that was told of the person, or may be (GDPR article 15, paragraph 1 c)."""

    organisation: str
    """Slug."""
    name: str
    agreed: bool
    """A consent for it holds now."""
    told: datetime | None
    """When a referral was last sent there; null: never."""


class Account(Struct, frozen=True, kw_only=True, rename="camel"):
    """Why the data may be kept and are, who was told of them, and what the person can ask: what article 15, paragraph 1 wants said."""

    ground: FileGround
    purposes: tuple[Purpose, ...]
    recipients: tuple[Recipient, ...]
    rights: tuple[Right, ...]


class ParticipantFile(Struct, frozen=True, kw_only=True, rename="camel"):
    """Everything one organisation keeps of one person, from its three services."""

    format: str
    organisation: str
    """Slug."""
    organisation_name: str
    participant: UUID
    made_at: datetime
    account: Account
    intake: IntakeFile
    network: NetworkFile | None
    """Null: it keeps nothing, because the person's file has ended."""
    events: EventsFile | None
    """Null: it keeps nothing, because the person's file has ended."""
