"""What is checked before anything starts: each fault is refused with a code, and nothing is left half done."""

import fcntl
import os
import socket
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from deploy import demo
from shared.register import Register, path
from shared.rules import Refused
from shared.settings import Settings
from shared.wire.listening import refusal

LOOPBACK = "127.0.0.1"


@contextmanager
def alone(data: Path, address: str) -> Generator[None, None, None]:
    """Be the only supervisor of a data folder. Raises `Refused`: `data-unwritable` or `already-running`."""
    try:
        (data / "network" / "logs").mkdir(parents=True, exist_ok=True)
        lock = (data / "network" / "supervisor.lock").open("a+")
    except OSError:
        raise Refused("data-unwritable", path=str(data)) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise Refused("already-running", path=str(data), address=lock.read().strip()) from None
        lock.truncate(0)
        lock.write(address)
        lock.flush()
        yield


def free(port: int, other: str = "KRING_PORT=8081") -> None:
    """Raise `Refused`, `port-busy` or `port-forbidden`, when this port cannot be taken; `other` is a setting that would help."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as fault:
            raise refusal(fault, port, other) from None


def any_free(preferred: int | None = None) -> int:
    """A port on which nothing listens now; if possible the preferred one."""
    if preferred is not None:
        with suppress(Refused):
            free(preferred)
            return preferred
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def register(settings: Settings) -> Register:
    """The register to start with; outside production the demo network is made when there is nothing yet.

    Raises `Refused`: `register-missing`, `-unreadable`, `-forged`, or `organisation-unknown` for a database of nobody.
    """
    begun = path(settings.data).exists()
    found = Register.open(settings.data) if begun or settings.production else None
    if found is None or (not settings.production and (found.demo or not found.organisations)):
        found = demo.prepare(settings.data)
    for slug in settings.databases:
        found.organisation(slug)
    return found


def writable(data: Path) -> None:
    """Raise `Refused("data-unwritable")` when files cannot be made in the folder."""
    trial = data / "network" / f".trial.{os.getpid()}"
    try:
        trial.touch()
        trial.unlink()
    except OSError:
        raise Refused("data-unwritable", path=str(data)) from None
