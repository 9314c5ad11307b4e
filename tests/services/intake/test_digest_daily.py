"""A digest begins every day by itself, also when the node was away meanwhile."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from services.intake import letters
from services.intake.domain import incoming_referral
from services.intake.domain.digest import Told, kept_with
from services.intake.main import SERVICE
from shared.eventlog.log import Log
from shared.eventlog.ticker import Ticker
from shared.wire.outbox import Outbox, links
from tests.services.intake.examples import NOON, RECEIVED, REFERRAL
from tests.support.masterkey import MASTER
from tests.support.waiting import eventually


class Clock:
    """It stands still until it is set."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


async def opened(folder: Path, clock: Callable[[], datetime]) -> Log:
    outbox = Outbox(letters, lambda: ("humanitas",))
    url = f"sqlite:///{folder}/welzin.db"
    return await Log.open("welzin.intake", url, SERVICE.deciders, SERVICE.views, (outbox,), clock=clock, master=MASTER)


async def told(log: Log) -> list[Any]:
    return [one.event for one in await log.read(kept_with("humanitas"))]


async def ticked(log: Log, clock: Clock, expected: list[Any]) -> None:
    """Until the log holds these."""
    ticker = Ticker(clock)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(ticker.run()), tasks.create_task(ticker.watch(log, SERVICE.due))]
        await eventually(lambda: told(log), expected)
        for one in running:
            one.cancel()


async def test_a_digest_begins_a_day_after_something_is_shared_and_then_again_and_again(tmp_path: Path) -> None:
    clock, weekly = Clock(), Told(answer=False, hours=7 * 24)
    log = await opened(tmp_path, clock)
    stream = letters.kept_as("humanitas", REFERRAL)
    await log.run(incoming_referral, stream, incoming_referral.Receive(RECEIVED), by="partner:humanitas")
    await ticked(log, clock, [])
    clock.now += timedelta(days=1)
    await ticked(log, clock, [weekly])
    await log.close()
    clock.now += timedelta(days=30)
    log = await opened(tmp_path, clock)
    await ticked(log, clock, [weekly, weekly])
    [state] = await log.query(links)
    assert (state.link.receiver, state.waiting) == ("humanitas.intake", 2)
    await log.close()
