"""Receivers of Humanitas' webhooks: the guide's program, and an endpoint of the test's own that answers as it is told."""

import asyncio
import json
import os
import ssl
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from deploy.keys import created
from shared import control
from tests.flows.integrators import KEEPER, PUBLIC, look, program, registrar
from tests.support.nats import free_port
from tests.support.network import Network
from tests.support.waiting import eventually

NAME = "agenda-site"
SOONER = """
from shared.wire import webhooks
webhooks.HELD = 5
from services.intake.main import SERVICE
from shared.host import serve
serve(SERVICE)
"""
"""The process of intake; what it had in hand when it was killed comes again after five seconds, not twenty."""


def hook(net: Network, url: str, name: str = NAME, pattern: str = PUBLIC, start: datetime | None = None) -> str:
    """As `kring integrator add --webhook` does it; gives the secret."""
    secret = registrar(net).grant_webhook("humanitas", name, pattern, start, url)
    look(net)
    return secret


async def following(net: Network, name: str = NAME) -> Any:
    """How far this one is."""
    found = (await net.nodes[KEEPER].health()).integrators
    [one] = [one for one in found if one.name == name]
    return one


async def waiting(net: Network, name: str = NAME) -> int | None:
    """Events that it has not taken."""
    found: int | None = (await following(net, name)).waiting
    return found


async def said(net: Network, name: str = NAME) -> tuple[str, str, int] | None:
    """What its webhook answered last: state, answer, tries."""
    answered = (await following(net, name)).webhook
    return answered and (str(answered.state), answered.answer, answered.tries)


@dataclass
class Delivered:
    """One request."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def event(self) -> Any:
        """What it told."""
        return json.loads(self.body)


@dataclass
class Endpoint:
    """Keeps what comes; answers while `answering` is set."""

    port: int
    scheme: str = "http"
    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    got: list[Delivered] = field(default_factory=list)
    answering: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.port}/kring?of=humanitas"

    @property
    def subjects(self) -> Sequence[str]:
        """The records that the events are about, in the order in which they came."""
        return [one.event["subject"] for one in self.got]

    @property
    def ids(self) -> Sequence[str]:
        return [one.headers["webhook-id"] for one in self.got]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection after the other; as many requests on each as come."""
        with closing(writer), suppress(OSError, asyncio.IncompleteReadError):
            while True:
                first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
                assert first == "POST /kring?of=humanitas HTTP/1.1"
                headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
                self.got.append(Delivered(headers, await reader.readexactly(int(headers["content-length"]))))
                await self.answering.wait()
                stated = {"content-length": str(len(self.content)), **self.headers}
                block = "".join(f"{name}: {value}\r\n" for name, value in stated.items())
                writer.write(f"HTTP/1.1 {self.status} Said\r\n{block}\r\n".encode() + self.content)
                await writer.drain()


@asynccontextmanager
async def endpoint(tls: ssl.SSLContext | None = None) -> AsyncGenerator[Endpoint]:
    """Serve while the block lasts."""
    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(task := asyncio.create_task(here.serve(reader, writer)))
        with suppress(asyncio.CancelledError):
            await task

    here = Endpoint(free_port(), "https" if tls else "http")
    here.answering.set()
    server = await asyncio.start_server(serve, "127.0.0.1", here.port, ssl=tls)
    try:
        yield here
    finally:
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


@asynccontextmanager
async def keeper(net: Network) -> AsyncGenerator[asyncio.subprocess.Process]:
    """Run the nodes of intake as the process that they are while the block lasts, and then kill it."""
    environment = os.environ | {"KRING_DATA": str(net.data), "KRING_NATS_URL": net.nats.url}
    with (net.data / "intake.log").open("a") as log:
        command = [sys.executable, "-c", SOONER]
        running = await asyncio.create_subprocess_exec(*command, env=environment, stderr=log)
        try:
            await eventually(lambda: _ready(net), within=30)
            yield running
        finally:
            with suppress(ProcessLookupError):
                running.kill()
            await running.wait()


async def _ready(net: Network) -> bool:
    return bool((await control.ask(net.data, "intake", "health"))["ready"])


@asynccontextmanager
async def receiver(folder: Path, secret: str, port: int) -> AsyncGenerator[Path]:
    """Run the guide's receiving program while the block lasts; gives its database."""
    script, store, file = folder / "receive.py", folder / "events.db", folder / "humanitas-agenda-site.secret"
    script.write_text(program("http.server"))
    file.unlink(missing_ok=True)
    created(file, secret)
    with (folder / "receive.log").open("a") as log:
        running = await asyncio.create_subprocess_exec(sys.executable, script, file, store, str(port), stderr=log)
        try:
            await eventually(lambda: _listens(port))
            yield store
        finally:
            running.terminate()
            await running.wait()


async def _listens(port: int) -> bool:
    with suppress(OSError):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        return True
    return False
