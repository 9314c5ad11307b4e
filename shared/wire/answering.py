"""Answering calls: a node's HTTP application, run in-process for each request that a message carries."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from contextlib import suppress
from time import perf_counter
from typing import Any
from urllib.parse import unquote

import msgspec
import structlog
from nats.aio.msg import Msg
from nats.errors import Error

from shared import trace, tracing
from shared.headers import completed
from shared.metrics import Meter
from shared.sentences import COMMON, Sentences
from shared.wire.calls import CALLS, PART, PART_HEADER, PARTS, Answer, Asked, Call
from shared.wire.connection import Connection

Application = Callable[[Any, Any, Any], Awaitable[None]]
"""An ASGI application."""
AT_ONCE = 64
"""Messages of one node that are worked on at the same time."""
WAITING = 1_000
"""Messages that wait for their turn; beyond it the node says that it is busy."""
BUSY, AGAIN = 503, b"1"
"""The status of who has too much to do, and in how many seconds to try again."""
_ASKED = msgspec.msgpack.Decoder(Asked)
_ID = re.compile("[0-9a-f]{8}-[0-9a-f-]{27}")
_ENCODER = msgspec.msgpack.Encoder()
_SENTENCES = Sentences(COMMON)
_logger = structlog.get_logger()


class Answering:
    """Answers what is asked on a subject, until `run` is cancelled; `state` is given to the application with each request."""

    def __init__(
        self,
        nc: Connection,
        subject: str,
        queue: str,
        app: Application,
        state: Mapping[str, Any],
        meter: Meter | None = None,
    ) -> None:
        self._meter = meter or Meter()
        self._nc = nc
        self._subject = subject
        self._queue = queue
        self._app = app
        self._state = state
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._taken = 0
        self.ready = asyncio.Event()
        """Set once the broker knows that this node answers."""

    async def run(self) -> None:
        """Answer until cancelled."""
        async with asyncio.TaskGroup() as tasks:

            async def take(message: Msg) -> None:
                tasks.create_task(self._take(message, asyncio.get_running_loop().time()))

            subscription = await self._nc.subscribe(self._subject, self._queue, cb=take)
            try:
                await self._nc.flush()
                self.ready.set()
                await asyncio.Event().wait()
            finally:
                self.ready.clear()
                with suppress(Error):
                    await subscription.unsubscribe()

    async def _take(self, message: Msg, came: float) -> None:
        if not message.reply:
            return
        self._taken += 1
        try:
            answers = await self._answers(message.data, came)
            if answers:
                await self._send(message.reply, answers)
        except Error as fault:
            _logger.warning("an answer could not be sent", fault=type(fault).__name__)
        finally:
            self._taken -= 1

    async def _answers(self, data: bytes, came: float) -> Sequence[Answer]:
        try:
            asked = _ASKED.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return (problem(400, "call-malformed"),)
        if not 0 < len(asked.calls) <= CALLS:
            return (problem(400, "call-malformed"),)
        if self._taken > WAITING:
            return [problem(BUSY, "node-busy") for _ in asked.calls]
        async with self._slots:
            if asyncio.get_running_loop().time() - came >= asked.within:
                return ()  # nobody waits for it any more
            return await asyncio.gather(*(self._answer(call) for call in asked.calls))

    async def _answer(self, call: Call) -> Answer:
        header = next((value.decode("latin-1") for name, value in call.headers if name == b"traceparent"), None)
        begin = perf_counter()
        with trace.continued(header), tracing.span("call", method=call.method, path=_ID.sub("…", call.path)):
            try:
                answer = await _served(self._app, self._state, call)
            except Exception:
                _logger.exception("a call failed", path=call.path)
                answer = problem(500, "call-failed")
        self._meter.answered(answer.status, perf_counter() - begin)
        return answer

    async def _send(self, reply: str, answers: Sequence[Answer]) -> None:
        data = _ENCODER.encode(answers)
        if len(data) > PART * PARTS:
            data = _ENCODER.encode([problem(500, "answer-too-large") for _ in answers])
        parts = [data[start : start + PART] for start in range(0, len(data), PART)]
        for number, part in enumerate(parts, 1):
            headers = {PART_HEADER: f"{number}/{len(parts)}"} if len(parts) > 1 else None
            await self._nc.publish(reply, part, headers=headers)


def problem(status: int, code: str) -> Answer:
    """The wire's own refusal, in the form that all refusals have (RFC 9457)."""
    detail = _SENTENCES.say(code, "en", {})
    body = {
        "type": f"urn:kring:problem:{code}",
        "title": code,
        "status": status,
        "code": code,
        "detail": detail,
        "params": {},
    }
    headers = ((b"content-type", b"application/problem+json"), *(((b"retry-after", AGAIN),) if status == BUSY else ()))
    return Answer(status, completed(headers, api=True), msgspec.json.encode(body))


async def _served(app: Application, state: Mapping[str, Any], call: Call) -> Answer:
    started = asyncio.Event()
    start: MutableMapping[str, Any] = {}
    body: list[bytes] = []

    async def receive() -> Mapping[str, Any]:
        if started.is_set():
            return {"type": "http.disconnect"}
        started.set()
        return {"type": "http.request", "body": call.body, "more_body": False}

    async def send(event: Mapping[str, Any]) -> None:
        if event["type"] == "http.response.start":
            start.update(event)
        else:
            body.append(event.get("body", b""))

    await app(_scope(call, state), receive, send)
    return Answer(
        start["status"], tuple((bytes(name), bytes(value)) for name, value in start["headers"]), b"".join(body)
    )


def _scope(call: Call, state: Mapping[str, Any]) -> dict[str, Any]:
    """An ASGI HTTP connection scope (ASGI 3.0, HTTP 2.3); `state` is copied, because the application writes to it."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": call.method,
        "scheme": "nats",
        "path": unquote(call.path),
        "raw_path": call.path.encode(),
        "query_string": call.query,
        "root_path": "",
        "headers": list(call.headers),
        "client": None,
        "server": None,
        "state": dict(state),
    }
