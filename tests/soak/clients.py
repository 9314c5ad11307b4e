"""People at work: each asks one thing at a time, and asks it again under the same key until it is acknowledged."""

import asyncio
import random
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import msgspec

from shared.identity import Issuer, Role
from shared.ids import uuid7
from shared.rules import Unavailable
from shared.wire.calls import Answer, Call, Caller
from shared.wire.connection import Connection, connect
from tests.soak.ledger import Ledger
from tests.soak.parts import Network
from tests.soak.plan import GATEWAY

AGAIN, SELDOM = 0.1, 1.0
"""Seconds before a question is asked again: the first time, and at most. Who asks all the time keeps what was killed from starting."""
TWICE = 0.04
"""How often something is asked twice at once, and how often once more after it was acknowledged."""
_ROLES = (Role.COORDINATOR, Role.ADMINISTRATOR, Role.HOST)


class Over(Exception):  # noqa: N818  (the end of the day)
    """No new work is begun."""


class Office:
    """What all who work share: the doors into the network, and the ledger."""

    def __init__(self, network: Network, ledger: Ledger, nats: Connection) -> None:
        self.ledger = ledger
        self.refused: list[str] = []
        """What was refused although nothing was wrong with it."""
        self.closing = False
        self._nats = nats
        self._caller = Caller(nats)
        self._port = network.settings.port
        self._web = httpx.AsyncClient(timeout=5)
        now = datetime.now(UTC)
        self._tokens = {
            slug: Issuer.open(network.data, slug, production=False).token(_ROLES, user="soak", now=now, hours=72)
            for slug in network.register.organisations
        }

    async def close(self) -> None:
        """Leave."""
        await self._nats.close()
        await self._web.aclose()
        self.ledger.close()

    async def ask(self, node: str, method: str, path: str, body: Any = None, key: UUID | None = None) -> Answer:
        """Over NATS, as the gateway asks. Raises `Unavailable`."""
        organisation, _, service = node.partition(".")
        headers = self._headers(organisation, key)
        coded = tuple((name.encode(), value.encode()) for name, value in headers.items())
        content = b"" if body is None else msgspec.json.encode(body)
        [answer] = await self._caller.call(
            f"orgs.{organisation}.rpc.{service}", Call(method, path, headers=coded, body=content)
        )
        return answer

    async def ask_gateway(self, organisation: str, document: str, variables: Any, key: UUID) -> Answer:
        """Over HTTP and GraphQL; an answer with errors gets the status of its first. Raises `Unavailable`."""
        body = msgspec.json.encode({"query": document, "variables": variables})
        try:
            url = f"http://127.0.0.1:{self._port}/graphql"
            answer = await self._web.post(url, content=body, headers=self._headers(organisation, key))
            told = msgspec.json.decode(answer.content)
        except (httpx.HTTPError, msgspec.DecodeError):
            raise Unavailable("gateway-away") from None
        errors = told.get("errors")
        return Answer(errors[0]["extensions"]["status"] if errors else answer.status_code, (), answer.content)

    def _headers(self, organisation: str, key: UUID | None) -> dict[str, str]:
        headers = {"authorization": f"Bearer {self._tokens[organisation]}", "content-type": "application/json"}
        if key is None:
            return headers
        return headers | {"idempotency-key": str(key), "traceparent": f"00-{key.hex}-00f067aa0ba902b7-01"}


@asynccontextmanager
async def opened(network: Network, ledger: Ledger) -> AsyncGenerator[Office]:
    """The doors, with the gateway's own key for calls."""
    seed = (network.data / "gateway" / "gateway.nk").read_text().strip()
    url = str(network.settings.nats_url)
    office = Office(network, ledger, await connect(url, seed=seed, name="soak", inbox_prefix="_INBOX.gateway"))
    try:
        yield office
    finally:
        await office.close()


class Lane:
    """Somebody who works through one thing after the other."""

    def __init__(self, name: str, office: Office, chance: random.Random, pace: float) -> None:
        self.name = name
        self.chance = chance
        self._office = office
        self._pace = pace

    @property
    def closing(self) -> bool:
        """Whether the day is over."""
        return self._office.closing

    async def do(self, node: str, method: str, path: str, body: Any = None, *, makes: str) -> None:
        """One command of a node's API; returns when it is acknowledged. Raises `Over`."""
        door = node.partition(".")[2]
        await self._do(node, path, makes, door, lambda key: self._office.ask(node, method, path, body, key))

    async def do_by_graphql(self, node: str, document: str, variables: Any, *, makes: str) -> None:
        """One command by way of the gateway. Raises `Over`."""
        organisation = node.partition(".")[0]
        await self._do(
            node, document, makes, GATEWAY, lambda key: self._office.ask_gateway(organisation, document, variables, key)
        )

    async def until_seen(self, node: str, path: str, field: str = "id") -> Any:
        """What a node shows at an address, once it shows it with something in this field. Raises `Over`."""
        waits = _pauses()
        while True:
            self._open()
            try:
                answer = await self._office.ask(node, "GET", path)
            except Unavailable:
                answer = None
            if answer is not None and answer.status == 200 and (told := msgspec.json.decode(answer.body)).get(field):
                return told
            await asyncio.sleep(next(waits))

    async def _do(self, node: str, what: str, makes: str, door: str, ask: Any) -> None:
        self._open()
        await asyncio.sleep(self.chance.uniform(0, 2 * self._pace))
        key, tries, waits = uuid7(), 0, _pauses()
        while True:
            tries += 1
            if self.chance.random() < TWICE:
                await asyncio.gather(ask(key), ask(key), return_exceptions=True)
            try:
                answer: Answer = await ask(key)
            except Unavailable:
                answer = Answer(503, (), b"")
            if answer.status < 400:
                break
            if answer.status < 500:
                self._office.refused.append(f"{key} {node} {what}: {answer.body.decode()}")
                raise Over
            await asyncio.sleep(next(waits))
        self._office.ledger.note(key, self.name, node, makes, tries, door)
        if self.chance.random() < TWICE:
            await asyncio.gather(ask(key), return_exceptions=True)

    def _open(self) -> None:
        if self.closing:
            raise Over


def _pauses() -> Iterator[float]:
    pause = AGAIN
    while True:
        yield pause
        pause = min(pause * 1.5, SELDOM)
