"""All that the nodes and their streams hold at one moment, read from outside."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import func, select

from shared.eventlog.parked import listed
from shared.eventlog.tables import tracking
from shared.eventlog.types import Recorded
from shared.wire.connection import Connection
from shared.wire.handover import upstream
from shared.wire.outbox import letters_out
from shared.wire.stream import NAME
from tests.soak.outside import connected, onlooker, service
from tests.soak.parts import Network

_ALL = 10**9


class Stored(msgspec.Struct, frozen=True):
    """A message of a stream."""

    subject: str
    log: UUID
    sequence: int


class Book(msgspec.Struct, frozen=True):
    """One node."""

    events: Sequence[Recorded[Any]]
    sent: Mapping[tuple[str, str], int]
    """By receiver and the receiver's tracking name: the last letter written."""
    taken: Mapping[str, int]
    """By tracking name: how far it was followed."""
    parked: Sequence[str]
    shown: Mapping[str, Sequence[str]]
    """The rows of its read models, by table."""
    rebuilt: Mapping[str, Sequence[str]]
    """The same, had it made them again from its log."""


class Books(msgspec.Struct, frozen=True):
    """Everything."""

    nodes: Mapping[str, Book]
    streams: Mapping[str, Sequence[Stored]]
    """By organisation; without the relays' markers."""


async def read(network: Network) -> Books:
    """Read all of it. Whole only while nobody writes."""
    nodes = {node: await _book(network, node) for node in network.nodes}
    streams = {slug: await _stream(network, slug) for slug in network.register.organisations}
    return Books(nodes, streams)


def published(node: str, book: Book) -> list[int]:
    """Positions of what a node must have told its stream, in order."""
    made = service(node.partition(".")[2])
    return [recorded.position for recorded in book.events if made.publish(recorded) is not None]


async def _book(network: Network, node: str) -> Book:
    log = onlooker(network, node)
    try:
        events = await log.notifications(0, _ALL)
        followed = await log.query(lambda connection: connection.execute(select(tracking)).all())
        aside = await log.query(lambda connection: listed(connection, limit=1000))
        last = select(letters_out.c.receiver, letters_out.c.log, func.max(letters_out.c.number))
        written = last.group_by(letters_out.c.receiver, letters_out.c.log)
        letters = await log.query(lambda connection: connection.execute(written).all())
        shown, rebuilt = await log.rebuilt(service(node.partition(".")[2]).views)
    finally:
        await log.close()
    return Book(
        events,
        {(receiver, upstream(node, id_)): number for receiver, id_, number in letters},
        {row.upstream: row.position for row in followed},
        [f"{one.source} {one.key} {one.type}: {one.reason}" for one in aside],
        shown,
        rebuilt,
    )


async def _stream(network: Network, slug: str) -> list[Stored]:
    async with connected(network, f"{slug}.intake") as nats:
        last = await _ask(nats, f"STREAM.INFO.{NAME}", {})
        left = last["state"]["messages"]
        name = uuid4().hex
        config = {"name": name, "ack_policy": "none", "deliver_policy": "all", "mem_storage": True}
        await _ask(nats, f"CONSUMER.CREATE.{NAME}.{name}", {"stream_name": NAME, "config": config})
        return [one async for one in _messages(nats, name, left)] if left else []


async def _messages(nats: Connection, name: str, left: int) -> AsyncGenerator[Stored]:
    subscription = await nats.subscribe(nats.new_inbox())
    asked = msgspec.json.encode({"batch": left, "expires": 60_000_000_000})
    await nats.publish(f"$JS.API.CONSUMER.MSG.NEXT.{NAME}.{name}", asked, reply=subscription.subject)
    for _ in range(left):
        message = await subscription.next_msg(timeout=60)
        headers = message.headers or {}
        if "ce-id" in headers:
            yield Stored(message.subject, UUID(headers["ce-logid"]), int(headers["ce-sequence"]))


async def _ask(nats: Connection, what: str, request: Any) -> Any:
    answer = await nats.request(f"$JS.API.{what}", msgspec.json.encode(request) if request else b"", timeout=10)
    told = msgspec.json.decode(answer.data)
    assert "error" not in told, told
    return told
