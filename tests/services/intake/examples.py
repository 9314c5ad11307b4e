"""Example records, shared by the tests of intake."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from services.intake.domain import consent, interview, programme, sending
from services.intake.domain.file_ground import FileConsent
from services.intake.domain.incoming_events import Received
from services.intake.domain.outgoing_events import Drafted, HandedOver, Requested, Wish
from services.intake.domain.profile import Profile
from services.intake.domain.referral_progress import Accepted, DecidedBy, Letter, Outcome, Reason

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
"""A Monday."""
ANSWER_BY = datetime(2026, 11, 30, 23, tzinfo=UTC)
"""The end of the fifth working day after it, in Amsterdam."""
LATER = NOON + timedelta(days=90)
OURS, THEIRS = DecidedBy.ORGANISATION, DecidedBy.PARTICIPANT
FULL = (Reason.AT_CAPACITY, OURS)

REFERRAL = UUID("01930000-0000-7000-8000-000000000001")
PERSON = UUID("01930000-0000-7000-8000-000000000002")
BUDDY = UUID("01930000-0000-7000-8000-000000000003")
AGREED = UUID("01930000-0000-7000-8000-000000000004")

LETTER = Letter(
    name_to_use="Mevrouw Bakker",
    contact_way="phone",
    contact="072 555 01 02",
    contact_not="Niet voor tien uur",
    need="Iemand om mee te wandelen",
    hopes="Weer onder de mensen",
    language="nl",
    area="WK030701",
    accessibility="",
    wait_told="ongeveer een maand",
    note="Woont sinds kort bij haar dochter in de buurt",
)
WISH = Wish("welzin", BUDDY, PERSON, None, AGREED, LETTER)
GROUND = sending.Ground(
    AGREED, PERSON, "welzin", "referral", consent.Direction.BOTH, LATER, False, ("letter", "language"), True
)
FACTS = sending.Facts(
    own="humanitas",
    organisations=frozenset({"humanitas", "welzin", "carrefour"}),
    partners=frozenset({"welzin"}),
    programme=sending.Programme("Maatje", "open"),
    participant_ended=False,
    birth_year=1947,
    age_band="75-plus",
    government=False,
    task=None,
    ground=GROUND,
    at=NOON,
)
REQUESTED = Requested(AGREED, LATER, NOON, ANSWER_BY, ("accessibility",))
SENT = (Drafted(WISH), REQUESTED)
ON_THE_WIRE = (*SENT, HandedOver())
RECEIVED = Received("humanitas", REFERRAL, BUDDY, LETTER, ANSWER_BY)
TAKEN = (RECEIVED, Accepted("Ann"))
OUTCOME = Outcome("Ze wandelt elke week met Corrie", "yes", "Ik kom weer buiten", "")

PROFILE = Profile(
    name_to_use="Mevrouw Bakker",
    contact_way="phone",
    contact="072 555 01 02",
    contact_not="Niet voor tien uur",
    language="nl",
    area="GM0361",
    age_band="75-plus",
    birth_year=1947,
    life_event="moved",
)
TERMS = consent.Terms(
    participant=PERSON,
    recipient="welzin",
    purpose="referral",
    data=("letter",),
    direction=consent.Direction.BOTH,
    since=NOON,
    until=LATER,
    evidence=consent.Evidence("oral", "2026-1", date(2026, 11, 23), "Ann"),
)
FILE_CONSENT = FileConsent("oral", "2026-1", date(2026, 11, 23), "Ann", explicit=True)
DETAILS = programme.Details(name="Maatje", kind="buddy", description="Samen op pad", areas=("GM0307",), cost_cents=0)
FINDINGS = interview.Findings(
    asked_for="Een maatje",
    question_behind_it="Ze kent niemand in de nieuwe buurt",
    suitable_now=True,
    suitable_why="Ze komt graag buiten",
    purpose="prevention",
    next_steps="Verwijzen naar WELZIN",
)
OTHER, THIRD = UUID(int=2**100), UUID(int=2**101)
