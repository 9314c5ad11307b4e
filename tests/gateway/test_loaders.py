"""What is asked of one node at the same moment travels in one message, over a real nats-server."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest
from nats.aio.msg import Msg

from gateway.clients.node import Node
from gateway.errors import NodeRefused
from gateway.loaders import Nodes
from shared.rules import Unavailable
from shared.wire.calls import Answer, Asked, Caller
from shared.wire.connection import Connection, connect
from tests.support.nats import nats_server

SUBJECT = "orgs.welzin.rpc.intake"


@pytest.fixture
async def nc() -> AsyncIterator[Connection]:
    async with nats_server() as nats:
        connection = await connect(nats.url, seed=None, name="test", inbox_prefix="_INBOX.test")
        yield connection
        await connection.close()


async def _answering(nc: Connection, messages: list[list[str]]) -> None:
    """The other end of the wire: it tells each call its own address, and notes what came in one message."""

    async def answer(message: Msg) -> None:
        asked = msgspec.msgpack.decode(message.data, type=Asked)
        messages.append([call.path for call in asked.calls])
        answers = [Answer(404 if "missing" in call.path else 200, (), _body(call.path)) for call in asked.calls]
        await message.respond(msgspec.msgpack.encode(answers))

    await nc.subscribe(SUBJECT, cb=answer)
    await nc.flush()


def _body(path: str) -> bytes:
    if "missing" in path:
        return b'{"status":404,"code":"not-here","detail":"It is not here.","params":{"what":"it"},"errors":[]}'
    return msgspec.json.encode(path)


def _node(nodes: Nodes, organisation: str = "welzin") -> Node:
    return Node(nodes, organisation, "intake", lambda: ())


async def test_reads_of_one_moment_go_in_messages_of_at_most_a_hundred(nc: Connection) -> None:
    messages: list[list[str]] = []
    await _answering(nc, messages)
    node = _node(Nodes(Caller(nc)))
    answers = await asyncio.gather(*(node.get(f"/v1/participants/{number}", str) for number in range(150)))
    assert answers == [f"/v1/participants/{number}" for number in range(150)]
    assert sorted(map(len, messages)) == [50, 100]


async def test_a_later_read_asks_again(nc: Connection) -> None:
    messages: list[list[str]] = []
    await _answering(nc, messages)
    node = _node(Nodes(Caller(nc)))
    await node.get("/v1/referrals", str)
    await node.get("/v1/referrals", str)
    assert len(messages) == 2


async def test_a_refusal_reaches_only_who_asked_for_it(nc: Connection) -> None:
    await _answering(nc, [])
    nodes = Nodes(Caller(nc))
    here, missing, away = await asyncio.gather(
        _node(nodes).get("/v1/here", str),
        _node(nodes).get("/v1/missing", str),
        _node(nodes, "nowhere").get("/v1/here", str),
        return_exceptions=True,
    )
    assert here == "/v1/here"
    assert isinstance(missing, NodeRefused)
    assert (missing.code, missing.problem.status, missing.problem.detail) == ("not-here", 404, "It is not here.")
    assert isinstance(away, Unavailable)
    assert away.code == "node-away"
