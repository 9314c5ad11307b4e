"""One node of intake at work, to be hit at a write.

Says of each command `done <number>` or `refused <number> <why>`, then `closed`. What does not open is tried once more, as a process does.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from services.intake.domain import participant, programme
from services.intake.domain.profile import Profile
from services.intake.main import SERVICE
from shared import logs
from shared.eventlog.log import Log
from shared.eventlog.masterkey import Master
from shared.eventlog.types import Accessed, Seen, Step, Tracking, Unit
from shared.rules import Unavailable
from shared.signing import MASTER_BYTES, text
from shared.wire.outbox import Outbox
from tests.faults.warm import say
from tests.services.intake.examples import FILE_CONSENT

AT_ONCE = 4
"""Commands that are written together."""
NODE, PARTNER, UPSTREAM = "welzin.intake", "humanitas", "letters:humanitas.intake:test"
_MASTER = Master(text(bytes(MASTER_BYTES)))
"""The same in every process."""
_NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)


async def opened(folder: Path) -> Log:
    """The node's log, as its process opens it."""
    url, outbox = f"sqlite:///{folder}/intake.db", Outbox(SERVICE.letters, lambda: (PARTNER,))
    return await Log.open(
        NODE, url, SERVICE.deciders, SERVICE.views, (outbox,), clock=lambda: _NOW, master=_MASTER, folder=folder
    )


def offered(number: int) -> UUID:
    """The programme that a command offers."""
    return UUID(int=2 * number)


def person(number: int) -> UUID:
    """The participant whom it takes in."""
    return UUID(int=2 * number + 1)


def forgotten(number: int) -> int | None:
    """The command whose participant it erases: the first of each group that of the first before."""
    return number - AT_ONCE if number % AT_ONCE == 1 and number % 100 > AT_ONCE else None


def unit(number: int) -> Unit:
    """A command with everything: a programme (a letter), a participant, an erasure, an access, a tracked position and a command id."""
    profile = Profile(name_to_use=f"number {number}", contact_way="telephone", contact="", contact_not="")
    offer = programme.Offer(programme.Details(name=f"number {number}", kind="buddy"), _NOW)
    steps = [Step(programme, offered(number), offer)]
    steps.append(Step(participant, person(number), participant.Register(profile, None, FILE_CONSENT)))
    if (former := forgotten(number)) is not None:
        steps.append(Step(participant, person(former), participant.Erase()))
    return Unit(
        steps=steps, by="user:ann", id=UUID(int=number), tracking=Tracking(UPSTREAM, number), accesses=[_access(number)]
    )


def _access(number: int) -> Accessed:
    return Accessed(
        action="read",
        what="GET /v1/participants/{id}",
        by="user:ann",
        client="nats",
        organisation="welzin",
        ground="care",
        persons=[Seen(person(number))],
    )


async def work(log: Log, first: int, last: int, tell: Callable[[str], None] = say) -> None:
    """Do the commands; tell which are done."""

    async def one(number: int) -> None:
        try:
            await log.write(unit(number))
        except Exception as fault:  # noqa: BLE001  (whatever it is: it was not acknowledged)
            tell(f"refused {number} {type(fault).__name__}")
        else:
            tell(f"done {number}")

    for start in range(first, last + 1, AT_ONCE):
        await asyncio.gather(*(one(number) for number in range(start, min(start + AT_ONCE, last + 1))))


def main(folder: str, first: str, last: str) -> None:
    """Open, work, close: the node's folder, the first and the last command."""
    logs.configure("intake")
    asyncio.run(_main(Path(folder), int(first), int(last)))


async def _main(folder: Path, first: int, last: int) -> None:
    """One thread does all that touches the disk: strace counts by thread."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    try:
        log = await opened(folder)
    except Unavailable as refused:
        say(f"again {refused.code}")
        log = await opened(folder)
    await work(log, first, last)
    await log.close()
    say("closed")
