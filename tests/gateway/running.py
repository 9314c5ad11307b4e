"""A whole demo network for a test: a nats-server with every account, the services' real nodes, and a gateway on a free port."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec

from deploy import demo
from deploy.brokers import Server
from deploy.tls import broker
from deploy.tls import gateway as address
from gateway.main import run
from shared.host import Host
from shared.identity import Issuer, Role
from shared.service import Service
from shared.settings import Environment, Settings
from shared.signing import Signer
from shared.wire.tls import believing
from tests.support.brokers import configured
from tests.support.nats import NatsServer, free_port


class Running(msgspec.Struct):
    """What runs, and how to ask it."""

    settings: Settings
    nats: NatsServer
    http: httpx.AsyncClient
    hosts: Sequence[Host]
    """Of the services, in the order in which they were given."""

    def token(self, organisation: str, role: Role = Role.COORDINATOR, hours: float = 1, user: str = "ann") -> str:
        seed = (self.settings.data / organisation / "keys" / "issuer").read_text().strip()
        issuer = Issuer(organisation, Signer(seed), production=False)
        return issuer.token([role], user=user, now=datetime.now(UTC), hours=hours)

    async def ask(
        self, question: str, token: str | None = None, /, language: str = "en", key: str | None = None, **variables: Any
    ) -> dict[str, Any]:
        """The answer's JSON."""
        said = {"accept-language": language, "authorization": token and f"Bearer {token}", "idempotency-key": key}
        headers = {name: value for name, value in said.items() if value}
        body = {"query": question, "variables": variables}
        answer = await self.http.post("/graphql", json=body, headers=headers)
        found: dict[str, Any] = answer.json()
        return found

    async def done(self, question: str, token: str | None = None, /, **variables: Any) -> dict[str, Any]:
        """The data of an answer without errors."""
        answer = await self.ask(question, token, **variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def seen(self, text: str, question: str, token: str, /, **variables: Any) -> dict[str, Any]:
        """The answer as soon as its JSON holds a text: letters and events take a moment."""
        async with asyncio.timeout(30):
            while True:
                answer = await self.ask(question, token, **variables)
                if text in msgspec.json.encode(answer).decode():
                    return answer
                await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def kring(
    data: Path, services: Sequence[Service], env: Environment = Environment.DEVELOPMENT, **told: Any
) -> AsyncIterator[Running]:
    """Run it while the block lasts, with what else the settings are told; over TLS where the data folder has certificates."""
    demo.prepare(data)
    shown = broker(Settings(data=data))
    async with configured(data, Server(tls=shown)) as nats, contextlib.AsyncExitStack() as stack:
        settings = Settings(data=data, nats_url=nats.url, port=free_port(), env=env, **told)
        hosts = [Host(service, settings) for service in services]
        for host in hosts:
            await stack.enter_async_context(_until_left(host.run()))
        stop = asyncio.Event()
        gateway = asyncio.create_task(run(settings, stop))
        believed = believing(shown.authority) if shown else True
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=address(settings), verify=believed))
        running = Running(settings, nats, http, hosts)
        await _ready(running, gateway, [service.name for service in services])
        try:
            yield running
        finally:
            stop.set()
            await gateway


@contextlib.asynccontextmanager
async def _until_left(work: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _ready(running: Running, gateway: "asyncio.Task[None]", services: Sequence[str]) -> None:
    async with asyncio.timeout(15):
        while True:
            if gateway.done():
                gateway.result()
            with contextlib.suppress(httpx.TransportError):
                processes = (await running.http.get("/healthz")).json()["processes"]
                if all(processes[name]["ready"] for name in (*services, "gateway")):
                    return
            await asyncio.sleep(0.05)
