"""What an organisation's intake records in years: people who asked for company, and referrals from partners, each as far as it came."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid5

from services.intake.domain import incoming_events, incoming_referral, participant
from services.intake.domain.file_ground import FileConsent
from services.intake.domain.profile import Profile
from services.intake.domain.referral_progress import DecidedBy, Letter, Outcome, Reason
from services.intake.main import SERVICE
from shared.eventlog.log import Log
from shared.eventlog.masterkey import Master
from shared.eventlog.types import Decider, Step, Unit
from shared.ids import uuid7
from tests.support.masterkey import MASTER

TOGETHER = 2_000
"""Units that wait at the same time while a history is written."""
PARTNERS = ("humanitas", "carrefour", "gemeente-alkmaar")
ANSWER_BY = datetime(2036, 1, 1, tzinfo=UTC)
"""Far away: no deadline falls while it is measured."""
_PLACE = UUID("3d6cc0a5-7d8a-4d7e-9a3b-6b1f5f1c2a10")


async def write(log: Log, count: int) -> None:
    """So many referrals, and a participant with every tenth of them."""
    units = _units(count)
    while some := [unit for _, unit in zip(range(TOGETHER), units, strict=False)]:
        await asyncio.gather(*(log.write(unit) for unit in some))


async def written(node: str, url: str, count: int, master: Master = MASTER) -> None:
    """The history in a new database, without views: whoever opens it next makes them."""
    log = await Log.open(node, url, SERVICE.deciders, master=master)
    await write(log, count)
    await log.close()


def _units(count: int) -> Iterator[Unit]:
    for number in range(count):
        yield _unit(incoming_referral, _course(number))
        if number % 10 == 0:
            yield _unit(participant, [participant.Register(profile(number), None, AGREED)])


def _unit(decider: Decider, commands: Sequence[Any]) -> Unit:
    stream = uuid7()
    return Unit(steps=[Step(decider, stream, command) for command in commands], by="user:bench")


AGREED = FileConsent("oral", "2026-1", date(2026, 1, 5), "bench")
"""To the file."""


def profile(number: int) -> Profile:
    """Somebody."""
    return Profile(
        name_to_use=f"Ans {number}", contact_way="phone", contact=f"06 {number:08}", contact_not="", area="GM0361"
    )


def _course(number: int) -> Sequence[Any]:
    """Most wait, as many as anybody could fear; the others were declined, are in care, or came to their end."""
    received = incoming_referral.Receive(_received(number))
    accepted = incoming_referral.Accept("coordinator")
    match number % 10:
        case 0:
            return [received, incoming_referral.Decline(Reason.AT_CAPACITY, DecidedBy.ORGANISATION)]
        case 1:
            return [received, accepted, incoming_referral.Start()]
        case 2:
            done = incoming_referral.Complete(Outcome("walks every week", "yes", "I laughed again", ""))
            return [received, accepted, incoming_referral.Start(), done]
        case _:
            return [received]


def _received(number: int) -> incoming_events.Received:
    letter = Letter(
        name_to_use=f"Ans {number}",
        contact_way="phone",
        contact=f"06 {number:08}",
        contact_not="",
        need="company on Sundays",
        hopes="somebody to walk with",
        language="nl",
        area="GM0361",
        accessibility="",
        wait_told="two weeks",
        note="",
    )
    programme = uuid5(_PLACE, str(number % 7))
    return incoming_events.Received(PARTNERS[number % len(PARTNERS)], uuid7(), programme, letter, ANSWER_BY)
