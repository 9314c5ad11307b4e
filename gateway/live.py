"""An open subscription: a hint says that something changed, then the gateway reads it again as the caller."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from shared.identity import OrgScope
from shared.rules import Unavailable
from shared.wire.connection import Connection
from shared.wire.hints import Hint, heard

T = TypeVar("T")

EVERY = 60.0
"""Seconds after which it is looked for changes anyway: hints may be lost."""
_LOOK_AGAIN = Hint(service="", noun="", id=UUID(int=0))


async def follow(
    connection: Connection,
    scope: OrgScope,
    clock: Callable[[], datetime],
    concerns: Callable[[Hint], bool],
    stands: Callable[[], Awaitable[int]],
    read: Callable[[], Awaitable[T]],
) -> AsyncGenerator[T, None]:
    """Give what `read` gives, now and whenever it has become something else, until the caller's token expires.

    Every reading is an entry of the access log, seen by anybody or not: so it is read again after a hint that `concerns` accepts only, or
    when `stands`, which shows nobody, has become something else. That is asked after the connection to NATS came back, and every minute.
    A node that is away for a while delays news; whatever else is raised ends it.
    """
    async with heard(connection, scope.organisation) as hints:
        with connection.waking(lambda: _wake(hints)):
            stood, last = await stands(), await read()
            yield last
            while (left := (scope.expires - clock()).total_seconds()) > 0:
                hinted = await _hint(hints, concerns, min(EVERY, left))
                if clock() >= scope.expires:
                    return
                with suppress(Unavailable):
                    now = await stands()
                    if hinted or now != stood:
                        found = await read()
                        stood, changed, last = now, found != last, found
                        if changed:
                            yield last


def _wake(hints: "asyncio.Queue[Hint]") -> None:
    with suppress(asyncio.QueueFull):
        hints.put_nowait(_LOOK_AGAIN)


async def _hint(hints: "asyncio.Queue[Hint]", concerns: Callable[[Hint], bool], seconds: float) -> bool:
    """Wait for a hint that concerns this subscription, at most so long: whether one came. Those with it need no read of their own."""
    came = list[Hint]()
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not came or not (came[-1] is _LOOK_AGAIN or concerns(came[-1])):
                came.append(await hints.get())
    while not hints.empty():
        came.append(hints.get_nowait())
    return any(hint is not _LOOK_AGAIN and concerns(hint) for hint in came)
