"""`python -m deploy.probe alive|ready PROCESS`: for what keeps containers running; exit code 0 when it is so.

A standby is alive and never ready: it waits for the owner's lock.
"""

import asyncio
import os
import sys

from shared import control
from shared.rules import Refused
from shared.settings import load

WITHIN = 5.0
"""Seconds for an answer."""


def main(asked: str, process: str) -> int:
    """Ask a process of this machine (or pod) how it is."""
    try:
        health = asyncio.run(control.ask(load(os.environ).data, process, "health", timeout=WITHIN))
    except Refused:
        return 1
    return 0 if asked == "alive" or health["ready"] else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
