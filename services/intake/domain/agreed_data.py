"""Which data somebody agrees to share: the words a consent uses, and the fields of a letter that they stand for.

Name, contact and need are what a referral is; everything else goes only where it was agreed. What is marked as a special category
(GDPR article 9) takes explicit consent: it must be named, and `letter` does not name it.
"""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import structs

from services.intake.domain.referral_progress import Letter
from shared.personal import special


class Data(StrEnum):
    """What can be agreed to."""

    LETTER = "letter"
    """All of the letter that is not of a special category."""
    HOPES = "hopes"
    LANGUAGE = "language"
    AREA = "area"
    ACCESSIBILITY = "accessibility"
    WAIT_TOLD = "wait-told"
    NOTE = "note"


ALWAYS = ("name_to_use", "contact_way", "contact", "contact_not", "need")
"""Fields of a letter without which there is none."""
SPECIAL = special(Letter)
"""Its fields that take explicit consent, with their category."""


def special_in(data: Iterable[str]) -> tuple[str, ...]:
    """Those of the words that name a special category."""
    return tuple(word for word in data if _field(word) in SPECIAL)


def left_out(data: Iterable[str], *, explicit: bool) -> tuple[str, ...]:
    """Fields of a letter that do not go when this was agreed to."""
    named = {_field(word) for word in data}
    return tuple(field for field in Letter.__struct_fields__ if not _goes(field, named, explicit=explicit))


def without(letter: Letter, fields: Iterable[str]) -> Letter:
    """The letter as it goes: these fields are empty."""
    return structs.replace(letter, **dict.fromkeys(fields, ""))


def _goes(field: str, named: set[str], *, explicit: bool) -> bool:
    if field in SPECIAL:
        return explicit and field in named
    return field in ALWAYS or field in named or Data.LETTER in named


def _field(word: str) -> str:
    return word.replace("-", "_")
