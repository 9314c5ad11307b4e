"""How the register is changed: one registrar at a time, and each change with the next number."""

import fcntl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import replace

from shared.register import Contents, Register


@contextmanager
def alone(network: Path) -> Generator[None, None, None]:
    """One registrar at work in a data folder."""
    with (network / "registrar.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def amended(register: Register, **parts: object) -> Contents:
    """The next register's contents."""
    return replace(register.contents, number=register.contents.number + 1, **parts)
