"""One organisation that asks more than its node can do is told so; the others do not notice."""

import asyncio
from typing import Any

import msgspec
import pytest

from shared.wire.answering import AT_ONCE, WAITING, Answering
from shared.wire.calls import Answer, Call, Caller
from tests.shared.wire import parts
from tests.shared.wire.parts import Connecting, running
from tests.support.waiting import eventually

server = pytest.fixture(parts.server)
connected = pytest.fixture(parts.connected)

MORE = 40


class Slow:
    """An application that answers when it is let."""

    def __init__(self) -> None:
        self.enough = asyncio.Event()
        self.begun = 0

    async def __call__(self, _scope: Any, _receive: Any, send: Any) -> None:
        self.begun += 1
        await self.enough.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def test_a_flood_is_worked_on_in_turn_and_what_is_too_much_is_refused_while_a_neighbour_is_answered(
    connected: Connecting,
) -> None:
    nodes, gateway = await connected(), await connected()
    slow, quick, caller = Slow(), Slow(), Caller(gateway)
    quick.enough.set()
    flooded, neighbour = (
        Answering(nodes, f"rpc.{name}", name, app, {}) for name, app in (("here", slow), ("there", quick))
    )
    done: list[Answer] = []

    async def ask() -> None:
        done.extend(await caller.call("rpc.here", Call("GET", "/v1/visits"), timeout=30))

    async with running(flooded), running(neighbour):
        await asyncio.gather(flooded.ready.wait(), neighbour.ready.wait())
        flood = [asyncio.create_task(ask()) for _ in range(WAITING + MORE)]
        await eventually(lambda: len(done), MORE)
        [answer] = await caller.call("rpc.there", Call("GET", "/v1/visits"))
        assert (answer.status, len(done), slow.begun) == (200, MORE, AT_ONCE)
        assert {(one.status, dict(one.headers)[b"retry-after"]) for one in done} == {(503, b"1")}
        assert {msgspec.json.decode(one.body)["code"] for one in done} == {"node-busy"}
        slow.enough.set()
        await asyncio.gather(*flood)
        assert [one.status for one in done[MORE:]] == [200] * WAITING
