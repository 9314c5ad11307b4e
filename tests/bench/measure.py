"""How the benchmarks measure: ours and its own baseline take turns in one run, so that a busy machine slows both alike."""

import os
import platform
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import msgspec

from tests.bench.floor import SQLITE

ROUNDS = 7
Round = Callable[[], Awaitable[float]]
"""One round; gives a rate (per second) or a duration (seconds)."""


class Figures(msgspec.Struct, frozen=True):
    """What the rounds of one side gave: rates, or durations."""

    values: Sequence[float]

    @property
    def highest(self) -> float:
        """The best rate: what this side can do when nothing else disturbs it."""
        return max(self.values)

    @property
    def lowest(self) -> float:
        """The best duration."""
        return min(self.values)

    def rate(self) -> str:
        """As events per second: best, median and worst round."""
        return f"{self.highest:>10,.0f} /s   (median {statistics.median(self.values):,.0f}, worst {self.lowest:,.0f})"

    def milliseconds(self) -> str:
        """As milliseconds: best, median and worst round."""
        median = statistics.median(self.values) * 1e3
        return f"{self.lowest * 1e3:>10.2f} ms   (median {median:.2f}, worst {self.highest * 1e3:.2f})"


async def in_turns(*sides: Round, rounds: int = ROUNDS) -> list[Figures]:
    """Run every side once to warm up, then all of them in turn, `rounds` times."""
    for side in sides:
        await side()
    taken: list[list[float]] = [[] for _ in sides]
    for _ in range(rounds):
        for values, side in zip(taken, sides, strict=True):
            values.append(await side())
    return [Figures(values) for values in taken]


def ratio(times: float, what: str, *, least: float | None = None, most: float | None = None) -> None:
    """Print how ours compares with its baseline, and whether the aim (`least` or `most`) is reached."""
    told = "" if least is None else f"; aim {least:g} or more: {'reached' if times >= least else 'MISSED'}"
    told += "" if most is None else f"; aim {most:g} or less: {'reached' if times <= most else 'MISSED'}"
    line("", f"{times:>10.2f} {what}{told}\n")


def line(what: str, figure: str) -> None:
    """Print one line of the table."""
    print(f"  {what:<64} {figure}", flush=True)


def machine() -> str:
    """What was measured on; ratios travel between machines, rates do not."""
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; "
        f"Python {platform.python_version()}, SQLite {SQLITE}; fdatasync {_syncs():,.0f} /s"
    )


def _syncs(count: int = 300) -> float:
    with (
        tempfile.TemporaryDirectory(prefix="kring-bench-") as folder,
        Path(folder, "sync").open("wb", buffering=0) as file,
    ):
        begin = time.perf_counter()
        for _ in range(count):
            file.write(b"x" * 512)
            os.fdatasync(file.fileno())
        return count / (time.perf_counter() - begin)
