"""A call (a Litestar application over NATS) against a bare NATS request, one after another and 50 in flight."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from litestar import Litestar, get
from litestar.params import FromPath
from msgspec import Struct
from nats.aio.msg import Msg

from shared.wire.answering import Answering
from shared.wire.calls import Call, Caller
from shared.wire.connection import Connection
from tests.bench.measure import in_turns, line, ratio

IN_FLIGHT = 50
CALLS = 1000
SUBJECT, BARE = "rpc.bench", "bare.bench"


class Visit(Struct, frozen=True):
    """What the handler answers."""

    id: int
    place: str


@get("/v1/visits/{id:int}")
async def read_visit(id: FromPath[int]) -> Visit:  # noqa: A002  (the path's own word)
    return Visit(id, "De Benring")


async def compare(node: Connection, gateway: Connection) -> None:
    """Measure and print."""
    caller = Caller(gateway)
    answering = Answering(node, SUBJECT, "bench", Litestar([read_visit]), {})
    serving = asyncio.create_task(answering.run())
    await answering.ready.wait()
    await _bare(node)

    async def call() -> None:
        (answer,) = await caller.call(SUBJECT, Call("GET", "/v1/visits/7"))
        assert answer.status == 200, answer

    async def request() -> None:
        await gateway.request(BARE, b"/v1/visits/7", timeout=2)

    calls, requests = await in_turns(lambda: _in_sequence(call), lambda: _in_sequence(request))
    many_calls, many_requests = await in_turns(lambda: _in_flight(call), lambda: _in_flight(request))
    line("a call, one after another", calls.milliseconds())
    line("a bare NATS request, one after another", requests.milliseconds())
    ratio(calls.lowest / requests.lowest, "times as long")
    line(f"calls, {IN_FLIGHT} in flight", many_calls.rate())
    line(f"bare NATS requests, {IN_FLIGHT} in flight", many_requests.rate())
    ratio(many_calls.highest / many_requests.highest, "of the rate")
    serving.cancel()


async def _bare(node: Connection) -> None:
    async def answer(message: Msg) -> None:
        await message.respond(b'{"id":7,"place":"De Benring"}')

    await node.subscribe(BARE, cb=answer)
    await node.flush()


async def _in_sequence(ask: Callable[[], Awaitable[None]]) -> float:
    begin = time.perf_counter()
    for _ in range(CALLS):
        await ask()
    return (time.perf_counter() - begin) / CALLS


async def _in_flight(ask: Callable[[], Awaitable[None]]) -> float:
    async def caller() -> None:
        for _ in range(4 * CALLS // IN_FLIGHT):
            await ask()

    begin = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(IN_FLIGHT)))
    return 4 * CALLS / (time.perf_counter() - begin)
