"""A node at its daily work, to be killed at it: `python -m tests.services.intake.sweeping FOLDER NOW`. Says each part that is done."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from services.intake import main
from services.intake.domain.retention import Swept
from services.intake.main import SERVICE
from shared.eventlog.log import Log
from shared.eventlog.masterkey import Master
from shared.eventlog.ticker import Ticker
from shared.eventlog.types import Recorded, View
from shared.signing import MASTER_BYTES, text

main.TOGETHER = 2
MASTER = Master(text(bytes(MASTER_BYTES)))
"""The same in every process."""


async def opened(folder: Path, now: datetime, views: Sequence[View] = SERVICE.views) -> Log:
    """The node's log, at a time."""
    url = f"sqlite:///{folder}/humanitas.db"
    return await Log.open("humanitas.intake", url, SERVICE.deciders, views, clock=lambda: now, master=MASTER)


async def work(log: Log) -> None:
    """Issue deadlines until cancelled."""
    ticker = Ticker(log.clock)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(ticker.run())
        tasks.create_task(ticker.watch(log, SERVICE.due, SERVICE.rounds))


async def _main(folder: Path, now: datetime) -> None:
    log = await opened(folder, now)
    log.tell(_say)
    await work(log)


def _say(events: Sequence[Recorded[Any]]) -> None:
    for one in events:
        if isinstance(one.event, Swept):
            sys.stdout.write(f"{one.event.participants} {one.event.until is not None}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2])))
