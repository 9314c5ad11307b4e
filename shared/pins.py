"""What this machine remembers of other organisations' keys, so that not even the registrar can give them others (ADR 16).

Two files in the data folder, each written whole: the register that was taken over last, to go on with when a later one is refused, and
the pins.
"""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import structlog

from shared.register import Register
from shared.rules import Refused
from shared.succession import Pin, follows, pin


class Pins:
    """The pins of a data folder; its processes share them."""

    def __init__(self, data: Path, registrar: str) -> None:
        """`registrar` is the public key under which registers are read."""
        self._pins = data / "network" / "known.json"
        self._last = data / "network" / "known-register.json"
        self._registrar = registrar
        self._known: dict[str, Pin] = {}

    def take(self, register: Register) -> None:
        """Remember everybody in a register that was read from its file. Raises `Refused` as `check` does, and remembers nothing then."""
        with self._alone():
            self.check(register)
            found = self._known | {slug: pin(one) for slug, one in register.organisations.items()}
            self._known = found
            self._keep(register.file)

    def check(self, register: Register) -> None:
        """Whether everybody in it is who they were. Raises `Refused`: `register-key-changed`, `pins-unreadable`."""
        for slug, before in self._load().items():
            one = register.organisations.get(slug)
            if one is not None and not follows(one, before):
                raise Refused("register-key-changed", organisation=slug)

    def last(self) -> Register:
        """The register that was last taken over. Raises `Refused`: `register-missing`, `-unreadable`, `-forged`."""
        return Register.load(self._last, self._registrar)

    def forget(self, slug: str) -> None:
        """Take an organisation's keys over as the next register has them. Raises `Refused("pins-unreadable")`."""
        with self._alone():
            self._known = {name: one for name, one in self._load().items() if name != slug}
            try:
                _write(self._pins, msgspec.json.encode(self._known))
            except OSError:
                raise Refused("pins-unreadable", path=str(self._pins)) from None

    def _load(self) -> dict[str, Pin]:
        """What the file says; where it cannot be written there is none, and what this process knows counts."""
        with suppress(FileNotFoundError):
            try:
                self._known = msgspec.json.decode(self._pins.read_bytes(), type=dict[str, Pin])
            except (OSError, msgspec.DecodeError, UnicodeDecodeError) as fault:
                if isinstance(fault, FileNotFoundError):
                    raise
                raise Refused("pins-unreadable", path=str(self._pins)) from None
        return self._known

    def _keep(self, file: bytes) -> None:
        try:
            _write(self._last, file)
            _write(self._pins, msgspec.json.encode(self._known))
        except OSError as fault:
            structlog.get_logger().warning("others' keys are remembered by this process only", reason=str(fault))

    @contextmanager
    def _alone(self) -> Generator[None]:
        """One process at a time; where nothing can be written, there is nothing to wait for."""
        try:
            lock = (self._pins.parent / "known.lock").open("w")
        except OSError:
            yield
            return
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _write(path: Path, content: bytes) -> None:
    """Put a file in place whole, unless it says so already: every process of the folder comes by."""
    with suppress(FileNotFoundError):
        if path.read_bytes() == content:
            return
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
