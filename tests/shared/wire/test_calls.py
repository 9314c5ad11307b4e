import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec
import pytest
from litestar import Litestar, Request, get, post
from litestar.params import FromQuery

from shared import trace
from shared.rules import Refused, Unavailable
from shared.wire.answering import AT_ONCE, Answering
from shared.wire.calls import PART, PARTS, Answer, Call, Caller
from shared.wire.connection import Connection, connect
from tests.shared.wire.parts import until
from tests.support.nats import NatsServer, nats_server
from tests.support.waiting import eventually

SUBJECT = "rpc.intake"


@get("/v1/referrals")
async def referrals(request: Request[Any, Any, Any], status: FromQuery[str]) -> dict[str, str]:
    return {"node": request.scope["state"]["node"], "status": status, "trace": trace.current()}


@get("/v1/large")
async def large(size: FromQuery[int]) -> str:
    return "x" * size


@get("/v1/slow")
async def slow(request: Request[Any, Any, Any], seconds: FromQuery[float]) -> None:
    request.scope["state"]["begun"].append(seconds)
    await asyncio.sleep(seconds)


@post("/v1/referrals")
async def refer(request: Request[Any, Any, Any]) -> bytes:
    request.scope["state"]["begun"].append("refer")
    return await request.body()


APP = Litestar([referrals, large, slow, refer])


def reads(path: str, query: str = "") -> Call:
    return Call("GET", path, query.encode())


async def connected(server: NatsServer, name: str = "test") -> Connection:
    return await connect(server.url, seed=None, name=name, inbox_prefix=f"_INBOX.{name}")


@asynccontextmanager
async def answering(server: NatsServer, app: Any = APP, **state: Any) -> AsyncGenerator[Answering]:
    nc = await connected(server, "node")
    node = Answering(nc, SUBJECT, "intake", app, state)
    running = asyncio.create_task(node.run())
    await node.ready.wait()
    yield node
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await nc.close()


@asynccontextmanager
async def asked(app: Any = APP, **state: Any) -> AsyncGenerator[tuple[Caller, Connection]]:
    async with nats_server() as server, answering(server, app, **state):
        nc = await connected(server)
        yield Caller(nc), nc
        await nc.close()


def problem(answer: Answer) -> tuple[int, str]:
    assert dict(answer.headers)[b"content-type"] == b"application/problem+json"
    return answer.status, msgspec.json.decode(answer.body)["code"]


async def test_a_call_reaches_the_application_with_its_node_and_its_trace() -> None:
    header = (b"traceparent", b"00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01")
    async with asked(node="welzin.intake") as (caller, _):
        [answer] = await caller.call(SUBJECT, Call("GET", "/v1/referrals", b"status=requested", (header,)))
        assert answer.status == 200
        assert msgspec.json.decode(answer.body) == {"node": "welzin.intake", "status": "requested", "trace": "a" * 32}


async def test_several_calls_in_one_message_are_answered_in_their_order() -> None:
    async with asked(begun=[]) as (caller, _):
        answers = await caller.call(
            SUBJECT, reads("/v1/large", "size=3"), reads("/v1/nowhere"), Call("POST", "/v1/referrals", body=b"ann")
        )
        assert [answer.status for answer in answers] == [200, 404, 201]
        assert answers[0].body == b"xxx"


async def test_a_long_answer_comes_in_parts() -> None:
    async with asked() as (caller, _):
        answers = await caller.call(SUBJECT, reads("/v1/large", f"size={5 * PART}"), reads("/v1/large", "size=1"))
        assert [len(answer.body) for answer in answers] == [5 * PART, 1]


async def test_an_answer_that_is_too_long_is_a_coded_problem() -> None:
    async with asked() as (caller, _):
        [answer] = await caller.call(SUBJECT, reads("/v1/large", f"size={PART * PARTS + 1}"))
        assert problem(answer) == (500, "answer-too-large")


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\xff\x00",
        b"{}",
        msgspec.msgpack.encode([2.0, []]),
        msgspec.msgpack.encode([2.0, [["GET"]]]),
        msgspec.msgpack.encode([2.0, [["GET", "/v1/x"]]]).replace(b"x", b"\xff"),
    ],
)
async def test_a_malformed_message_is_a_coded_problem_and_the_next_call_is_answered(message: bytes) -> None:
    async with asked(node="n") as (caller, nc):
        reply = await nc.request(SUBJECT, message)
        assert problem(msgspec.msgpack.decode(reply.data, type=list[Answer])[0]) == (400, "call-malformed")
        assert [answer.status for answer in await caller.call(SUBJECT, reads("/v1/large", "size=1"))] == [200]


async def test_a_message_without_a_reply_address_does_nothing() -> None:
    begun: list[object] = []
    async with asked(begun=begun) as (caller, nc):
        await nc.publish(SUBJECT, msgspec.msgpack.encode([2.0, [Call("GET", "/v1/slow", b"seconds=0")]]))
        await caller.call(SUBJECT, reads("/v1/large", "size=1"))
        assert begun == []


async def test_a_node_that_is_away_is_said_at_once() -> None:
    async with nats_server() as server:
        nc = await connected(server)
        with pytest.raises(
            Unavailable, match="node-away"
        ):  # and not node-slow, which is said when the deadline has passed
            await Caller(nc).call(SUBJECT, reads("/v1/referrals"))
        await nc.close()


async def test_a_slow_read_is_tried_once_more_and_a_slow_command_is_not() -> None:
    begun: list[object] = []
    async with asked(begun=begun) as (caller, _):
        with pytest.raises(Unavailable, match="node-slow"):
            await caller.call(SUBJECT, reads("/v1/slow", "seconds=1"), timeout=0.1)
        with pytest.raises(Unavailable, match="node-slow"):
            await caller.call(SUBJECT, Call("POST", "/v1/referrals"), reads("/v1/slow", "seconds=2"), timeout=0.1)
        assert begun == [1, 1, "refer", 2]


async def test_a_call_whose_time_has_passed_is_not_begun() -> None:
    begun: list[object] = []
    async with asked(begun=begun) as (caller, _):
        full = [caller.call(SUBJECT, reads("/v1/slow", "seconds=1")) for _ in range(AT_ONCE)]
        waiting = [asyncio.ensure_future(one) for one in full]
        await asyncio.sleep(0.1)
        with pytest.raises(Unavailable, match="node-slow"):
            await caller.call(SUBJECT, Call("POST", "/v1/referrals"), timeout=0.1)
        await asyncio.gather(*waiting)
        await caller.call(SUBJECT, reads("/v1/large", "size=1"))
        assert "refer" not in begun


async def test_a_call_larger_than_a_message_is_refused() -> None:
    async with asked() as (caller, nc):
        with pytest.raises(Refused, match="call-too-large"):
            await caller.call(SUBJECT, Call("POST", "/v1/referrals", body=b"x" * nc.max_payload))


async def test_an_application_that_breaks_costs_its_own_call_only() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/broken":
            raise RuntimeError
        await APP(scope, receive, send)

    async with asked(broken) as (caller, _):
        answers = await caller.call(SUBJECT, reads("/broken"), reads("/v1/large", "size=1"))
        assert problem(answers[0]) == (500, "call-failed")
        assert answers[1].status == 200


@pytest.mark.parametrize("garbled", [b"\xff", msgspec.msgpack.encode([]), msgspec.msgpack.encode([["200"]])])
async def test_a_garbled_answer_is_said(garbled: bytes) -> None:
    async with nats_server() as server:
        nc = await connected(server)

        async def reply(message: Any) -> None:
            await nc.publish(message.reply, garbled)

        await nc.subscribe(SUBJECT, cb=reply)
        with pytest.raises(Unavailable, match="node-garbled"):
            await Caller(nc).call(SUBJECT, reads("/"))
        await nc.close()


def _lost(nc: Connection) -> Callable[[], Awaitable[bool]]:
    async def so() -> bool:
        return not nc.is_connected

    return so


async def test_calls_are_answered_again_after_the_broker_was_killed() -> None:
    async with nats_server() as server, answering(server):
        nc = await connected(server)
        caller = Caller(nc)
        server.kill()
        await until(_lost(nc))
        with pytest.raises(Unavailable, match="broker-away"):
            await caller.call(SUBJECT, reads("/v1/large", "size=1"))
        await server.start()
        async with asyncio.timeout(10):
            while True:
                with suppress(Unavailable):
                    [answer] = await caller.call(SUBJECT, reads("/v1/large", "size=1"))
                    break
        assert answer.status == 200
        await nc.close()


async def test_a_node_stops_promptly_with_a_call_in_hand() -> None:
    async with nats_server() as server:
        nc = await connected(server)
        begun: list[float] = []
        async with asyncio.timeout(60), answering(server, begun=begun):
            waiting = asyncio.ensure_future(
                Caller(nc).call(SUBJECT, Call("POST", "/v1/referrals"), reads("/v1/slow", "seconds=600"), timeout=0.5)
            )
            await eventually(lambda: 600 in begun)
        with pytest.raises(Unavailable):
            await waiting
        await nc.close()
