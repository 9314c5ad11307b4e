"""Runs a program that ends with its parent: `python -I -S tied.py PARENT PROGRAM ARGUMENT…`.

Linux tells a process when its parent died (PR_SET_PDEATHSIG, prctl(2)), also when that was killed without notice. The wish
survives the exec into the program. Elsewhere the program simply runs.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Become the program; unless the parent is gone already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == parent:
        os.execv(command[0], command)  # noqa: S606  (that is what this is for; no shell)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
