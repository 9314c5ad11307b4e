"""One process that the supervisor keeps running."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import Process as Running
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from deploy import tied

LONGEST_PAUSE = 15.0
"""Seconds between two starts, at most."""
PATIENCE = 10.0
"""Seconds that a process has to stop by itself."""


class State(StrEnum):
    """Where a process stands."""

    STARTING = "starting"
    READY = "ready"
    CRASHED = "crashed"
    STOPPED = "stopped"


class Process:
    """Started, watched, and started again with growing pauses when it ends; readiness makes the pause short again."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str],
        ready: Callable[[], Awaitable[bool]],
        say: Callable[[str], None],
    ) -> None:
        self.name = name
        self.state = State.STARTING
        self.starts = 0
        self.log = log
        self._command = command
        self._environment = dict(environment)
        self._asked = ready
        self._say = say
        self._running: Running | None = None
        self._stopped = False
        self.ready = asyncio.Event()
        """Set while it is ready."""

    async def run(self) -> None:
        """Keep it running until `stop`."""
        pause = 0.0
        while not self._stopped:
            running = await self._start()
            if self._stopped:  # while it was starting
                running.terminate()
            watch = asyncio.create_task(self._watch())
            code = await running.wait()
            watch.cancel()
            pause = 0.5 if self.ready.is_set() else min(max(pause * 2, 0.5), LONGEST_PAUSE)
            self.ready.clear()
            if not self._stopped:
                self.state = State.CRASHED
                self._say(f"{self.name} ended ({_reason(code)}); again in {pause:g} s. Its log: {self.log}, with last:")
                self._say(f"  {_last_line(self.log)}")
                await asyncio.sleep(pause)

    async def stop(self) -> None:
        """Ask it to end; end it when it does not."""
        self._stopped = True
        self.state = State.STOPPED
        running = self._running
        if running is None or running.returncode is not None:
            return
        running.terminate()
        try:
            await asyncio.wait_for(running.wait(), PATIENCE)
        except TimeoutError:
            running.kill()
            await running.wait()

    async def signal(self, number: signal.Signals) -> None:
        """Send it a signal as soon as it is ready: before that it could not take it."""
        await self.ready.wait()
        if self._running is not None and self._running.returncode is None:
            self._running.send_signal(number)

    async def _start(self) -> Running:
        self.state = State.STARTING
        self.starts += 1
        tie = [sys.executable, "-I", "-S", str(Path(tied.__file__)), str(os.getpid())]
        with self.log.open("ab") as log:
            self._running = await asyncio.create_subprocess_exec(
                *tie,
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                start_new_session=True,  # Ctrl-C is for the supervisor, which stops all in order
            )
        return self._running

    async def _watch(self) -> None:
        while not await self._asked():  # noqa: ASYNC110  (another process has no event to wait for)
            await asyncio.sleep(0.1)
        self.state = State.READY
        self.ready.set()
        self._say(f"{self.name} is ready")


def _last_line(log: Path) -> str:
    """What it said last: mostly why it ended."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4096))
        lines = file.read().decode(errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else "(nothing)"


def _reason(code: int) -> str:
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"exit code {code}"
