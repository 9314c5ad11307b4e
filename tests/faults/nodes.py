"""A node, hit at one of its calls to the disk."""

import asyncio
import tempfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from tests.faults.strace import Place, Program, program
from tests.faults.surviving import survived
from tests.faults.working import AT_ONCE

READY = partial(program, "tests.faults.working")
FAULTS = ("KILL", "EIO", "ENOSPC+")
"""A call that fails may fail once; a full disk stays full."""
COMMANDS = 3 * AT_ONCE


def calls(program: Program) -> list[tuple[str, int, str]]:
    """Every call of an undisturbed run: name, number, and the file that it is about."""
    with tempfile.TemporaryDirectory(prefix="kring-faults-") as folder:
        return program.counted(Path(folder), folder, "1", str(COMMANDS))


def places(program: Program) -> Iterable[Place]:
    """All that there are."""
    found = dict.fromkeys((call, number) for call, number, _ in calls(program))
    return [Place(call, number, fault) for call, number in found for fault in FAULTS]


def attempt(program: Program, place: Place) -> bool:
    """Hit it there, and look what came of it; False when there was no such call."""
    with tempfile.TemporaryDirectory(prefix="kring-faults-") as folder:
        came = program.hit(Path(folder), place, folder, "1", str(COMMANDS))
        asyncio.run(survived(Path(folder), came))
        if (
            place.fault == "EIO"
        ):  # what fails once costs a try, or at most the answers of one group and whoever builds on it
            assert "closed" in came.said, came
            assert len(came.numbers("done")) >= COMMANDS - AT_ONCE - 1, came
        return came.hit
