"""Forgetting people: what the API of intake takes and gives."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from shared.contracts.intake.referrals import Direction


class ErasureGround(StrEnum):
    """Why a recipient keeps what it was asked to erase: what the law allows it to name (GDPR article 17, paragraph 3)."""

    LEGAL_OBLIGATION = "legal-obligation"
    PUBLIC_TASK = "public-task"
    LEGAL_CLAIMS = "legal-claims"
    OWN_CONSENT = "own-consent"


class ErasureAnswer(Struct, frozen=True, kw_only=True, rename="camel"):
    """Somebody was forgotten, and these partners were asked to forget them too."""

    participant: UUID
    erased_at: datetime
    partners: tuple[str, ...]


class ErasureItem(Struct, frozen=True, kw_only=True, rename="camel"):
    """Somebody is to be forgotten: by a partner (`out`), or by this organisation at a partner's request (`in`).

    `ground` is why that does not happen; none: it has happened, or there is no answer yet.
    """

    id: UUID
    direction: Direction
    referral: UUID
    partner: str
    asked_at: datetime
    answer_by: datetime
    answered_at: datetime | None
    ground: ErasureGround | None
    overdue: bool


class ErasurePage(Struct, frozen=True, rename="camel"):
    """Newest first. `next` is the `after` of the following page; null at the end."""

    items: tuple[ErasureItem, ...]
    next: str | None = None


class RefuseErasure(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """On which ground it is kept."""

    ground: ErasureGround
