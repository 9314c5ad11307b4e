"""Keeps a process's register up to date: one look at the file a second, whatever the number of nodes."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import structlog

from shared.pins import Pins
from shared.register import Register, path, pinned
from shared.rules import Refused

INTERVAL = 1.0
"""Seconds between two looks."""


class Watcher:
    """Gives `register` as it is now and tells those who asked when it changed.

    A forged or older one is refused, and one that gives an organisation keys of which its earlier ones know nothing.
    """

    def __init__(self, data: Path) -> None:
        """Read the register of a data folder, or where that changes keys the one that was taken over last.

        Raises `Refused`: `register-missing`, `-unreadable`, `-forged` or `-key-changed`; `pins-unreadable`.
        """
        self._path = path(data)
        self._registrar = pinned(data)
        self._pins = Pins(data, self._registrar)
        self._seen = self._look()
        self._told: list[Callable[[Register], None]] = []
        self.refused: Refused | None = None
        """Why the register on disk is not the one that is used; None when it is."""
        self.register = self._begin()

    def tell(self, follower: Callable[[Register], None]) -> None:
        """Call `follower` with every later register; it may not raise."""
        self._told.append(follower)

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(INTERVAL)
            self.look()

    def look(self) -> None:
        """Take the register over if it changed and holds; otherwise go on with the present one.

        One that was refused is looked at again: a person may trust it by now.
        """
        seen = self._look()
        if seen == self._seen and self.refused is None:
            return
        self._seen = seen
        try:
            found = self._found(self.register.contents.number)
        except Refused as refused:
            self._refuse(refused)
            return
        self.refused = None
        if found.contents.number > self.register.contents.number:
            self._take(found)

    def _begin(self) -> Register:
        try:
            return self._found(0)
        except Refused as refused:
            if refused.code != "register-key-changed":
                raise
            self._refuse(refused)
            return self._pins.last()

    def _found(self, least: int) -> Register:
        """What stands on disk, when it holds and is not older than the number given."""
        found = Register.load(self._path, self._registrar)
        if found.contents.number < least:
            raise Refused("register-older", path=str(self._path))
        self._pins.take(found)
        return found

    def _refuse(self, refused: Refused) -> None:
        before, self.refused = self.refused, refused
        if before is None or before.code != refused.code:
            said = "the register was refused; the present one stays"
            structlog.get_logger().error(said, code=refused.code, **refused.parameters)

    def _take(self, found: Register) -> None:
        self.register = found
        for follower in self._told:
            follower(found)

    def _look(self) -> tuple[int, int, int]:
        with suppress(OSError):
            found = self._path.stat()
            return found.st_mtime_ns, found.st_ino, found.st_size
        return 0, 0, 0
