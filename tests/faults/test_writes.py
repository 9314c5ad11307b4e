"""Killed or failing at a write, sync or truncate: what was acknowledged is there, nothing is half there, and it goes on by itself.

`KRING_FAULTS=300 pytest tests/faults` hits so many places; without it a sample.
"""

import os
import random
from collections import Counter
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Column, func, select

from services.intake.views.directory import programmes
from shared.eventlog.log import Log
from shared.eventlog.tables import commands
from shared.wire.outbox import letters_out
from tests.faults.program import UPSTREAM, opened, streams, work
from tests.faults.strace import COMMANDS, Came, counted, hit, missing

SAMPLES = int(os.environ.get("KRING_FAULTS", "3"))
FAULTS = (
    ("signal=KILL", ""),
    ("error=EIO", ""),
    ("error=ENOSPC", "+"),
    ("signal=KILL", ""),
    ("error=ENOSPC", ""),
    ("signal=KILL", ""),
    ("error=EIO", "+"),
)
"""What happens, and whether it goes on happening; taken in turn."""
LATER = range(101, 105)
WHY_NOT = missing()
needs_strace = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Counter[str]:
    """How often an undisturbed run makes each call."""
    folder = tmp_path_factory.mktemp("counted")
    return counted(folder, program(folder))


def program(folder: Path) -> list[str]:
    """A node at work."""
    return ["tests.faults.program", str(folder)]


async def _numbers(log: Log, column: Column[UUID]) -> list[int]:
    found = await log.query(lambda connection: connection.execute(select(column)).scalars().all())
    return sorted(one.int for one in found)


async def _whole(log: Log) -> frozenset[int]:
    """Which commands are recorded; each must be there whole."""
    events = sorted(recorded.stream.int for recorded in await log.notifications(0, 10_000))
    rows, letters = await _numbers(log, programmes.c.id), await _numbers(log, letters_out.c.stream)
    numbers = await _numbers(log, commands.c.id)
    assert events == rows == letters == sorted(stream.int for number in numbers for stream in streams(number))
    assert log.tracked(UPSTREAM) == max(numbers, default=0)
    last = await log.query(lambda connection: connection.execute(select(func.max(letters_out.c.number))).scalar())
    assert (last or 0) == len(letters)
    return frozenset(numbers)


async def _survived(folder: Path, came: Came) -> None:
    """Open it as the next owner would: nothing needs to be done by hand."""
    log = await opened(folder)
    recorded = await _whole(log)
    assert came.done <= recorded
    await work(log, LATER.start, LATER.stop - 1)
    assert await _whole(log) == recorded | set(LATER)
    await log.close()


def _place(calls: Counter[str], number: int) -> tuple[str, int]:
    """Where a sample hits: every call gets its turn, and of it any time that it is made."""
    call = sorted(calls)[number % len(calls)]
    return call, random.Random(number).randint(1, calls[call])


@pytest.mark.timeout(120)
@needs_strace
@pytest.mark.parametrize("number", range(SAMPLES))
async def test_what_was_acknowledged_is_there_whatever_call_it_was_hit_at(
    tmp_path: Path, calls: Counter[str], number: int
) -> None:
    (fault, goes_on), (call, when) = FAULTS[number % len(FAULTS)], _place(calls, number)
    came = hit(tmp_path, program(tmp_path), call, fault, f"{when}{goes_on}")
    assert came.hit, f"there was no {when}th {call}"
    await _survived(tmp_path, came)


@pytest.mark.timeout(120)
@needs_strace
async def test_a_call_that_fails_once_costs_nothing_but_a_try(tmp_path: Path, calls: Counter[str]) -> None:
    sync = "fsync" if calls["fsync"] else "fdatasync"
    came = hit(tmp_path, program(tmp_path), sync, "error=EIO", str(calls[sync] // 2 + 3))
    assert came.hit
    assert came.closed, came.said
    assert len(came.done) >= COMMANDS - 4
    await _survived(tmp_path, came)
