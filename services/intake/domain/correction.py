"""What a letter tells of somebody's file, and so what is told again when the file was wrong (GDPR articles 16 and 19).

Both sides keep the words of the letter; the sender corrects them, the receiver takes that in and says so. Corrections are numbered from 1
and each is whole: who has heard one has heard all before it.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Struct, structs

from services.intake.domain.profile import Profile
from services.intake.domain.referral_progress import Letter
from shared.personal import Category, Personal, Special, Subject


class About(Struct, frozen=True):
    """The part of a letter that stands in the file too."""

    name_to_use: str
    contact_way: str
    contact: str
    contact_not: str
    language: Annotated[str, Special(Category.ORIGIN)]
    area: str


class Correct(Struct, frozen=True):
    """The file says this since then."""

    about: About
    at: datetime


class HandOver(Struct, frozen=True):
    """From now on the partner may have this correction."""

    number: int


class HearConfirmed(Struct, frozen=True):
    """The partner has taken a correction in."""

    partner: str
    number: int


class Hear(Struct, frozen=True):
    """The sender corrects what it told."""

    number: int
    about: About


class Told(Struct, frozen=True, tag="intake.outgoing-corrected.v1"):
    """The letter says this now; told to the partner, unless the number is 0."""

    number: int
    participant: UUID
    about: Annotated[About | None, Subject("participant")]


class HandedOver(Struct, frozen=True, tag="intake.outgoing-correction-handed-over.v1"):
    """From now on the partner may have it: one that never went cannot be lost."""

    number: int


class Confirmed(Struct, frozen=True, tag="intake.outgoing-correction-confirmed.v1"):
    """The partner has taken it in."""

    number: int


class Taken(Struct, frozen=True, tag="intake.incoming-corrected.v1"):
    """The sender's word on the person is this now; None where nothing of them was left."""

    number: int
    about: Personal[About]


def about(source: Profile | Letter) -> About:
    """What a file, or a letter, says."""
    return About(*(getattr(source, name) for name in About.__struct_fields__))


def put_right(letter: Letter, said: About) -> Letter:
    """The letter as it should have been."""
    return structs.replace(letter, **structs.asdict(said))


def taken(number: int, said: About, letter: Letter | None, last: int) -> list[Taken]:
    """What hearing a correction after the last one comes to; nothing when the letter says so already."""
    if number <= last and (letter is None or put_right(letter, said) == letter):
        return []
    return [Taken(number, said if letter else None)]
