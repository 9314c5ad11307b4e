"""`kring up`: nats-server, the three services and the gateway as separate processes, kept running until Ctrl-C."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlsplit

import msgspec

from deploy import natsconf, preflight, tls, tlscheck
from deploy.natsconf import program, server, write_accounts
from deploy.process import Process, State
from shared import control
from shared.register import SERVICES
from shared.rules import Refused
from shared.settings import Settings, environment

PATIENCE = 20.0
"""Seconds until it is said who keeps us waiting."""
PROCESS = "supervisor"
"""Its name for `shared.control`; operations `health` and `reload`."""


def say(line: str) -> None:
    """Tell the person at the terminal, at once."""
    print(line, flush=True)


def up(settings: Settings, hints: Sequence[str]) -> None:
    """Run everything until SIGINT or SIGTERM; `hints` are printed once all is ready. Raises `Refused` before anything starts."""
    address = tls.gateway(settings)
    with preflight.alone(settings.data, address):
        preflight.writable(settings.data)
        program()
        _free(settings)
        settings, port = _broker(settings)
        tlscheck.check(settings)
        network = settings.data / "network"
        write_accounts(network, preflight.register(settings))
        if port is not None:
            (network / "nats.conf").write_text(server(network, port, _shown(settings)))
        asyncio.run(_Supervisor(settings, port).run([f"Kring is running: {address}", *hints]))


def _free(settings: Settings) -> None:
    """Look whether the gateway's port, and those of services that have one, can be taken."""
    for name, port in (("", settings.port), *((f"{name}_", getattr(settings, f"{name}_port")) for name in SERVICES)):
        if port is not None:
            preflight.free(port, f"KRING_{name.upper()}PORT={port + 1}")


def _broker(settings: Settings) -> tuple[Settings, int | None]:
    """Where the broker listens, and the port on which we start it (None: it runs elsewhere)."""
    if settings.nats_url is None:
        port = preflight.any_free(natsconf.port(settings.data / "network"))
        scheme = "tls" if tls.broker(settings) else "nats"
        return msgspec.structs.replace(settings, nats_url=f"{scheme}://{preflight.LOOPBACK}:{port}"), port
    parts = urlsplit(settings.nats_url)
    if "," in settings.nats_url or parts.hostname not in (preflight.LOOPBACK, "localhost"):
        return settings, None
    port = parts.port or 4222
    preflight.free(port, f"KRING_NATS_URL={parts.scheme}://{preflight.LOOPBACK}:{port + 1}")
    return settings, port


def _shown(settings: Settings) -> tls.Tls | None:
    """What our broker shows; with it the address begins with tls://. Raises `Refused`: `tls-wanted`, `broker-needs-tls`."""
    shown, address = tls.broker(settings), str(settings.nats_url)
    if (shown is not None) != address.startswith("tls://"):
        raise Refused("tls-wanted", url=address) if shown else Refused("broker-needs-tls", address=address)
    return shown


class _Supervisor:
    def __init__(self, settings: Settings, port: int | None) -> None:
        self._settings = settings
        self._logs = settings.data / "network" / "logs"
        broker = [] if port is None else [self._nats(port)]
        self._broker = broker
        self._others = [self._python(name, f"services.{name}.main") for name in SERVICES]
        self._others.append(self._python("gateway", "gateway.main"))
        self._stop = asyncio.Event()
        self._said: set[str] = set()

    async def run(self, welcome: Sequence[str]) -> None:
        """Start in order, wait, stop in the opposite order."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)
        operations = {"health": self._health, "reload": self._reload}
        tasks: list[asyncio.Task[None]] = []
        async with control.serve(self._settings.data, PROCESS, operations):
            try:
                tasks.append(asyncio.create_task(self._start(tasks, welcome)))
                await self._stop.wait()
            finally:
                await self._end(tasks)

    async def _start(self, tasks: list[asyncio.Task[None]], welcome: Sequence[str]) -> None:
        for group in (self._broker, self._others):
            say(f"starting {', '.join(process.name for process in group)}")
            tasks.extend(asyncio.create_task(process.run()) for process in group)
            await self._readiness(group)
        say("\n".join(["", *welcome]))

    async def _readiness(self, group: Sequence[Process]) -> None:
        """Wait for all of them; say after a while which ones keep us waiting."""
        try:
            async with asyncio.timeout(PATIENCE):
                await _ready(group)
        except TimeoutError:
            late = ", ".join(process.name for process in group if not process.ready.is_set())
            say(f"still waiting for {late}; 'kring doctor' may say why, and the logs in {self._logs}")
            await _ready(group)

    async def _end(self, tasks: list[asyncio.Task[None]]) -> None:
        say("stopping")
        tasks[0].cancel()
        for group in (self._others, self._broker):
            await asyncio.gather(*(process.stop() for process in group))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        say("stopped; everything is kept in " + str(self._settings.data))

    async def _health(self) -> object:
        processes = [*self._broker, *self._others]
        return {
            "ready": all(process.state is State.READY for process in processes),
            "processes": {one.name: {"state": one.state, "starts": one.starts} for one in processes},
        }

    async def _reload(self) -> object:
        """The broker reads its configuration again; nobody is disconnected."""
        for process in self._broker:
            await process.signal(signal.SIGHUP)
        return {}

    def _nats(self, port: int) -> Process:
        command = [program(), "-c", str(self._settings.data / "network" / "nats.conf")]
        return self._process("nats-server", command, lambda: _listens(port))

    def _python(self, name: str, module: str) -> Process:
        return self._process(name, [sys.executable, "-m", module], self._healthy(name))

    def _process(self, name: str, command: Sequence[str], ready: Callable[[], Awaitable[bool]]) -> Process:
        log = self._logs / f"{name}.log"
        stated = os.environ | environment(self._settings)
        return Process(name, command, log=log, environment=stated, ready=ready, say=say)

    def _healthy(self, name: str) -> Callable[[], Awaitable[bool]]:
        async def healthy() -> bool:
            try:
                health = await control.ask(self._settings.data, name, "health", timeout=2)
            except Refused:
                return False
            for failure in health.get("failures", ()):
                self._once(f"{failure['node']}: {failure['sentence']} [{failure['code']}]")
            return bool(health["ready"])

        return healthy

    def _once(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            say(line)


async def _ready(group: Sequence[Process]) -> None:
    for process in group:
        await process.ready.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(preflight.LOOPBACK, port)
    except OSError:
        return False
    writer.close()
    return True
