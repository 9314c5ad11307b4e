"""Consent: a participant agrees that one organisation may get some data, for a purpose, until a date. Withdrawing is as easy as giving."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, TypeAlias
from uuid import UUID

from msgspec import Struct, structs

from services.intake.domain.ages import PARTICIPANT
from services.intake.domain.agreed_data import special_in
from services.intake.domain.working_days import AMSTERDAM
from shared.personal import Subject
from shared.rules import NotFound, Refused

LONGEST = timedelta(days=3653)
"""Ten years: whoever agreed is asked again, at the latest by then."""


class Direction(StrEnum):
    """Which way data may go: to the recipient, back from it, or both."""

    SEND = "send"
    REPORT_BACK = "report-back"
    BOTH = "both"


class Evidence(Struct, frozen=True):
    """What shows that consent was given: written or oral, which text, when, who asked."""

    form: str
    text_version: str
    asked_on: date
    asked_by: str
    agreed_by: str = PARTICIPANT


class Terms(Struct, frozen=True):
    """What was agreed."""

    participant: UUID
    recipient: str
    purpose: str
    data: tuple[str, ...]
    direction: Direction
    since: datetime
    until: datetime
    evidence: Annotated[Evidence | None, Subject("participant")]
    explicit: bool = False
    """What `data` names of special categories was asked for by name and agreed to expressly (GDPR article 9, paragraph 2, under a)."""


class Give(Struct, frozen=True):
    """Record what the participant agreed to; the recipient is one of these organisations."""

    terms: Terms
    organisations: frozenset[str]
    may_agree: frozenset[str] = frozenset({PARTICIPANT})
    """Whose yes counts: the participant's, or their representative's."""


class Withdraw(Struct, frozen=True):
    """The participant takes it back."""

    at: datetime


class RelyOn(Struct, frozen=True):
    """A referral was sent on this ground."""

    referral: UUID


class Given(Struct, frozen=True, tag="intake.consent-given.v1"):
    """The participant agreed."""

    terms: Terms


class ReliedOn(Struct, frozen=True, tag="intake.consent-relied-on.v1"):
    """A referral was sent on this ground."""

    referral: UUID


class ReliedOnTooLate(Struct, frozen=True, tag="intake.consent-relied-on-too-late.v1"):
    """A referral was sent while the consent was being withdrawn."""

    referral: UUID
    withdrawn_at: datetime


class Withdrawn(Struct, frozen=True, tag="intake.consent-withdrawn.v1"):
    """The participant took it back; these referrals were sent on it."""

    at: datetime
    referrals: tuple[UUID, ...]


class Nothing(Struct, frozen=True):
    """Not given."""


class Standing(Struct, frozen=True):
    """Given; these referrals rely on it."""

    terms: Terms
    referrals: tuple[UUID, ...] = ()


class Ended(Struct, frozen=True):
    """Taken back."""

    terms: Terms
    at: datetime


Command: TypeAlias = Give | Withdraw | RelyOn
Event: TypeAlias = Given | ReliedOn | ReliedOnTooLate | Withdrawn
State: TypeAlias = Nothing | Standing | Ended
initial: State = Nothing()


def decide(command: Command, state: State) -> list[Event]:
    """Say what follows from a command.

    Refusals: `consent-by-representative`, `consent-exists`, `consent-in-future`, `consent-not-explicit`, `consent-period`,
    `consent-unknown`, `organisation-unknown`, `representative-unknown`.
    """
    match command, state:
        case Give(), Nothing():
            return _give(command)
        case Give(), Standing() | Ended():
            if structs.replace(command.terms, since=state.terms.since) == state.terms:
                return []
            raise Refused("consent-exists")
        case Withdraw(at), Standing(_, referrals):
            return [Withdrawn(at, referrals)]
        case Withdraw(), Ended():
            return []
        case RelyOn(referral), Standing(_, referrals):
            return [] if referral in referrals else [ReliedOn(referral)]
        case RelyOn(referral), Ended(_, at):
            return [ReliedOnTooLate(referral, at)]
        case _:
            raise NotFound("consent-unknown")


def _give(command: Give) -> list[Event]:
    terms, organisations = command.terms, command.organisations
    if terms.recipient not in organisations:
        known = ", ".join(sorted(organisations))
        raise NotFound("organisation-unknown", organisation=terms.recipient, known=known)
    check_evidence(terms.evidence, terms.since.astimezone(AMSTERDAM).date(), command.may_agree)
    if not timedelta() < terms.until - terms.since <= LONGEST:
        raise Refused("consent-period")
    if not terms.explicit and (named := special_in(terms.data)):
        raise Refused("consent-not-explicit", data=", ".join(named))
    return [Given(terms)]


def check_evidence(evidence: Evidence | None, today: date, may_agree: frozenset[str]) -> None:
    """Refuse what shows no consent: `consent-by-representative`, `consent-in-future`, `representative-unknown`."""
    if evidence is not None and evidence.asked_on > today:
        raise Refused("consent-in-future")
    if evidence is not None and evidence.agreed_by not in may_agree:
        raise Refused("consent-by-representative" if evidence.agreed_by == PARTICIPANT else "representative-unknown")


def evolve(state: State, event: Event) -> State:
    """Take in what happened."""
    match event, state:
        case Given(terms), Nothing():
            return Standing(terms)
        case ReliedOn(referral), Standing(terms, referrals):
            return Standing(terms, (*referrals, referral))
        case Withdrawn(at), Standing(terms):
            return Ended(terms, at)
        case _:
            return state
