"""What is found where after the story with marked words was told: on nodes, broker and gateway that are watched from all sides."""

import asyncio
import contextlib
import io
import logging
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import structlog
from msgspec.structs import replace
from sqlalchemy import select

from deploy import demo, story
from deploy.natsconf import accounts
from deploy.openapi import document
from gateway.main import run
from shared import logs, tracing
from shared.backup import TABLES
from shared.identity import Role
from shared.ids import uuid7
from shared.register import SERVICES
from shared.settings import Settings
from shared.wire.calls import Asked
from tests.flows.marked import MARKER, NODES, STAFF, WRONG, Telling, recorded
from tests.flows.test_erasure import holding
from tests.support.collector import Span, collector
from tests.support.nats import NatsServer, free_port
from tests.support.network import Network, Problem
from tests.support.tap import Message, Tap, tapped
from tests.support.waiting import eventually

_LINE = re.compile(rb"(?m)^(?:GET|POST|PUT|DELETE) (\S+) HTTP/1.1\r$")


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What was found where."""

    sent: list[tuple[str, str, str, Any]]
    """Service, method, path and body of what was taken."""
    recorded: dict[str, list[str]]
    """By personal field of an event: the texts that were recorded in it."""
    kept: bytes
    """All tables of all nodes that are kept: no views, no keys."""
    views: list[str]
    """Files of the data folder that hold a marked word."""
    stored: list[str]
    """Files of the broker that do."""
    broker: str
    """The broker's log."""
    passed: list[Message]
    """All messages between nodes and broker."""
    addresses: list[str]
    """Every path and query that a client or the gateway asked."""
    spans: list[Span]
    metrics: str
    log: str
    refusals: dict[str, str]
    """By route and what was wrong: what was answered to who sent wrong words only."""


async def gathered(folder: Path) -> Seen:
    """Tell the story, and look everywhere."""
    with _log() as log, collector() as found, tracing.exporting(found.url, "test"):
        async with _network(folder) as (net, tap), _gateway(net) as web:
            telling = Telling(net)
            await telling.whole()
            with contextlib.redirect_stdout(io.StringIO()):
                await asyncio.to_thread(story.referral, replace(net.settings, port=web.port))
            refusals = {what: told async for what, told in _refusals(net)} | await _errors(net, web)
            inside, kept = await _recorded(net), await _kept(net)
            views, metrics = holding(net.data, MARKER), _metrics(net)
            stored = [*holding(net.nats.storage, MARKER), *holding(net.nats.storage, STAFF)]
    return Seen(
        sent=telling.sent,
        recorded=inside,
        kept=kept,
        views=views,
        stored=stored,
        broker=net.nats.said.decode(),
        passed=list(tap.messages()),
        addresses=[*_asked(tap), *(line.decode() for line in _LINE.findall(web.everything()))],
        spans=found.spans,
        metrics=metrics,
        log=log.getvalue(),
        refusals=refusals,
    )


@contextlib.contextmanager
def _log() -> Iterator[io.StringIO]:
    """What Kring writes to its log, with all details."""
    written, handlers, level = io.StringIO(), logging.root.handlers[:], logging.root.level
    with contextlib.redirect_stderr(written):
        logs.configure("test", "debug")
    yield written
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@asynccontextmanager
async def _network(folder: Path) -> AsyncIterator[tuple[Network, Tap]]:
    """The nodes of the story, with a line to the broker that remembers what passes."""
    nats = NatsServer(folder, f"system_account: SYS\n{accounts(demo.prepare(folder / 'data'))}")
    await nats.start()
    async with AsyncExitStack() as stack:
        stack.callback(nats.kill)
        tap = await stack.enter_async_context(tapped(nats.port))
        net = Network(folder / "data", nats, {})
        net.settings = Settings(data=net.data, nats_url=f"nats://127.0.0.1:{tap.port}", port=free_port())
        stack.push_async_callback(net.close)
        await net.start(*NODES)
        yield net, tap


@asynccontextmanager
async def _gateway(net: Network) -> AsyncIterator[Tap]:
    """The gateway, behind another such line."""
    stop = asyncio.Event()
    running = asyncio.create_task(run(replace(net.settings, nats_url=net.nats.url), stop))
    async with tapped(net.settings.port) as web:
        await eventually(lambda: _listens(net.settings.port))
        yield web
        stop.set()
        await running


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def _kept(net: Network) -> bytes:
    def rows(connection: Any) -> list[Any]:
        return [value for table in TABLES for row in connection.execute(select(table)) for value in row]

    found = [value for node in net.nodes.values() for value in await node.log.query(rows)]
    return b"|".join(value if isinstance(value, bytes) else str(value).encode() for value in found)


async def _recorded(net: Network) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for node in net.nodes.values():
        for one in await node.log.notifications(0, 5_000):
            for place, text in recorded(one.event):
                found.setdefault(place, []).append(text)
    return found


def _metrics(net: Network) -> str:
    return "".join(net._process(service).meter.text({}, failed=0) for service in SERVICES)  # noqa: SLF001


def _asked(tap: Tap) -> list[str]:
    """The addresses of all calls."""
    requests = [one.data for one in tap.messages() if one.subject.startswith("rpc.")]
    calls = [call for one in requests for call in msgspec.msgpack.decode(one, type=Asked).calls]
    return [f"{call.path}?{call.query.decode()}" for call in calls]


async def _refusals(net: Network) -> AsyncIterator[tuple[str, str]]:
    """Ask every route that takes a body for what cannot be."""
    for service in SERVICES:
        stated = msgspec.json.decode(document(service))
        for path, methods in stated["paths"].items():
            for method, route in methods.items():
                if "requestBody" in route:
                    for wrong, told in await _refused(net, service, f"{method.upper()} {path}", route, stated):
                        yield f"{service} {method} {path}: {wrong}", told


async def _errors(net: Network, web: Tap) -> dict[str, str]:
    """What the gateway says to who asks questions that make no sense."""
    ask: dict[str, Any] = {}
    register = "mutation($it: RegisterParticipantInput!) { registerParticipant(input: $it) { id } }"
    contact = {"way": "PHONE", "value": WRONG}
    questions: dict[str, tuple[str, Any]] = {
        "no object": (register, {"it": WRONG}),
        "no id": (register, {"it": {"id": WRONG, "nameToUse": WRONG, "contact": contact}}),
        "no choice": (register, {"it": {"id": str(uuid7()), "nameToUse": WRONG, "contact": contact | {"way": WRONG}}}),
        "unknown field": (register, {"it": {"id": str(uuid7()), "nameToUse": WRONG, "contact": contact, "x": WRONG}}),
        "too long": (register, {"it": {"id": str(uuid7()), "nameToUse": WRONG * 99, "contact": contact}}),
        "in line": (f'{{ participant(id: "{WRONG}") {{ id }} }}', ask),
        "no end": (f'{{ searchParticipants(input: {{ name: "{WRONG}', ask),
        "no argument": (f'{{ participants(name: "{WRONG}") {{ nodes {{ id }} }} }}', ask),
    }
    headers = {"authorization": f"Bearer {net.token('humanitas', Role.COORDINATOR)}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{web.port}", headers=headers) as client:
        asked = {
            what: (await client.post("/graphql", json={"query": query, "variables": variables})).json()
            for what, (query, variables) in questions.items()
        }
    return {f"graphql: {what}": str(told["errors"]) for what, told in asked.items()}


async def _refused(net: Network, service: str, route: str, stated: Any, document: Any) -> list[tuple[str, str]]:
    method, _, path = route.partition(" ")
    [content] = stated["requestBody"]["content"].values()
    bodies = {
        "of no kind": _filled(content["schema"], document, WRONG, all_of_it=True),
        "too long": _filled(content["schema"], document, WRONG * 99),
        "of nobody": _filled(content["schema"], document, WRONG),
        "no object": WRONG,
    }
    found: list[tuple[str, str]] = []
    for wrong, body in bodies.items():
        try:
            await net.ask(f"humanitas.{service}", method, path.replace("{id}", str(uuid7())), body)
        except Problem as problem:
            found.append((wrong, str(problem.told)))
    return found


def _filled(schema: Any, document: Any, text: str, *, all_of_it: bool = False) -> Any:
    """A body with this in place of every text; of ids, dates, numbers and choices too where `all_of_it` is wanted."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "properties" in schema:
        return {name: _filled(one, document, text, all_of_it=all_of_it) for name, one in schema["properties"].items()}
    if "items" in schema:
        return [_filled(schema["items"], document, text, all_of_it=all_of_it)]
    for one in schema.get("oneOf", ()):
        return _filled(one, document, text, all_of_it=all_of_it)
    fitting = {"uuid": str(uuid7()), "date": "2026-01-05", "date-time": "2026-01-05T12:00:00Z"}
    if all_of_it or (schema.get("type") == "string" and not {"enum", "format"} & schema.keys()):
        return text
    return fitting.get(schema.get("format", ""), schema.get("enum", [5])[0])
