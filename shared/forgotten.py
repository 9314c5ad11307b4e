"""After a log was restored from a backup: whoever was forgotten since is forgotten again, and all whom it concerns hear of it.

Their keys are destroyed all the while (the ledger is no part of a backup); the log itself does not know it any more.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from uuid import UUID

from shared.eventlog.log import Log
from shared.eventlog.types import Step, Tracking, Unit
from shared.rules import Refused


async def forget_again(log: Log, erase: Callable[[UUID, Collection[str]], Sequence[Step]]) -> None:
    """Once for each identity of the log. `erase` gives the commands that forget a participant, by what the ledger says."""
    done = Tracking(f"forgotten-again:{log.id}", 1)
    if log.kept is None or log.keys is None or log.tracked(done.application_name):
        return
    for subject, purposes in (await asyncio.to_thread(log.keys.forgotten)).items():
        with suppress(Refused):  # a record, not a person; or one that this log never knew
            await log.write(Unit(steps=erase(subject, purposes), by="system"))
    await log.write(Unit(by="system", tracking=done))
