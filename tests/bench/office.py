"""Organisations with their nodes of intake, and their coordinators, who ask through the gateway's account."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from deploy import natsconf
from services.intake.main import SERVICE
from shared.eventlog.cache import StateCache
from shared.eventlog.log import utc_now
from shared.eventlog.ticker import Ticker
from shared.http import application
from shared.identity import Issuer, Role
from shared.node import Node, Process, opened
from shared.register import Register
from shared.settings import load
from shared.wire.calls import Call, Caller
from shared.wire.connection import connect
from tests.support.nats import NatsServer, nats_server


class Office:
    """One organisation, asked as its coordinator through the gateway's account."""

    def __init__(self, caller: Caller, data: Path, organisation: str) -> None:
        self._caller = caller
        self._subject = f"orgs.{organisation}.rpc.intake"
        issuer = Issuer.open(data, organisation, production=False)
        token = issuer.token([Role.COORDINATOR], user="bench", now=utc_now())
        self._headers = ((b"authorization", f"Bearer {token}".encode()), (b"content-type", b"application/json"))

    async def post(self, path: str, body: Any) -> None:
        """Do it; what is refused ends the benchmark."""
        (answer,) = await self._caller.call(
            self._subject, Call("POST", path, b"", self._headers, msgspec.json.encode(body))
        )
        assert answer.status < 300, answer.body

    async def get(self, path: str, query: str = "") -> Any:
        """What stands there."""
        (answer,) = await self._caller.call(self._subject, Call("GET", path, query.encode(), self._headers))
        assert answer.status == 200, answer.body
        return msgspec.json.decode(answer.body)

    async def has(self, path: str) -> bool:
        """Whether it is there."""
        (answer,) = await self._caller.call(self._subject, Call("GET", path, b"", self._headers))
        assert answer.status in {200, 404}, answer.body
        return answer.status == 200


class Offices:
    """Organisations of the demo network: their nodes of intake in this process, on a real nats-server."""

    def __init__(self, data: Path, server: NatsServer, process: Process, caller: Caller) -> None:
        self.server = server
        self._data, self._process, self._caller = data, process, caller

    def office(self, organisation: str) -> Office:
        """Its coordinator."""
        return Office(self._caller, self._data, organisation)

    @asynccontextmanager
    async def node(self, organisation: str, *, whole: bool = True) -> AsyncGenerator[Node]:
        """Its node, at work while the block lasts; one that is not `whole` only answers."""
        async with opened(self._process, organisation) as node:
            running = asyncio.create_task(node.run() if whole else node.answering.run())
            await node.answering.ready.wait()
            try:
                yield node
                await asyncio.sleep(0.5)  # receipts and relays of the last letter come to their end
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def offices(data: Path, register: Register) -> AsyncGenerator[Offices]:
    """The network of a register, with its broker."""
    async with nats_server(natsconf.accounts(register)) as server:
        settings = load({"KRING_DATA": str(data), "KRING_NATS_URL": server.url})
        process = Process(
            SERVICE,
            application(SERVICE),
            settings,
            lambda: register,
            lambda: register.issuers,
            StateCache(),
            Ticker(utc_now),
        )
        seed = (data / "gateway" / "gateway.nk").read_text().strip()
        gateway = await connect(server.url, seed=seed, name="gateway", inbox_prefix="_INBOX.gateway")
        try:
            yield Offices(data, server, process, Caller(gateway))
        finally:
            await gateway.close()
