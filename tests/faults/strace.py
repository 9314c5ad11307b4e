"""Hit a program at one of its calls to the disk or the wire (strace, fault injection): kill it there, or let the call fail."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Timer
from time import sleep

import msgspec

from tests.faults.warm import COMPLAINED, SAID, Run

DISK = ("write", "pwrite64", "pwritev", "pwritev2", "fdatasync", "fsync", "ftruncate", "fallocate")
"""Every call with which a node changes what is on disk (`writev` is how a program says something here); memory-mapped is only SQLite's
index beside its write-ahead log."""
STRACE = shutil.which("strace")
PATIENCE = 60.0
"""Seconds that a run may take; then it hangs."""


class Place(msgspec.Struct, frozen=True):
    """The n-th of a call that a thread makes, and what happens there."""

    call: str
    number: int
    fault: str
    """`KILL`, or the name of an error; with a `+` it goes on happening."""

    def __str__(self) -> str:
        return f"{self.call}:{self.number}:{self.fault}"

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Read it as it was shown."""
        call, number, fault = text.split(":")
        return cls(call, int(number), fault)

    @property
    def injection(self) -> str:
        """As strace wants it."""
        name, goes_on = self.fault.rstrip("+"), "+" if self.fault.endswith("+") else ""
        what = f"signal={name}" if name == "KILL" else f"error={name}"
        return f"inject={self.call}:{what}:when={self.number}{goes_on}"


class Came(msgspec.Struct, frozen=True):
    """What came of a run."""

    hit: bool
    """Whether there was such a call."""
    said: tuple[str, ...]
    """Its lines, in their order."""
    hung: bool
    complained: str

    def numbers(self, word: str) -> frozenset[int]:
        """What it said of its commands."""
        return frozenset(int(line.split()[1]) for line in self.said if line.startswith(f"{word} "))


@cache
def missing() -> str:
    """Why it cannot be done here; empty when it can."""
    if STRACE is None:
        return "strace is not on this machine: no call to disk or wire is hit"
    command = [sys.executable, "-c", "from tests.faults.warm import be_held; be_held()"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as one:
        assert one.stdout
        one.stdout.readline()
        trial = [STRACE, "-o", "/dev/null", "-p", str(one.pid)]
        tried = subprocess.run(trial, capture_output=True, text=True, check=False)
    return "" if tried.returncode == 0 else f"strace may not trace here: {tried.stderr.strip()}"


class Program:
    """A module whose `main` is run again and again, each time in a child of a process that has imported it."""

    def __init__(self, serving: "subprocess.Popen[str]", follow: Sequence[str]) -> None:
        self._serving = serving
        self._follow = follow

    def run(self, folder: Path, *arguments: str) -> Came:
        """Run it undisturbed."""
        return self._run(folder, arguments, ["none"], [])

    def counted(self, folder: Path, *arguments: str, calls: Sequence[str] = DISK) -> list[tuple[str, int, str]]:
        """The calls of an undisturbed run, in their order: name, number in its thread, and what it was about."""
        came = self._run(folder, arguments, calls, ["-yy"])
        assert not came.hung, came
        numbers = Counter[tuple[str, str]]()
        found = list[tuple[str, int, str]]()
        for thread, call, about in re.findall(
            r"^(?:(\d+) +)?(\w+)\((.*)", (folder / "trace").read_text(), re.MULTILINE
        ):
            numbers[thread, call] += 1
            found.append((call, numbers[thread, call], about))
        return found

    def hit(self, folder: Path, place: Place, *arguments: str) -> Came:
        """Run it with one fault."""
        return self._run(folder, arguments, [place.call], ["-e", place.injection])

    def _run(self, folder: Path, arguments: Sequence[str], calls: Sequence[str], options: Sequence[str]) -> Came:
        folder.mkdir(exist_ok=True)
        for name in (SAID, COMPLAINED):
            (folder / name).unlink(missing_ok=True)
        child = int(self._told(Run(str(folder), tuple(arguments))))
        tracing = [*self._follow, "-qq", "-e", f"trace={','.join(calls)}", "-o", str(folder / "trace"), *options]
        hung = self._traced(child, tracing)
        trace, said, complained = ((folder / name).read_text(errors="replace") for name in ("trace", SAID, COMPLAINED))
        hit = bool(re.search(r"INJECTED|killed by SIGKILL", trace)) and not hung
        return Came(hit=hit, said=tuple(said.splitlines()), hung=hung, complained=complained[-2000:])

    def _traced(self, child: int, tracing: Sequence[str]) -> bool:
        """See a child to its end; whether it hung."""
        hung: list[int] = []
        _await(child, "State:\tT")
        with subprocess.Popen([str(STRACE), *tracing, "-p", str(child)], stderr=subprocess.PIPE, text=True) as strace:
            held = _await(child, f"TracerPid:\t{strace.pid}\n", strace)
            late = Timer(PATIENCE, _end, (child, hung))
            late.start()
            os.kill(child, signal.SIGCONT if held else signal.SIGKILL)
            self._told(None)
            late.cancel()
            _, why = strace.communicate()
        assert held, why
        return bool(hung)

    def _told(self, run: Run | None) -> str:
        assert self._serving.stdin
        assert self._serving.stdout
        if run is not None:
            self._serving.stdin.write(msgspec.json.encode(run).decode() + "\n")
            self._serving.stdin.flush()
        return self._serving.stdout.readline()


@contextmanager
def program(module: str, *, threads: bool = True) -> Iterator[Program]:
    """Have a program ready. Without its `threads` only the first is hit: of asyncio, the one that speaks with others."""
    command = [sys.executable, "-m", "tests.faults.warm", module]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as serving:
        yield Program(serving, ["-f"] if threads else [])
        assert serving.stdin
        serving.stdin.close()


def _await(child: int, state: str, strace: "subprocess.Popen[str] | None" = None) -> bool:
    """Wait until the program stands still, or until strace has taken hold of it; False when strace has ended instead."""
    while state not in Path(f"/proc/{child}/status").read_text():
        if strace and strace.poll() is not None:
            return False
        sleep(0.002)
    return True


def _end(child: int, hung: list[int]) -> None:
    hung.append(child)
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
