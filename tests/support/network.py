"""The demo network in one process, on a real nats-server and real databases: each organisation's nodes start and stop by themselves."""

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import msgspec

from deploy import demo
from deploy.brokers import Server
from deploy.natsconf import accounts
from deploy.tls import broker
from shared import trace
from shared.door import Door, leading
from shared.eventlog.cache import StateCache
from shared.eventlog.log import Log, utc_now
from shared.eventlog.recent import KEPT
from shared.eventlog.ticker import Ticker
from shared.http import application
from shared.identity import Issuer, Role
from shared.node import Node, Process, opened
from shared.register import SERVICES
from shared.rules import Refused, Unavailable
from shared.settings import Settings
from shared.watcher import Watcher
from shared.wire.calls import Call, Caller
from shared.wire.connection import Connection, connect
from shared.wire.tls import authority
from tests.support.brokers import Configured
from tests.support.nats import NatsServer, free_port
from tests.support.postgres import postgres_url


class Problem(Refused):
    """A refusal as problem+json."""

    def __init__(self, status: int, told: Mapping[str, Any]) -> None:
        super().__init__(told["code"], detail=told["detail"])
        self.answered = status
        self.told = told


class Network:
    """Organisations, their nodes, and the gateway's connection to call them with."""

    def __init__(self, data: Path, nats: NatsServer, databases: Mapping[str, str]) -> None:
        self.data = data
        self.nats = nats
        self.nodes: dict[str, Node] = {}
        self.watcher = Watcher(data)
        self.settings = Settings(data=data, nats_url=nats.url, databases=databases)
        self._processes: dict[str, Process] = {}
        self._running: dict[str, tuple[AsyncExitStack, asyncio.Task[None]]] = {}
        self._gateway: Connection | None = None

    async def start(self, *names: str) -> None:
        """Start nodes (`welzin.intake`)."""
        for name in names:
            organisation, _, service = name.partition(".")
            stack = AsyncExitStack()
            node = await stack.enter_async_context(opened(self._process(service), organisation))
            self.nodes[name] = node
            self._running[name] = (stack, asyncio.create_task(node.run()))
            await node.answering.ready.wait()

    async def stop(self, *names: str) -> None:
        """Stop nodes; what they hold stays on disk."""
        for name in names or tuple(self._running):
            stack, task = self._running.pop(name)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await _as_stored(self.nodes.pop(name).log)
            await stack.aclose()

    def token(self, organisation: str, *roles: Role, user: str = "ann") -> str:
        """A token of an organisation's local issuer."""
        return Issuer.open(self.data, organisation, production=False).token(roles, user=user, now=datetime.now(UTC))

    async def ask(
        self,
        node: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        role: Role | None = Role.COORDINATOR,
        **options: Any,
    ) -> Any:
        """Call a node's API as the gateway does, on behalf of somebody of the organisation; raises `Problem`."""
        organisation, _, service = node.partition(".")
        route, _, query = path.partition("?")
        headers = {"traceparent": trace.traceparent(), "content-type": "application/json"} | options.get("headers", {})
        if role is not None:
            headers["authorization"] = f"Bearer {options.get('token') or self.token(organisation, role)}"
        coded = tuple((name.encode(), value.encode()) for name, value in headers.items())
        content = msgspec.json.encode(body) if body is not None else b""
        caller, call = Caller(await self.gateway()), Call(method, route, query.encode(), coded, content)
        [answer] = await caller.call(f"orgs.{organisation}.rpc.{service}", call)
        told: Any = msgspec.json.decode(answer.body) if answer.body else {}
        if answer.status >= 400:
            raise Problem(answer.status, told)
        return told

    @asynccontextmanager
    async def local(self, node: str) -> AsyncGenerator[httpx.AsyncClient]:
        """A coordinator's system beside a node: it asks at the service's own port, where no broker is between."""
        organisation, _, service = node.partition(".")
        port, held = free_port(), {"authorization": f"Bearer {self.token(organisation, Role.COORDINATOR)}"}
        api = leading(self._process(service).app, {organisation: self.nodes[node]})
        door = Door(api, f"127.0.0.1:{port}")
        serving = asyncio.create_task(door.run())
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/{organisation}", headers=held) as system:
            yield system
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving

    async def gateway(self) -> Connection:
        """The gateway's connection."""
        if self._gateway is None:
            seed = (self.data / "gateway" / "gateway.nk").read_text().strip()
            believed = authority(self.settings)
            prefix = "_INBOX.gateway"
            self._gateway = await connect(
                self.nats.url, seed=seed, name="gateway", inbox_prefix=prefix, authority=believed
            )
        return self._gateway

    async def close(self) -> None:
        """Stop everything but the broker."""
        if self._gateway is not None:
            await self._gateway.close()
        await self.stop()

    def ticker(self, service: str) -> Ticker:
        """What issues the deadlines of a service's nodes, while somebody runs it."""
        return self._process(service).ticker

    def _process(self, service: str) -> Process:
        if service not in self._processes:
            made = import_module(f"services.{service}.main").SERVICE
            ticker = Ticker(utc_now)
            register = lambda: self.watcher.register  # noqa: E731
            issuers = lambda: self.watcher.register.issuers  # noqa: E731
            self._processes[service] = Process(
                made, application(made), self.settings, register, issuers, StateCache(), ticker
            )
        return self._processes[service]


async def _as_stored(log: Log) -> None:
    """What was at hand says the same as the database: an event that changes on its way into it and back is found here."""
    since = max(log.position - KEPT, 0)
    with suppress(Unavailable):  # a test has taken its keys away
        near = await log.notifications(since, KEPT)
        await log.rest(0)
        assert near == await log.notifications(since, KEPT)


def everybodys() -> Mapping[str, str]:
    """Where a story does not say in what databases it is told: all in files, or all in PostgreSQL (`make test-postgres`)."""
    on_postgres = os.environ.get("ENGINE") == "postgres"
    return {slug: postgres_url() for slug, *_ in demo.ORGANISATIONS} if on_postgres else {}


@asynccontextmanager
async def network(folder: Path, *names: str, databases: Mapping[str, str] | None = None) -> AsyncGenerator[Network]:
    """The demo network with these nodes running; all of Humanitas and WELZIN unless told. Over TLS where it has certificates."""
    data = folder / "data"
    register = demo.prepare(data)
    nats = NatsServer(folder, f"system_account: SYS\n{accounts(register)}")
    if shown := broker(Settings(data=data)):
        nats = Configured(data, Server(tls=shown))
    await nats.start()
    net = Network(data, nats, everybodys() if databases is None else databases)
    try:
        await net.start(*(names or [f"{slug}.{service}" for slug in ("humanitas", "welzin") for service in SERVICES]))
        yield net
    finally:
        try:
            await net.close()
        finally:
            nats.kill()
