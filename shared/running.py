"""How a process of Kring runs Python: short turns, few searches for garbage, and free memory given back to the system."""

import ctypes
import gc
import sys
from contextlib import suppress

TURN = 0.0005
"""Seconds that a thread may compute while another waits: with Python's own 5 ms the event loop, and all organisations, wait longer."""
_YOUNG = 50_000
"""Objects that are made before Python looks for circles among them. Nearly everything here is freed without: with Python's own 700,
reading a log spends a fifth of its time on such searches."""


def begin() -> None:
    """Once, when all modules are loaded: what they hold stays, and is never searched again."""
    sys.setswitchinterval(TURN)
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)


def give_back() -> None:
    """Let the system have what is free: glibc keeps what Python freed for itself until it is told. Other C libraries do as they do."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
