"""A receipt of what a participant agreed to, theirs to keep. Names follow ISO/IEC TS 27560:2023 (consent record information structure)."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from shared.contracts.intake.consents import ConsentDirection, ConsentPurpose, Evidence, FileConsentAnswer
from shared.contracts.intake.erasures import ErasureItem


class LawfulBasis(StrEnum):
    """GDPR article 6, paragraph 1, under a; with special categories also article 9, paragraph 2, under a."""

    CONSENT = "consent"
    EXPLICIT_CONSENT = "explicit-consent"


class EventState(StrEnum):
    """What became of it."""

    GIVEN = "given"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class PiiInformation(Struct, frozen=True, rename="camel"):
    """One kind of data. `special_category` is of GDPR article 9."""

    pii_type: str
    description: str
    """In plain words, in the language that was asked for."""
    special_category: str | None


class Party(Struct, frozen=True, rename="camel"):
    """An organisation."""

    party_id: str
    name: str


class ConsentReceipt(Struct, frozen=True, kw_only=True, rename="camel"):
    """What was agreed, with whom, for what, until when, how that is known, and how to take it back."""

    schema_version: str = "ISO/IEC TS 27560:2023"
    record_id: UUID
    pii_principal_id: UUID
    pii_controller: Party
    recipient: Party
    purpose: ConsentPurpose
    lawful_basis: LawfulBasis
    pii_information: tuple[PiiInformation, ...]
    direction: ConsentDirection
    event_time: datetime
    event_state: EventState
    valid_until: datetime
    withdrawn_at: datetime | None
    recipient_answers: tuple[ErasureItem, ...]
    """What the recipient was asked to destroy when it was taken back, one for each referral, and what it answered."""
    evidence: Evidence
    file_consent: FileConsentAnswer | None
    """That they agreed to the sender's own file; null: it is kept on a legal task, or nobody recorded it."""
    withdrawal_method: str
    """In plain words."""
    supervisory_authority: str

    @property
    def person(self) -> UUID:
        """Whose it is."""
        return self.pii_principal_id
