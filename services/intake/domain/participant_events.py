"""What happens to a participant."""

from typing import ClassVar, TypeAlias
from uuid import UUID

from msgspec import Struct

from services.intake.domain.correction import About
from services.intake.domain.file_ground import FileConsent
from services.intake.domain.grounds import LegalTask
from services.intake.domain.profile import Profile
from shared.personal import ASKED, EXPIRED, Personal, Subject


class Registered(Struct, frozen=True, tag="intake.participant-registered.v1"):
    """Somebody became known, on a legal task, or because they agreed that a file is kept.

    Neither is there when they were forgotten, or were registered by an earlier version, which did not ask.
    """

    profile: Personal[Profile]
    team: str | None
    task: LegalTask | None = None
    consent: Personal[FileConsent] = None


class GroundNamed(Struct, frozen=True, tag="intake.participant-ground-named.v1"):
    """On this ground the file is kept from now on: one of the two, or none where the person was forgotten."""

    task: LegalTask | None = None
    consent: Personal[FileConsent] = None


class Corrected(Struct, frozen=True, tag="intake.participant-corrected.v1"):
    """This is how it is; these referrals told of it."""

    profile: Personal[Profile]
    referrals: tuple[UUID, ...]


class LetterOutdated(Struct, frozen=True, tag="intake.participant-letter-outdated.v1"):
    """A referral that was written before a correction became known after it: it is put right as the file says."""

    about: Personal[About]
    referral: UUID


class MinorTold(Struct, frozen=True, tag="intake.participant-minor-told.v1"):
    """Others were told that the person is a minor: who was registered by an earlier version was told of without an age."""


class CameOfAge(Struct, frozen=True, tag="intake.participant-came-of-age.v1"):
    """The person is surely 18."""


class Moved(Struct, frozen=True, tag="intake.participant-moved.v1"):
    """The file is another team's."""

    team: str | None


class Ended(Struct, frozen=True, tag="intake.participant-ended.v1"):
    """The person needs nothing more here."""

    reason: Personal[str]


class ReferralNoted(Struct, frozen=True, tag="intake.participant-referral-noted.v1"):
    """A referral tells a partner about this person."""

    referral: UUID
    to: str


class ReferralForgotten(Struct, frozen=True, tag="intake.participant-referral-forgotten.v1"):
    """The person is forgotten, and with them what a referral came to; its partner is to forget them too."""

    FORGETS: ClassVar = (Subject("referral"), Subject(purpose=ASKED))
    referral: UUID
    to: str


class ReferralExpired(Struct, frozen=True, tag="intake.participant-referral-expired.v1"):
    """The person is forgotten here, and with them what a referral came to; its partner is asked nothing."""

    FORGETS: ClassVar = (Subject("referral"), Subject(purpose=EXPIRED))
    referral: UUID
    to: str


class Erased(Struct, frozen=True, tag="intake.participant-erased.v1"):
    """Nothing of the person is left but that there was one."""

    FORGETS: ClassVar = (Subject(),)


Event: TypeAlias = (
    Registered
    | GroundNamed
    | Corrected
    | LetterOutdated
    | Moved
    | MinorTold
    | CameOfAge
    | Ended
    | ReferralNoted
    | ReferralForgotten
    | ReferralExpired
    | Erased
)
