"""Reading an organisation's stream from some moment on, as events come: one long request after the other, no acknowledgements."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from uuid import uuid4

import msgspec
from nats.aio.msg import Msg
from nats.errors import Error

from shared.wire.connection import Connection
from shared.wire.stream import Away, Stream

_MOST = 256
_SECONDS = 30
"""How long a request stays open: an idle reader costs two messages in this time."""
_GRACE = 5
_EXPIRED = ("404", "408")


class Arrived(msgspec.Struct, frozen=True):
    """A message of the stream, and where it stands there."""

    subject: str
    headers: dict[str, str]
    data: bytes
    number: int
    """In the stream."""
    at: float
    """When the broker took it: seconds since 1970."""


class Reader:
    """Gives the messages one by one; whatever goes wrong is `Away`, and then the reader is made anew."""

    def __init__(self, stream: Stream, name: str, inbox: str) -> None:
        self._stream = stream
        self._name = name
        self._inbox = inbox
        self._arrived: asyncio.Queue[Msg | None] = asyncio.Queue()
        self._open = 0
        self._delivered = 0

    async def next(self) -> Arrived:
        """The next message, when it comes."""
        while True:
            if self._open == 0:
                await self._stream.request(self._name, most=_MOST, seconds=_SECONDS, inbox=self._inbox)
                self._open = _MOST
            message = await self._message()
            status = (message.headers or {}).get("Status")
            if status is None:
                self._open -= 1
                return self._placed(message)
            if status not in _EXPIRED:
                raise Away(f"the reader is gone: {status}")
            self._open = 0

    async def take(self, message: Msg) -> None:
        """The client hands over what arrived."""
        self._arrived.put_nowait(message)

    def give_up(self) -> None:
        """The connection was lost, and with it what was on the way."""
        self._arrived.put_nowait(None)

    async def _message(self) -> Msg:
        try:
            async with asyncio.timeout(_SECONDS + _GRACE):
                message = await self._arrived.get()
        except TimeoutError:
            raise Away("the broker says nothing") from None
        if message is None:
            raise Away("the connection was lost")
        return message

    def _placed(self, message: Msg) -> Arrived:
        """By the reply subject: `$JS.ACK.<stream>.<reader>.<tries>.<stream's number>.<reader's number>.<nanoseconds>.<waiting>`."""
        _, _, number, delivered, at, _ = message.reply.split(".")[-6:]
        self._delivered += 1
        if int(delivered) != self._delivered:
            raise Away("a message was lost on the way")
        return Arrived(message.subject, dict(message.headers or {}), message.data, int(number), int(at) / 1e9)


@asynccontextmanager
async def reading(nc: Connection, subjects: Sequence[str], since: datetime | None) -> AsyncGenerator[Reader]:
    """While the block lasts, read these subjects: from the broker's time `since`, or all."""
    name = uuid4().hex
    stream = Stream(nc)
    await stream.consumer(name, subjects, since)
    inbox = nc.new_inbox()
    reader = Reader(stream, name, inbox)
    with nc.waking(reader.give_up):
        subscription = await nc.subscribe(inbox, cb=reader.take)
        try:
            yield reader
        finally:
            with suppress(Error):
                await subscription.unsubscribe()
