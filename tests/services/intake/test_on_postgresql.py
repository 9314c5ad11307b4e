"""The read models on PostgreSQL: they answer as on SQLite."""

from services.intake.domain import consent, incoming_referral, outgoing_referral, participant, partner_programme
from services.intake.main import SERVICE
from services.intake.views import consents, directory, participants, referrals
from shared.contracts.intake import Direction
from shared.eventlog.log import Log
from shared.eventlog.types import Step, Unit
from tests.services.intake.examples import (
    AGREED,
    BUDDY,
    DETAILS,
    FACTS,
    FILE_CONSENT,
    FULL,
    NOON,
    OTHER,
    PERSON,
    PROFILE,
    RECEIVED,
    REFERRAL,
    TERMS,
    THIRD,
    WISH,
)
from tests.support.masterkey import MASTER
from tests.support.postgres import postgres_url
from tests.support.projected import in_team

SCOPE = in_team("noord")
HEARD = partner_programme.Heard("welzin", BUDDY, DETAILS, "open", NOON, "", None)
STEPS = (
    Step(participant, PERSON, participant.Register(PROFILE, "noord", FILE_CONSENT)),
    Step(consent, AGREED, consent.Give(TERMS, FACTS.organisations)),
    Step(consent, AGREED, consent.Withdraw(NOON)),
    Step(partner_programme, THIRD, partner_programme.Hear(HEARD)),
    Step(outgoing_referral, REFERRAL, outgoing_referral.Draft(WISH)),
    Step(outgoing_referral, REFERRAL, outgoing_referral.Request(FACTS)),
    Step(incoming_referral, OTHER, incoming_referral.Receive(RECEIVED)),
    Step(incoming_referral, OTHER, incoming_referral.Accept("Ann", "noord")),
    Step(incoming_referral, OTHER, incoming_referral.HearCancelAsked(*FULL)),
    Step(incoming_referral, OTHER, incoming_referral.ConfirmCancel()),
)


async def test_read_models_answer_as_on_sqlite() -> None:
    log = await Log.open("humanitas.intake", postgres_url(), SERVICE.deciders, SERVICE.views, master=MASTER)
    await log.write(Unit(steps=STEPS, by="user:ann"))
    found = await log.query(lambda connection: participants.search(connection, SCOPE, "mevrouw", ""))
    ground = await log.query(lambda connection: consents.ground(connection, SCOPE, AGREED))
    wanted = directory.Wanted(areas=("WK030701",))
    listed = await log.query(lambda connection: directory.page(connection, SCOPE, wanted, ("A", "", BUDDY), 9))
    place = (log.clock(), THIRD)
    incoming = referrals.Wanted(direction=Direction.IN, overdue=False)
    inbox = await log.query(lambda connection: referrals.page(connection, SCOPE, incoming, place, 9))
    await log.close()
    assert [one.id for one in found] == [PERSON]
    assert ground
    assert ground.withdrawn
    assert [one.id for one in listed] == [BUDDY]
    assert [(one.status, one.owner, one.cancel_asked) for one in inbox] == [("cancelled", "Ann", False)]
