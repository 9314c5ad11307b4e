"""A whole region on one machine: its register made at once, its broker, and one service's process that hosts them all."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from deploy.registrar import Registrar
from shared import control
from shared.agreements import Covenant
from shared.identity import Issuer, Role
from shared.register import Organisation
from shared.rules import Unavailable
from shared.signing import Signer
from shared.wire.calls import Answer, Call, Caller

SERVICE = "intake"
CIRCLE = 13
"""Organisations of one covenant: each has twelve partners."""
SINCE = date(2026, 1, 1)
_TICKS = os.sysconf("SC_CLK_TCK")


def slug(number: int) -> str:
    """The name of an organisation."""
    return f"org-{number:04}"


def prepare(data: Path, count: int) -> None:
    """A signed register of so many organisations, in covenants of thirteen, with the keys of all of them."""
    registrar = Registrar(data)
    begun = registrar.begin()
    organisations = tuple(_organisation(registrar, number) for number in range(count))
    slugs = [one.slug for one in organisations]
    circles = [slugs[first : first + CIRCLE] for first in range(0, count, CIRCLE)]
    covenants = tuple(_covenant(data, number, members) for number, members in enumerate(circles, 1))
    registrar._publish(  # noqa: SLF001  (one by one, a thousand would take an hour)
        replace(begun.contents, number=2, organisations=organisations, covenants=covenants)
    )


def _organisation(registrar: Registrar, number: int) -> Organisation:
    given = {
        "slug": slug(number),
        "name": f"Organisatie {number}",
        "area": "GM0361",
        "source": f"urn:nld:kvknr:{number:08}",
        **registrar._keys(slug(number)),  # noqa: SLF001
    }
    return msgspec.convert(given, Organisation)


def _covenant(data: Path, number: int, members: list[str]) -> Covenant:
    draft = Covenant(UUID(int=number), f"Kring {number}", SINCE, {})
    signers = {one: Signer((data / one / "keys" / "organisation").read_text().strip()) for one in members}
    return replace(draft, members={one: signer.sign(draft.words(one)) for one, signer in signers.items()})


class Process:
    """One process of a service, as the system sees it."""

    def __init__(self, data: Path, service: str, pid: int) -> None:
        self.pid = pid
        self._data = data
        self._service = service

    async def ready(self, nodes: int = 1, *, within: float = 240.0) -> int:
        """Wait until it answers for all its organisations, at least so many; gives how many."""
        async with asyncio.timeout(within):
            while (held := await self.nodes()) < nodes:  # noqa: ASYNC110  (another process has no event to wait for)
                await asyncio.sleep(0.25)
        return held

    async def nodes(self) -> int:
        """How many it holds; 0 while it does not answer for all of them."""
        try:
            health: Mapping[str, Any] = await control.ask(self._data, self._service, "health", timeout=60)
        except Unavailable:
            return 0
        return len(health["nodes"]) if health["ready"] else 0

    async def quiet(self, share: float = 0.1) -> None:
        """Wait until it has nothing to do any more: less than a share of one core, over two seconds."""
        while await self.busy(2) > share:
            pass

    async def busy(self, seconds: float) -> float:
        """The share of one core that it takes, measured over so many seconds."""
        begin, spent = time.perf_counter(), seconds_of(self.pid)
        await asyncio.sleep(seconds)
        return (seconds_of(self.pid) - spent) / (time.perf_counter() - begin)


def seconds_of(pid: int) -> float:
    """Processor time that a process has taken (proc(5), fields 14 and 15 of stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident(pid: int) -> int:
    """KiB of memory that a process holds."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


@asynccontextmanager
async def running(data: Path, url: str, service: str = SERVICE, **settings: str) -> AsyncGenerator[Process]:
    """A process of a service while the block lasts; killed at its end, as a power cut would."""
    environment = {**os.environ, "KRING_DATA": str(data), "KRING_NATS_URL": url, "KRING_LOG_LEVEL": "error", **settings}
    with (data / f"{service}.log").open("ab") as log:
        child = subprocess.Popen(  # noqa: ASYNC220  (starting takes no time; our own program)
            [sys.executable, "-m", f"services.{service}.main"], env=environment, stdin=subprocess.DEVNULL, stderr=log
        )
    try:
        yield Process(data, service, child.pid)
    finally:
        with suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGKILL)
        child.wait()


class Coordinator:
    """Somebody of one organisation, who calls its node through the gateway's account."""

    def __init__(self, data: Path, caller: Caller, organisation: str) -> None:
        issuer = Issuer.open(data, organisation, production=False)
        token = issuer.token([Role.COORDINATOR], user="bench", now=datetime.now(UTC))
        self._headers = ((b"authorization", f"Bearer {token}".encode()), (b"content-type", b"application/json"))
        self._caller = caller
        self._subject = f"orgs.{organisation}.rpc.{SERVICE}"

    async def post(self, route: str, body: Any, *, within: float = 30.0) -> Answer:
        """Ask once."""
        call = Call("POST", route, b"", self._headers, msgspec.json.encode(body))
        [answer] = await self._caller.call(self._subject, call, timeout=within)
        return answer
