"""Calls: requests of a service's HTTP API, carried by NATS. One message holds several; so does its answer.

A call that says how long its caller waits is not begun when that time has passed. A `traceparent` is a header like any other.
"""

import asyncio
from uuid import uuid4

import msgspec
from nats.aio.msg import Msg
from nats.errors import Error, MaxPayloadError

from shared.rules import Refused, Unavailable
from shared.wire.connection import Connection

PART = 512 * 1024
"""Bytes of an answer in one message, at most; a longer one comes in several."""
PARTS = 32
"""Messages of one answer, at most: 16 MB."""
PART_HEADER = "Kring-Part"
"""`<number>/<of how many>`, on each message of an answer that comes in several."""
CALLS = 100
"""Calls in one message, at most."""
_AGAIN_AFTER = 0.1


class Call(msgspec.Struct, array_like=True, frozen=True):
    """One HTTP request. Header names in small letters; the query as it stands in a URL, without its `?`."""

    method: str
    path: str
    query: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""


class Asked(msgspec.Struct, array_like=True, frozen=True):
    """What one message asks."""

    within: float
    """Seconds that the caller waits, from when it was sent (clocks are not compared)."""
    calls: tuple[Call, ...]


class Answer(msgspec.Struct, array_like=True, frozen=True):
    """One HTTP response."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


_ENCODER = msgspec.msgpack.Encoder()
_ANSWERS = msgspec.msgpack.Decoder(tuple[Answer, ...])


class _Waiting:
    """An answer that is coming in."""

    def __init__(self) -> None:
        self.whole: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._parts: list[bytes] = []

    def take(self, message: Msg) -> None:
        """One more message: a part, or the broker's word that nobody is there."""
        headers = message.headers or {}
        if self.whole.done():
            return
        if headers.get("Status") == "503":
            self.whole.set_exception(Unavailable("node-away"))
            return
        self._parts.append(message.data)
        of = headers.get(PART_HEADER, "1/1").partition("/")[2]
        if len(self._parts) > PARTS or not of.isdecimal():
            self.whole.set_exception(Unavailable("node-garbled"))
        elif len(self._parts) == int(of):
            self.whole.set_result(b"".join(self._parts))


class Caller:
    """Makes calls over one connection. `close` it, or close the connection."""

    def __init__(self, nc: Connection) -> None:
        self._nc = nc
        self._inbox = nc.new_inbox()
        self._waiting: dict[str, _Waiting] = {}
        self._listening: asyncio.Future[None] | None = None

    async def call(self, subject: str, *calls: Call, timeout: float = 2.0) -> list[Answer]:
        """Ask a node and wait `timeout` seconds for its answers, one a call, in order.

        Tried once more when nothing can have happened by it: the calls only read, or nobody was there.

        Raises:
            Unavailable: `node-away` (at once), `node-slow` (no answer in time; a command may yet be done), `node-garbled`.
            Refused: `call-too-large`.
        """
        asked = _ENCODER.encode(Asked(timeout, calls))
        reads = all(call.method == "GET" for call in calls)
        try:
            return await self._ask(subject, asked, len(calls), timeout)
        except Unavailable as away:
            if not reads and away.code != "node-away":
                raise
        await asyncio.sleep(_AGAIN_AFTER)  # a reload of the broker's configuration, or a node that is moving
        return await self._ask(subject, asked, len(calls), timeout)

    async def _ask(self, subject: str, asked: bytes, count: int, timeout: float) -> list[Answer]:
        token = uuid4().hex
        waiting = self._waiting[token] = _Waiting()
        try:
            await self._listen()
            await self._nc.publish(subject, asked, reply=f"{self._inbox}.{token}")
            async with asyncio.timeout(timeout):
                answer = await waiting.whole
            answers = list(_ANSWERS.decode(answer))
        except TimeoutError:
            raise Unavailable("node-slow") from None
        except MaxPayloadError:
            raise Refused("call-too-large", bytes=len(asked)) from None
        except Error:
            raise Unavailable("broker-away") from None
        except msgspec.DecodeError:
            raise Unavailable("node-garbled") from None
        finally:
            del self._waiting[token]
        if len(answers) != count:
            raise Unavailable("node-garbled")
        return answers

    async def _listen(self) -> None:
        if self._listening is None:
            self._listening = asyncio.ensure_future(self._subscribe())
        await asyncio.shield(self._listening)

    async def _subscribe(self) -> None:
        await self._nc.subscribe(f"{self._inbox}.*", cb=self._arrived)

    async def _arrived(self, message: Msg) -> None:
        waiting = self._waiting.get(message.subject.rpartition(".")[2])
        if waiting is not None:
            waiting.take(message)
