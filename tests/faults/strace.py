"""Hit a program at one of its calls to the disk or the wire (strace, fault injection): kill it there, or let the call fail."""

import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

DISK = ("pwrite64", "fdatasync", "fsync", "ftruncate")
"""Every call with which SQLite and the lock change what is on disk; memory-mapped is only the index beside the write-ahead log."""
STRACE = shutil.which("strace")
COMMANDS = 24
PATIENCE = 60.0


class Came(msgspec.Struct, frozen=True):
    """What came of it."""

    hit: bool
    """Whether there was such a call."""
    done: frozenset[int]
    closed: bool
    said: str


def missing() -> str:
    """Why it cannot be done here; empty when it can."""
    if STRACE is None:
        return "strace is not on this machine: no call to disk or wire is hit"
    trial = [STRACE, "-f", "-o", "/dev/null", sys.executable, "-c", ""]
    tried = subprocess.run(trial, capture_output=True, text=True, check=False)
    return "" if tried.returncode == 0 else f"strace may not trace here: {tried.stderr.strip()}"


def counted(folder: Path, program: Sequence[str]) -> Counter[str]:
    """How often a program makes each call to the disk by its busiest thread: faults are counted by thread."""
    _run(folder, program, DISK, [])
    trace = (folder / "trace").read_text()
    made = Counter(re.findall(rf"^(\d+) +({'|'.join(DISK)})\(", trace, re.MULTILINE))
    most: Counter[str] = Counter()
    for (_, call), times in made.items():
        most[call] = max(most[call], times)
    return most


def hit(folder: Path, program: Sequence[str], call: str, fault: str, when: str) -> Came:
    """Run a program with one fault (`signal=KILL`, `error=EIO` …) at the n-th call (`when`: "5", or "5+" from then on)."""
    return _run(folder, program, [call], ["-e", f"inject={call}:{fault}:when={when}"])


def _run(folder: Path, program: Sequence[str], calls: Sequence[str], options: Sequence[str]) -> Came:
    tracing = [str(STRACE), "-f", "-qq", "-e", f"trace={','.join(calls)}", "-o", str(folder / "trace"), *options]
    command = [*tracing, sys.executable, "-m", *program, "1", str(COMMANDS)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    lines = [line.split() for line in ran.stdout.splitlines()]
    return Came(
        hit=bool(re.search(r"INJECTED|killed by SIGKILL", (folder / "trace").read_text())),
        done=frozenset(int(words[1]) for words in lines if words[0] == "done"),
        closed=["closed"] in lines,
        said=ran.stderr[-2000:],
    )
