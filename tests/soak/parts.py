"""The processes of a network, each killed, paused and started by itself."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy import preflight, tied
from deploy.natsconf import program, server, write_accounts
from shared import control
from shared.register import SERVICES, Register
from shared.rules import Refused
from shared.settings import Settings, environment
from tests.soak.line import Line
from tests.soak.plan import BROKER, GATEWAY
from tests.support.postgres import postgres_url

ON_POSTGRES = "welzin"
"""The organisation that has outgrown its files."""
PATIENCE = 60.0
"""Seconds that a part may take to be ready."""


class Part:
    """A program that is kept running by whoever holds this."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.busy = asyncio.Lock()
        """Held while it is being disturbed."""
        self.log = log
        self._command = [sys.executable, "-I", "-S", str(Path(tied.__file__)), str(os.getpid()), *command]
        self._environment = dict(environment)
        self.process: subprocess.Popen[bytes] = self.another()

    def another(self) -> subprocess.Popen[bytes]:
        """One more process of this program; the caller keeps it."""
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment
            )

    def start(self) -> None:
        """Start it; ready comes later."""
        self.process = self.another()

    def kill(self) -> bool:
        """End it without notice; gone when this returns. Whether that was what ended it."""
        ended(self.process)
        return self.process.returncode == -signal.SIGKILL

    async def stop(self) -> None:
        """Ask it to end, and wait until it did."""
        self.process.terminate()
        if await asyncio.to_thread(_waited, self.process) is None:
            ended(self.process)
            raise AssertionError(f"{self.name} does not end when it is asked to")

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def stands_still(self) -> bool:
        """Whether it was stopped by a signal (proc(5): the state behind the name in parentheses)."""
        state = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state == "T"

    def fell(self) -> str | None:
        """How it ended, when nobody ended it."""
        code = self.process.poll()
        return None if code is None else f"{self.name} ended by itself with {code}; see {self.log}"


def ended(process: subprocess.Popen[bytes]) -> None:
    """Kill a process, also one that stands still, and wait for it."""
    process.kill()
    process.wait()


def _waited(process: subprocess.Popen[bytes]) -> int | None:
    try:
        return process.wait(15)
    except subprocess.TimeoutExpired:
        return None


class Network:
    """The demo network on a data folder: what `kring up` runs, with every part in our own hands.

    Intake, which writes the letters, reaches the broker over a line of ours; one organisation has its databases in PostgreSQL.
    """

    def __init__(self, folder: Path) -> None:
        data = (folder / "data").resolve()
        (data / "network").mkdir(parents=True)
        port = preflight.any_free()
        url, databases = f"nats://127.0.0.1:{port}", {ON_POSTGRES: postgres_url()}
        self.settings = Settings(
            data=data, port=preflight.any_free(), nats_url=url, log_level="info", databases=databases
        )
        self.line = Line(port)
        self.register: Register = preflight.register(self.settings)
        self.data = data
        network = data / "network"
        write_accounts(network, self.register)
        (network / "nats.conf").write_text(server(network, port))
        stated = os.environ | environment(self.settings)
        over_line = {"intake": {"KRING_NATS_URL": f"nats://127.0.0.1:{self.line.port}"}}
        commands = {BROKER: [program(), "-c", str(network / "nats.conf")]}
        commands |= {name: [sys.executable, "-m", f"services.{name}.main"] for name in SERVICES}
        commands[GATEWAY] = [sys.executable, "-m", "gateway.main"]
        self.parts = {
            name: Part(name, it, stated | over_line.get(name, {}), folder / f"{name}.log")
            for name, it in commands.items()
        }

    @property
    def nodes(self) -> tuple[str, ...]:
        """All nodes, by name."""
        return tuple(f"{slug}.{service}" for slug in self.register.organisations for service in SERVICES)

    async def ready(self, within: float = PATIENCE) -> None:
        """Wait until everything is up. Raises `AssertionError` with what is not."""
        end = time.monotonic() + within
        while waiting := [name for name in (*SERVICES, GATEWAY) if not (await self.health(name))["ready"]]:
            if time.monotonic() > end:
                raise AssertionError(f"not ready {within:g} s on: {', '.join(waiting)}")
            await asyncio.sleep(0.1)

    async def health(self, name: str) -> dict[str, object]:
        """What a process says of itself."""
        try:
            answer: dict[str, object] = await control.ask(self.data, name, "health", timeout=2)
        except Refused:
            return {"ready": False}
        return answer

    def end(self) -> None:
        """Leave nothing running."""
        for part in self.parts.values():
            part.kill()
