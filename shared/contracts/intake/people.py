"""Participants, their consents and intake interviews, as the API of intake takes and gives them."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from shared.contracts.intake.consents import FileConsentAnswer, GiveFileConsent
from shared.contracts.intake.grounds import LegalTask
from shared.contracts.text import Name, Said, Short, Text


class ContactWay(StrEnum):
    """How a person wants to be reached."""

    PHONE = "phone"
    EMAIL = "email"
    POST = "post"
    VISIT = "visit"
    THROUGH_SOMEONE = "through-someone"


class AgeBand(StrEnum):
    """Age, as roughly as is enough."""

    UNDER_18 = "under-18"
    FROM_18 = "18-29"
    FROM_30 = "30-44"
    FROM_45 = "45-59"
    FROM_60 = "60-74"
    FROM_75 = "75-plus"


class LifeEvent(StrEnum):
    """What changed in somebody's life."""

    MOVED = "moved"
    LOST_WORK = "lost-work"
    STARTED_STUDYING = "started-studying"
    SEPARATED = "separated"
    LOST_SOMEONE = "lost-someone"
    RETIRED = "retired"
    BECAME_ILL = "became-ill"
    BECAME_CARER = "became-carer"
    OTHER = "other"


class InterviewPurpose(StrEnum):
    """What help would be for."""

    PREVENTION = "prevention"
    CURE = "cure"
    AFTERCARE = "aftercare"


class Contact(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """How to reach somebody, and how not."""

    way: ContactWay
    value: Name
    not_this_way: Text = ""


class Capacity(StrEnum):
    """As what somebody decides for a person, or with them: a parent, a guardian (voogd), a curator or a mentor."""

    PARENT = "parent"
    GUARDIAN = "guardian"
    CURATOR = "curator"
    MENTOR = "mentor"


class Representative(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Who decides for the person, or with them."""

    name: Name
    way: ContactWay
    contact: Name
    capacity: Capacity


class ToldOfParticipant(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Only a name to use and a way of contact are asked of everybody."""

    name_to_use: Name
    contact: Contact
    language: Short = ""
    area: Short = ""
    """CBS code (GM…, WK…, BU…) or an own work area."""
    age_band: AgeBand | None = None
    birth_year: Annotated[int, Meta(ge=1900, le=2100)] | None = None
    living_situation: Text = ""
    life_event: LifeEvent | None = None
    hopes: Text = ""
    strengths: Text = ""
    under_guardianship: bool = False
    """Under curatorship or mentorship: then, and under 16, a representative is needed."""
    representative: Representative | None = None


class RegisterParticipant(ToldOfParticipant, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Take somebody in. Only a name to use and a way of contact are asked of everybody."""

    id: UUID
    legal_task: LegalTask | None = None
    """The ground of a government body, and of nobody else."""
    file_consent: GiveFileConsent | None = None
    """The ground of everybody else; none: as it is asked when nothing is said, which is not `explicit`.

    `language`, `lifeEvent`, `underGuardianship` and what a representative is are of special categories: they need `explicit`, or the
    legal task's `exception`.
    """


class CorrectParticipant(ToldOfParticipant, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """All of it anew, as it should be: what is left out is not known any more (GDPR article 16). The ground is asked as at registering."""

    legal_task: LegalTask | None = None
    file_consent: GiveFileConsent | None = None
    """Neither: the ground that is recorded; it must cover what is told now."""


class MoveParticipant(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Whose file it is from now on; none: the whole organisation's."""

    team: Name | None


class EndParticipant(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The person needs nothing more from this organisation."""

    reason: Text = ""


class ParticipantAnswer(Struct, frozen=True, kw_only=True, rename="camel"):
    """One participant. `possible_duplicates` is filled for one participant, not in lists."""

    id: UUID
    name_to_use: str
    contact: Contact
    language: str
    area: str
    age_band: AgeBand | None
    birth_year: int | None
    living_situation: str
    life_event: LifeEvent | None
    hopes: str
    strengths: str
    under_guardianship: bool
    representative: Representative | None
    legal_task: LegalTask | None
    """On which ground the file is kept; none: consent."""
    file_consent: FileConsentAnswer | None
    """That the person agreed to the file; none: a legal task, or an earlier version did not ask: it is asked at the next correction."""
    team: str | None
    registered_at: datetime
    ended_at: datetime | None
    possible_duplicates: tuple[UUID, ...] = ()

    @property
    def person(self) -> UUID:
        """Whom it is about."""
        return self.id


class SearchParticipants(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Look before registering: by the start of a name, by a contact, or by both (either may match)."""

    name: Short = ""
    contact: Short = ""


class ParticipantPage(Struct, frozen=True, rename="camel"):
    """Newest first. `next` is given to `after`; None at the end."""

    items: tuple[ParticipantAnswer, ...]
    next: str | None = None


class RecordInterview(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The conversation that finds out what fits."""

    id: UUID
    held_on: date
    by: Name
    asked_for: Said
    question_behind_it: Text = ""
    suitable_now: bool
    """For a meeting market: the right phase now, or not yet."""
    suitable_why: Text = ""
    purpose: InterviewPurpose
    next_steps: Text = ""


class InterviewAnswer(Struct, frozen=True, kw_only=True, rename="camel"):
    """One intake interview."""

    id: UUID
    participant: UUID
    held_on: date
    by: str
    asked_for: str
    question_behind_it: str
    suitable_now: bool
    suitable_why: str
    purpose: InterviewPurpose
    next_steps: str
    recorded_at: datetime

    @property
    def person(self) -> UUID:
        """With whom it was."""
        return self.participant


class InterviewPage(Struct, frozen=True, rename="camel"):
    """A participant's interviews, newest first."""

    items: tuple[InterviewAnswer, ...]
    next: str | None = None
