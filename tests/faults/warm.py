"""A process that has imported a program: it forks, for each run, a child that does it, so that a run costs no start of Python.

`python -m tests.faults.warm MODULE` reads a run a line: a folder, and the arguments of the module's `main`. It answers with the child's
process id, and once it has ended with how. The child stands still until it is continued: what hits it can first take hold of it.
"""

import ctypes
import os
import signal
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from time import monotonic, sleep

import msgspec

SAID, COMPLAINED = "said", "complained"
"""Files in a run's folder: what the child wrote to its standard output, and to the other one."""
_LONG = 10.0
"""Seconds."""
_ANY, _SET_PTRACER = -1, 0x59616D61


class Run(msgspec.Struct, frozen=True):
    """What a child is to do."""

    folder: str
    arguments: tuple[str, ...]


def _child(run: Run, main: Callable[..., None]) -> None:
    """Never returns."""
    code = 1
    try:
        for name, number in ((SAID, 1), (COMPLAINED, 2)):
            file = os.open(Path(run.folder) / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(file, number)
        _let_anybody()
        os.kill(os.getpid(), signal.SIGSTOP)
        main(*run.arguments)
        code = 0
    except BaseException:  # noqa: BLE001  (whatever it died of is told where the other complaints are)
        traceback.print_exc()
    finally:
        os._exit(code)


def be_held() -> None:
    """Say that we are there, and end once somebody has taken hold of us, or it takes too long."""
    _let_anybody()
    say("here")
    until = monotonic() + _LONG
    while "TracerPid:\t0\n" in Path("/proc/self/status").read_text() and monotonic() < until:
        sleep(0.01)


def _let_anybody() -> None:
    """Where a process may take hold of its own children only (Yama), this one lets any do it."""
    ctypes.CDLL(None).prctl(_SET_PTRACER, ctypes.c_ulong(_ANY), 0, 0, 0)


def say(line: str) -> None:
    """Tell the one who watches, at once; by a call that nobody hits."""
    os.writev(1, [f"{line}\n".encode()])


def _serve(module: str) -> None:
    main = import_module(module).main
    for line in sys.stdin.buffer:
        run = msgspec.json.decode(line, type=Run)
        if (child := os.fork()) == 0:
            _child(run, main)
        say(str(child))
        _, how = os.waitpid(child, 0)
        say(str(how))


if __name__ == "__main__":
    _serve(sys.argv[1])
