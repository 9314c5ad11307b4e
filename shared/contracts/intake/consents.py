"""Consents of participants, as the API of intake takes and gives them."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from shared.contracts.text import Name


class ConsentPurpose(StrEnum):
    """What a consent is for."""

    REFERRAL = "referral"


class ConsentData(StrEnum):
    """What may be shared, beside name, contact and need. `letter`: all of the letter but `language` and `accessibility`.

    Those two are of a special category (origin, health): they take explicit consent, by name.
    """

    LETTER = "letter"
    HOPES = "hopes"
    LANGUAGE = "language"
    AREA = "area"
    ACCESSIBILITY = "accessibility"
    WAIT_TOLD = "wait-told"
    NOTE = "note"


class ConsentDirection(StrEnum):
    """Which way data may go: to the recipient, back from it, or both."""

    SEND = "send"
    REPORT_BACK = "report-back"
    BOTH = "both"


class EvidenceForm(StrEnum):
    """How consent was given."""

    WRITTEN = "written"
    ORAL = "oral"


class AgreedBy(StrEnum):
    """Who said yes."""

    PARTICIPANT = "participant"
    REPRESENTATIVE = "representative"


class Evidence(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What shows that consent was given."""

    form: EvidenceForm
    text_version: Name
    asked_on: date
    asked_by: Name
    agreed_by: AgreedBy = AgreedBy.PARTICIPANT
    """Under 16, or under guardianship, the representative agrees."""


class GiveFileConsent(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The person agrees that a file is kept of them. What is left out: in words, by the text of now, today, by the caller."""

    form: EvidenceForm | None = None
    text_version: Name | None = None
    asked_on: date | None = None
    asked_by: Name | None = None
    agreed_by: AgreedBy = AgreedBy.PARTICIPANT
    """Under 16, or under guardianship, the representative agrees."""
    explicit: bool = False
    """What the file holds of special categories was asked for by name, and agreed to expressly (GDPR article 9)."""


class FileConsentAnswer(Struct, frozen=True, kw_only=True, rename="camel"):
    """That the person agreed to the file, and what shows it. It covers interviews, interests and kliks too."""

    form: EvidenceForm
    text_version: str
    asked_on: date
    asked_by: str
    agreed_by: AgreedBy
    explicit: bool


class GiveConsent(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The participant agrees that `data` may be shared with one organisation until a date."""

    id: UUID
    recipient: Name
    """Organisation's slug."""
    purpose: ConsentPurpose = ConsentPurpose.REFERRAL
    data: tuple[ConsentData, ...] = (ConsentData.LETTER,)
    explicit: bool = False
    """What `data` names of special categories was asked for by name, and agreed to expressly (GDPR article 9)."""
    direction: ConsentDirection = ConsentDirection.BOTH
    until: datetime
    evidence: Evidence


class ConsentAnswer(Struct, frozen=True, kw_only=True, rename="camel"):
    """One consent."""

    id: UUID
    participant: UUID
    recipient: str
    purpose: ConsentPurpose
    data: tuple[str, ...]
    explicit: bool
    direction: ConsentDirection
    since: datetime
    until: datetime
    evidence: Evidence
    withdrawn_at: datetime | None

    @property
    def person(self) -> UUID:
        """Whose it is."""
        return self.participant


class ConsentPage(Struct, frozen=True, rename="camel"):
    """A participant's consents, newest first."""

    items: tuple[ConsentAnswer, ...]
    next: str | None = None
    file_consent: FileConsentAnswer | None = None
    """That they agreed to the file itself; null: it is kept on a legal task, or nobody recorded it."""
