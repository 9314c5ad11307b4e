"""What must hold before a referral may go to a partner: small rules over facts that were looked up."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from services.intake.domain import ages, grounds
from services.intake.domain.agreed_data import left_out
from services.intake.domain.consent import Direction
from services.intake.domain.grounds import LegalTask
from services.intake.domain.working_days import AMSTERDAM
from shared.rules import NotFound, Refused

REFERRAL = "referral"
STOP = "stop"


class Programme(Struct, frozen=True):
    """The wished programme, as the directory has it; `open_instead` names open ones of its kind and area."""

    name: str
    status: str
    open_instead: tuple[str, ...] = ()
    for_ages: ages.Ages = (ages.ADULT, None)


class Ground(Struct, frozen=True):
    """The consent that was named."""

    id: UUID
    participant: UUID
    recipient: str
    purpose: str
    direction: Direction
    until: datetime
    withdrawn: bool
    data: tuple[str, ...]
    explicit: bool

    @property
    def left_out(self) -> tuple[str, ...]:
        """Fields of the letter that it does not let go."""
        return left_out(self.data, explicit=self.explicit)

    @property
    def report_back(self) -> bool:
        """Whether the partner may tell how the person fares."""
        return self.direction is Direction.BOTH


class Facts(Struct, frozen=True, kw_only=True):
    """All that the rules need to know, as it was when somebody asked."""

    own: str
    """The own organisation's slug."""
    organisations: frozenset[str]
    """Everybody in the register."""
    partners: frozenset[str]
    """Those an agreement lets us refer to."""
    programme: Programme | None
    participant_ended: bool
    birth_year: int | None
    age_band: str | None
    government: bool
    """The own organisation is a government body."""
    task: LegalTask | None
    """The legal task that was named."""
    ground: Ground | None
    at: datetime


def check(to: str, participant: UUID, facts: Facts) -> Ground | LegalTask:
    """Give the ground it may go on, or refuse with the first rule that does not hold. No refusal tells about the person."""
    _check_organisation(to, facts)
    _check_programme(to, facts)
    if facts.participant_ended:
        raise Refused("participant-ended")
    grounds.check(facts.task, government=facts.government)
    if facts.task is not None:
        return facts.task
    return _ground(to, participant, facts)


def _check_organisation(to: str, facts: Facts) -> None:
    if to == facts.own:
        raise Refused("referral-to-self")
    if to not in facts.organisations:
        raise NotFound("organisation-unknown", organisation=to, known=", ".join(sorted(facts.organisations)))
    if to not in facts.partners:
        raise Refused("no-agreement", organisation=to)


def _check_programme(to: str, facts: Facts) -> None:
    if facts.programme is None:
        raise NotFound("programme-unknown", organisation=to)
    if facts.programme.status == STOP:
        if not facts.programme.open_instead:
            raise Refused("programme-stopped-alone", programme=facts.programme.name)
        instead = ", ".join(facts.programme.open_instead)
        raise Refused("programme-stopped", programme=facts.programme.name, open=instead)
    year = facts.at.astimezone(AMSTERDAM).year
    if not ages.fits(facts.birth_year, facts.age_band, facts.programme.for_ages, year):
        raise Refused("programme-other-ages", programme=facts.programme.name, ages=ages.words(facts.programme.for_ages))


def _ground(to: str, participant: UUID, facts: Facts) -> Ground:
    match facts.ground:
        case Ground(participant=whose) if whose != participant:
            raise Refused("consent-missing", organisation=to)
        case Ground(withdrawn=True):
            raise Refused("consent-withdrawn", organisation=to)
        case Ground(recipient=other) if other != to:
            raise Refused("consent-other-recipient", organisation=to, recipient=other)
        case Ground(purpose=purpose, direction=direction) if purpose != REFERRAL or direction is Direction.REPORT_BACK:
            raise Refused("consent-other-use", organisation=to)
        case Ground(until=until) if until <= facts.at:
            raise Refused("consent-expired", organisation=to, until=until.date().isoformat())
        case Ground() as ground:
            return ground
        case _:
            raise Refused("consent-missing", organisation=to)
