"""Events a second when all of intake's views are made again from the log, beside reading and decoding the same log alone."""

import time
from pathlib import Path

from services.intake.main import SERVICE
from shared.eventlog.log import Log
from tests.bench import history
from tests.bench.measure import in_turns, line, ratio
from tests.support.masterkey import MASTER

HISTORY = 5_000
SECTION = 5_000
ROUNDS = 5
AIM = 20_000


async def compare(folder: Path) -> None:
    """Measure and print."""
    url = f"sqlite:///{folder / 'rebuild.db'}"
    await history.written("bench.intake", url, HISTORY)
    log = await Log.open("bench.intake", url, SERVICE.deciders, SERVICE.views, master=MASTER)
    made, read = await in_turns(lambda: rebuilt(log), lambda: _read(log), rounds=ROUNDS)
    line(f"rebuild: {log.position:,} events into all of intake's views", made.rate())
    line("the same log read and decoded, nothing written", read.rate())
    ratio(read.highest / made.highest, "times as long")
    ratio(made.highest / 1e3, "thousand events a second", least=AIM / 1e3)
    await log.close()


async def rebuilt(log: Log) -> float:
    """Events a second."""
    begin = time.perf_counter()
    events = await log.rebuild()
    return events / (time.perf_counter() - begin)


async def _read(log: Log) -> float:
    begin, position = time.perf_counter(), 0
    while found := await log.notifications(position, SECTION):
        position = found[-1].position
    return position / (time.perf_counter() - begin)
