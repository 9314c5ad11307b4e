"""One node at work, to be hit at a write: `python -m tests.faults.program FOLDER FIRST LAST`.

Says of each command `done <number>` or `refused <number> <why>`, then `closed`.
"""

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from services.intake import letters
from services.intake.domain import programme
from services.intake.views import directory
from shared.eventlog.log import Log
from shared.eventlog.types import Step, Tracking, Unit
from shared.wire.outbox import Outbox

AT_ONCE = 4
"""Commands that are written together."""
NODE, PARTNER, UPSTREAM = "welzin.intake", "humanitas", "letters:humanitas.intake:test"
_NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)


async def opened(folder: Path) -> Log:
    """The node's log, with a view and letters."""
    outbox = Outbox(letters, lambda: (PARTNER,))
    return await Log.open(NODE, f"sqlite:///{folder}/intake.db", (programme,), (directory,), (outbox,))


def streams(number: int) -> tuple[UUID, UUID]:
    """The two records that one command makes."""
    return UUID(int=2 * number), UUID(int=2 * number + 1)


def unit(number: int) -> Unit:
    """A command with everything: two records, two rows of a view, two letters, a tracked position and a command id."""
    details = programme.Details(name=f"number {number}", kind="buddy")
    steps = tuple(Step(programme, stream, programme.Offer(details, _NOW)) for stream in streams(number))
    return Unit(steps=steps, by="user:ann", id=UUID(int=number), tracking=Tracking(UPSTREAM, number))


async def work(log: Log, first: int, last: int) -> None:
    """Do the commands; say which are done."""

    async def one(number: int) -> None:
        try:
            await log.write(unit(number))
        except Exception as fault:  # noqa: BLE001  (whatever it is: it was not acknowledged)
            say(f"refused {number} {type(fault).__name__}")
        else:
            say(f"done {number}")

    for start in range(first, last + 1, AT_ONCE):
        await asyncio.gather(*(one(number) for number in range(start, min(start + AT_ONCE, last + 1))))


def say(line: str) -> None:
    """Tell the one who watches, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def main(folder: Path, first: int, last: int) -> None:
    """Open, work, close. One thread does all that touches the disk: strace counts by thread."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    log = await opened(folder)
    await work(log, first, last)
    await log.close()
    say("closed")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
