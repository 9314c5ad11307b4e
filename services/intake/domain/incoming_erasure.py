"""The sender asks to forget whom a referral told of: they want it, or took consent back.

Who never took it up forgets at once; where somebody was helped a person decides.
"""

from typing import ClassVar, TypeAlias
from uuid import UUID

from msgspec import Struct

from services.intake.domain.erasure import Ground
from shared.personal import ASIDE, Subject


class HearErasureAsked(Struct, frozen=True):
    """The participant wants to be forgotten, or took consent back, says the sender."""

    sender: str
    reference: UUID


class Forget(Struct, frozen=True):
    """Nothing of the person is to be left."""


class RefuseErasure(Struct, frozen=True):
    """Keep it, on a ground that the law knows."""

    ground: Ground


class NoteErasureOverdue(Struct, frozen=True):
    """The month in which the law wants an answer has passed (GDPR article 12, paragraph 3)."""


class ErasureAsked(Struct, frozen=True, tag="intake.incoming-erasure-asked.v1"):
    """The participant wants to be forgotten, or took consent back, says the sender. What of its letters was put aside goes unread."""

    FORGETS: ClassVar = (Subject("reference", ASIDE),)
    sender: str
    reference: UUID


class Forgotten(Struct, frozen=True, tag="intake.incoming-forgotten.v1"):
    """Nothing of the person is left; that there was a referral stays."""

    FORGETS: ClassVar = (Subject(),)


class ErasureRefused(Struct, frozen=True, tag="intake.incoming-erasure-refused.v1"):
    """It is kept, on this ground."""

    ground: Ground


class ErasureOverdue(Struct, frozen=True, tag="intake.incoming-erasure-overdue.v1"):
    """This organisation did not answer in time."""


class Unheard(Struct, frozen=True):
    """The sender asked to forget what never came, or was lost here."""

    sender: str
    reference: UUID
    erasure_asked: bool = True


Command: TypeAlias = HearErasureAsked | Forget | RefuseErasure | NoteErasureOverdue
Event: TypeAlias = ErasureAsked | Forgotten | ErasureRefused | ErasureOverdue
