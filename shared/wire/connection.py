"""A connection to NATS: fails at once instead of buffering, comes back by itself, and tells who must look again."""

import asyncio
import ssl
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from random import uniform
from typing import Any, cast

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import ConnectionReconnectingError, Error, OutboundBufferLimitError

from shared.rules import Refused, Unavailable
from shared.wire import tls

_logger = structlog.get_logger()
LONGEST_PAUSE = 15.0
"""Seconds between two tries, at most."""
AGAIN = 1.0
"""Seconds between two tries of a server that was there before."""
_WANTS_TLS, _SILENT = "the server wants TLS", "nats: empty response from server when expecting INFO message"
"""What is said here of one that offers TLS; and by the client of one that took the connection and waits for us to begin TLS."""


class Connection(Client):
    """A NATS client. What was in flight when a connection broke is lost: those who must know ask to be woken."""

    def __init__(self) -> None:
        super().__init__()
        self._wakes: list[Callable[[], None]] = []
        self._flushes: set[asyncio.Task[None]] = set()
        self.replicas = 1
        """On how many servers of a cluster a stream is kept that is made through this connection."""
        self.refused = False
        """A server answered, and did not take this user."""
        self.doubt: str | None = None
        """Why the server that answered last was not believed (the code of a refusal); nothing was said to it."""
        self._pauses = pauses()
        self.over = asyncio.Event()
        """Set when the connection is closed for good: by us, or because the server no longer knows this user."""

    @property
    def manner(self) -> dict[str, Any]:
        """How it connects, wherever to."""
        return {
            "pending_size": 0,
            "max_reconnect_attempts": -1,
            "reconnect_time_wait": AGAIN,
            "ping_interval": 10,
            "error_cb": self.said,
            "disconnected_cb": self.broke,
            "reconnected_cb": self.came_back,
            "closed_cb": self.ended,
        }

    @property
    def ssl_context(self) -> ssl.SSLContext:
        """Whom it believes (the client asks for it). Raises nats' `Error` when the server wants TLS where the address has none."""
        if not self._safely:
            raise Error(_WANTS_TLS)
        return cast("ssl.SSLContext", self.options["tls"])

    @property
    def _safely(self) -> bool:
        return "tls" in self.options

    @contextmanager
    def waking(self, wake: Callable[[], None]) -> Generator[None]:
        """While the block lasts, call `wake` each time after the connection came back."""
        self._wakes.append(wake)
        try:
            yield
        finally:
            self._wakes.remove(wake)

    async def rest(self, seconds: float) -> None:
        """Sleep before a new try; not longer than until the connection is back."""
        back = asyncio.Event()
        with self.waking(back.set), suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await back.wait()

    async def request(self, *arguments: Any, **options: Any) -> Msg:
        """Ask and wait for one answer.

        The client's own waiting (`asyncio.wait_for` of Python 3.11) loses a cancellation that meets the answer; this does not.
        """
        try:
            return await super().request(*arguments, **options)
        finally:
            _cancelled()  # also when the answer is an error: whoever suppresses that would go on

    async def flush(self, timeout: int = 10) -> None:
        """Wait until the server has heard all that was said; loses no cancellation either.

        Whoever waits for it may leave, the flush itself comes to its end: nats-py 2.16 meets the pong of a cancelled one with an error
        that ends its reading, and with it every answer to everybody.
        """
        whole = asyncio.create_task(super().flush(timeout))
        self._flushes.add(whole)
        whole.add_done_callback(self._flushed)
        try:
            await asyncio.shield(whole)
        finally:
            _cancelled()

    def _flushed(self, flush: "asyncio.Task[None]") -> None:
        self._flushes.discard(flush)
        if not flush.cancelled():
            flush.exception()  # seen: who waited for it has heard it, or has left

    async def publish_all(self, messages: Iterable[tuple[str, Mapping[str, str], bytes]]) -> None:
        """Publish many messages (subject, headers, data) with one write: the client's own `publish` costs five times as much.

        What is given must be plain: no control characters in a subject or header.
        """
        if not self.is_connected:
            raise OutboundBufferLimitError
        await self._send_command(b"".join(_frame(subject, headers, data) for subject, headers, data in messages))
        await self._flush_pending()

    async def broke(self) -> None:
        """The connection is lost (the client calls this), and with it the answers of all requests on it: nobody waits for them."""
        for answer in list(self._resp_map.values()):
            if not answer.done():
                answer.set_exception(ConnectionReconnectingError())
                answer.exception()  # seen: where the question itself could not be sent, nobody waits for the answer

    async def came_back(self) -> None:
        """The connection stands again (the client calls this)."""
        _logger.info("nats is back")
        self.believe()
        for wake in self._wakes:
            wake()

    async def ended(self) -> None:
        """The connection is closed for good (the client calls this)."""
        self.over.set()

    async def close(self) -> None:
        """Close it; whether the server is still there does not matter."""
        with suppress(OSError):
            await super().close()
        for flush in tuple(self._flushes):
            flush.cancel()
        again = self._reconnection_task
        while again is not None and not again.done() and again is not asyncio.current_task():
            again.cancel()  # once may be lost on the way (see `request`), and the connection would come back to life
            await asyncio.wait([again], timeout=0.1)
        if self._transport is not None:
            self._transport.close()  # type: ignore[no-untyped-call]  # the library left it so

    async def said(self, fault: Exception) -> None:
        """Note a fault (the client calls this): its kind and the server's words, which name subjects and never hold a payload."""
        if isinstance(fault, Error) and "authorization violation" in str(fault).lower():
            self.refused = True
            self.over.set()  # who works with it begins anew: by now there may be another key
        doubt = "tls-wanted" if self._wants_tls(fault) else tls.doubt(fault)
        if doubt is None:
            _logger.warning("nats", fault=type(fault).__name__, words=str(fault) if isinstance(fault, Error) else "")
        else:
            self._disbelieve(doubt)
        if not self.is_connected and self._transport is not None:
            self._transport.close()  # type: ignore[no-untyped-call]  # the client forgets the socket of one that did not greet
            self._transport = (
                None  # or it would wait for the end of a connection that never came to TLS, which nobody tells it
            )

    def _wants_tls(self, fault: Exception) -> bool:
        """Whether the server wants what the address has not. One that greeted before and is silent now hangs: that is another matter."""
        silent = not self._server_info and (isinstance(fault, TimeoutError) or str(fault) == _SILENT)
        return not self._safely and (silent or str(fault) == _WANTS_TLS)

    def _disbelieve(self, doubt: str) -> None:
        """That heals when somebody does something: said once, and tried less and less often."""
        self.options["reconnect_time_wait"] = max(next(self._pauses), AGAIN)
        if doubt != self.doubt and self._current_server is not None:
            _logger.error(
                "the server is not believed", code=doubt, server=self._current_server.uri.netloc.rpartition("@")[2]
            )
        self.doubt = doubt

    def believe(self) -> None:
        """It is connected: what was doubted before is over."""
        self.doubt, self._pauses = None, pauses()
        self.over.clear()
        self.options["reconnect_time_wait"] = AGAIN


def _cancelled() -> None:
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _frame(subject: str, headers: Mapping[str, str], data: bytes) -> bytes:
    """A message as the NATS client protocol writes it (HPUB)."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    block = f"NATS/1.0\r\n{lines}\r\n".encode()
    return b"HPUB %b %d %d\r\n%b%b\r\n" % (subject.encode(), len(block), len(block) + len(data), block, data)


async def connect(
    url: str, *, seed: str | None, name: str, inbox_prefix: str, authority: Path | None = None, patience: float = 10.0
) -> Connection:
    """Connect as the user of an nkey seed (None: where the server asks for no user), waiting `patience` seconds for a server.

    To a `tls://` address nothing is said before the server has shown a certificate in its name that `authority` vouches for (a file;
    None: the machine's own list). A publish while the server is away fails at once (`pending_size=0`): a buffered one could still
    arrive after it was given up.

    Raises:
        Unavailable: `nats-away` (nobody answers at the address), `nats-refused` (the server does not know this user) or
            `tls-…` (the server is not believed, see `tls.doubt`).
        Refused: `nats-url-plain` (outside this machine TLS is a must), `tls-unreadable`.
    """
    connection = Connection()
    safety = _safety(url, authority)
    try:
        async with asyncio.timeout(patience):
            await connection.connect(
                url.split(","), name=name, nkeys_seed_str=seed, inbox_prefix=inbox_prefix, **connection.manner, **safety
            )
            _cancelled()
            connection.believe()
    except (asyncio.CancelledError, TimeoutError) as fault:
        await connection.close()
        if isinstance(fault, asyncio.CancelledError):
            raise
        code = "nats-refused" if connection.refused else connection.doubt or "nats-away"
        raise Unavailable(code, url=url, user=name, authority=tls.named(authority)) from None
    return connection


def _safety(url: str, authority: Path | None) -> dict[str, Any]:
    for address in tls.plain(url):
        raise Refused("nats-url-plain", url=address)
    return {"tls": tls.believing(authority), "tls_handshake_first": True} if url.startswith("tls://") else {}


def pauses() -> Iterator[float]:
    """Seconds to wait before each new try: growing to `LONGEST_PAUSE`, and not the same for all who wait."""
    pause = 0.2
    while True:
        yield uniform(pause / 2, pause)  # noqa: S311  (spreads load; no secret)
        pause = min(pause * 2, LONGEST_PAUSE)
