"""Letters that stand aside hold a person, sealed: what nobody took up again or dropped in ninety days goes by itself."""

import asyncio
from datetime import timedelta
from functools import partial

import structlog

from shared.eventlog.database import PASSING
from shared.eventlog.log import Log
from shared.eventlog.parked import earlier, taken
from shared.eventlog.types import Unit
from shared.metrics import Meter

KEPT = timedelta(days=90)
"""How long a letter stands aside."""
DAILY = 24 * 3600.0
"""Seconds between two looks."""
AGAIN = 300.0
"""Seconds until the next, when the database was away."""
_AT_ONCE = 500
_log = structlog.get_logger()


class Sweep:
    """The daily look at what stands aside at one node."""

    def __init__(self, log: Log, meter: Meter) -> None:
        self._log = log
        self._meter = meter

    async def run(self) -> None:
        """Look every day, and when the node begins, until cancelled."""
        while True:
            try:
                await self.sweep()
            except PASSING as away:
                _log.warning(
                    "letters that stand aside could not be looked at", node=self._log.node, error=type(away).__name__
                )
                await asyncio.sleep(AGAIN)
            else:
                await asyncio.sleep(DAILY)

    async def sweep(self) -> None:
        """Drop the letters whose time is up, some at a time so that nobody else waits."""
        before = self._log.clock() - KEPT
        while found := await self._log.query(partial(earlier, "letters", before, _AT_ONCE)):
            await self._log.write(Unit(by="system", changes=[taken(number) for number in found]))
            self._meter.letters_dropped(len(found))
            _log.warning("letters stood aside too long and were dropped", node=self._log.node, count=len(found))
