"""Delivers one integrator's events to its webhook: one at a time, in order, each until it was taken.

The integrator's consumer at the broker remembers how far it is and how often an event was handed out. While an endpoint fails nothing is
asked of the broker, so waiting costs nothing; a process that begins again tries at once.
"""

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path

import httpx
import structlog
from nats.aio.msg import Msg
from nats.errors import Error

from shared.contracts.envelope import opened
from shared.grants import Grant
from shared.rules import Unavailable
from shared.wire.connection import Connection, pauses
from shared.wire.stream import Away, Stream
from shared.wire.webhooks import DEADLINE, Answered, State, key, pause, secret_path, signed, state, structured

_SECONDS = 30
"""How long a request stays open: an idle endpoint costs two messages in this time."""
_GRACE = 5
_LITTLE = 65_536
"""Bytes of an answer's body that are passed over; a longer one ends the connection."""
_EXPIRED = ("404", "408")
_logger = structlog.get_logger()


class Endpoint:
    """One webhook. `answered`: what it said last; None before the first try."""

    def __init__(self, nc: Connection, grant: Grant, keys: Path) -> None:
        self.answered: Answered | None = None
        self._nc = nc
        self._grant = grant
        self._secret = secret_path(keys, grant)
        self._retry = asyncio.Event()

    async def run(self) -> None:
        """Deliver until cancelled, whatever happens."""
        waits = pauses()
        async with _client() as http:
            while True:
                try:
                    await self._follow(http)
                    await self._pause()
                    waits = pauses()
                except (Away, Error):
                    await self._nc.rest(next(waits))
                except Exception:
                    _logger.exception("a webhook failed", name=self._grant.name, node=self._grant.organisation)
                    await self._nc.rest(next(waits))

    def retry(self) -> None:
        """Try again now."""
        self._retry.set()

    async def _follow(self, http: httpx.AsyncClient) -> None:
        """Deliver until an event is not taken: that one goes back. Raises `Away`."""
        async with aclosing(_handed(self._nc, self._grant.consumer)) as messages:
            async for message in messages:
                if not await self._taken(http, message):
                    with suppress(Error):  # else it comes again by itself
                        await self._nc.publish(message.reply, b"-NAK")
                    return
                await self._nc.publish(message.reply, b"+ACK")

    async def _taken(self, http: httpx.AsyncClient, message: Msg) -> bool:
        headers = message.headers or {}
        event = opened(headers)
        if self._grant.start and event.time < self._grant.start:
            return True  # the broker lost all, and its consumer begins with what was before its time
        body = structured(headers, message.data)
        try:
            answer = await self._post(http, signed(key(self._secret), str(event.id), int(time.time()), body), body)
        except Unavailable:
            answer = "secret"
        taken = answer[:1] == "2"
        self._note(answer, 0 if taken else message.metadata.num_delivered)
        return taken

    async def _post(self, http: httpx.AsyncClient, headers: dict[str, str], body: bytes) -> str:
        """Its HTTP status, or why there is none (see `Answered`)."""
        answer = "timeout"
        try:
            async with (
                asyncio.timeout(DEADLINE),
                http.stream("POST", str(self._grant.webhook), headers=headers, content=body) as response,
            ):
                answer = str(response.status_code)
                await _pass_over(response)
        except TimeoutError:
            pass  # the status counts, if it came
        except (httpx.HTTPError, OSError, UnicodeError) as fault:  # the last: a name that no name server is asked for
            if answer == "timeout":
                answer = "tls" if _is_tls(fault) else "unreachable"
        return answer

    def _note(self, answer: str, tried: int) -> None:
        now, before, found = datetime.now(UTC), self.answered, state(answer, tried)
        again = now + timedelta(seconds=pause(tried)) if found in (State.FAILING, State.FAILED) else None
        since = before.since if before and (before.state is State.FINE) == (found is State.FINE) else now
        self.answered = Answered(found, answer, now, since, tried, again)
        if before is None or before.state is not found:
            grant = self._grant
            _logger.info("a webhook", name=grant.name, node=grant.organisation, state=found, answer=answer)

    async def _pause(self) -> None:
        """Until the next try, or until somebody asks for it."""
        self._retry.clear()
        again = self.answered.again if self.answered else None
        with suppress(TimeoutError):
            async with asyncio.timeout((again - datetime.now(UTC)).total_seconds() if again else None):
                await self._retry.wait()


async def _handed(nc: Connection, consumer: str) -> AsyncGenerator[Msg]:
    """What a durable consumer hands out, one after the other. Whatever goes wrong is `Away`; what was on its way then comes again."""
    arrived: asyncio.Queue[Msg | None] = asyncio.Queue()
    stream, inbox = Stream(nc), nc.new_inbox()
    async with _heard(nc, inbox, arrived):
        while True:
            await stream.request(consumer, most=1, seconds=_SECONDS, inbox=inbox)
            try:
                async with asyncio.timeout(_SECONDS + _GRACE):
                    message = await arrived.get()
            except TimeoutError:
                raise Away("the broker says nothing") from None
            status = "lost" if message is None else (message.headers or {}).get("Status")
            if message is not None and status is None:
                yield message
            elif status not in _EXPIRED:
                raise Away(f"the consumer is gone: {status}")


@asynccontextmanager
async def _heard(nc: Connection, inbox: str, arrived: asyncio.Queue[Msg | None]) -> AsyncGenerator[None]:
    """While the block lasts, put what comes to an inbox into the queue; None when the connection was lost."""

    async def take(message: Msg) -> None:
        arrived.put_nowait(message)

    with nc.waking(lambda: arrived.put_nowait(None)):
        subscription = await nc.subscribe(inbox, cb=take)
        try:
            yield
        finally:
            with suppress(Error):
                await subscription.unsubscribe()


def _client() -> httpx.AsyncClient:
    """Follows no redirects and keeps no cookies; goes through the proxy that HTTPS_PROXY names, if any."""
    none = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    headers = {"user-agent": "Kring"}
    return httpx.AsyncClient(verify=trusted(), timeout=None, cookies=none, headers=headers)  # noqa: S113  (DEADLINE covers all)


@cache
def trusted() -> ssl.SSLContext:
    """Whose certificates are believed (SSL_CERT_FILE, else Mozilla's list); read once a process."""
    return httpx.create_ssl_context()


async def _pass_over(response: httpx.Response) -> None:
    """A short body is read, so that the connection serves again."""
    size = 0
    async for some in response.aiter_raw():
        size += len(some)
        if size > _LITTLE:
            return


def _is_tls(fault: BaseException | None) -> bool:
    while fault is not None and not isinstance(fault, ssl.SSLError):
        fault = fault.__cause__ or fault.__context__
    return fault is not None
