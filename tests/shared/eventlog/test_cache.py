"""What a process keeps in memory stays the same, however much happens."""

from pathlib import Path

from shared.eventlog.cache import StateCache
from shared.eventlog.log import Log
from shared.eventlog.types import Step, Unit
from shared.ids import uuid7
from tests.shared.eventlog import seats
from tests.shared.eventlog.seats import Open, Take

DAYS, ROOMS = 365, 20


async def test_a_year_of_events_leaves_no_more_in_memory_than_the_last_used_states(tmp_path: Path) -> None:
    cache = StateCache(100)
    logs = [
        await Log.open(f"{slug}.intake", f"sqlite:///{tmp_path / slug}.db", (seats,), (seats,), cache=cache)
        for slug in ("here", "there")
    ]
    first = uuid7()
    await logs[0].run(seats, first, Open(1), by="user:ann")
    for _ in range(DAYS):
        for log in logs:
            await log.write(Unit(steps=[Step(seats, uuid7(), Open(1)) for _ in range(ROOMS)], by="user:ann"))
    assert cache.kept == 100
    await logs[0].run(seats, first, Take("Bep"), by="user:ann")
    assert [log.position for log in logs] == [DAYS * ROOMS + 2, DAYS * ROOMS]
    await logs[0].close()
    assert cache.kept < 100
    await logs[1].close()
    assert cache.kept == 0
