"""Follows a stream as an integrator does, with its credentials alone (docs/guide-integrator.md)."""

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from pathlib import Path
from uuid import UUID

import msgspec
from nats.aio.msg import Msg
from nats.errors import Error

from shared.contracts.envelope import Envelope, opened
from shared.grants import Credentials
from shared.rules import Unavailable
from shared.wire.connection import Connection, connect

_SECONDS = 5
"""How long a request stays open."""
_GRACE = 2
_PAUSE = 1.0
_EXPIRED = "408"


class Told(msgspec.Struct, frozen=True):
    """An event as it was told."""

    envelope: Envelope
    data: bytes


async def listen(credentials: Credentials, authority: Path | None = None) -> AsyncGenerator[Told]:
    """Each event once, as it comes, for as long as the grant holds; from a server that `authority` vouches for (see `connect`).

    Raises:
        Unavailable: `nats-away` or `tls-…` at the start; `nats-refused` when the grant does not hold (any more).
    """
    nc = await connect(
        credentials.url,
        seed=credentials.seed,
        name=credentials.consumer,
        inbox_prefix=credentials.inbox_prefix,
        authority=authority,
    )
    nc.refused = False  # just granted, the server may not have known it at first
    seen: dict[tuple[str, UUID], int] = {}
    try:
        async with aclosing(_messages(nc, credentials)) as messages:
            async for message in messages:
                envelope = opened(message.headers or {})
                if seen.get((envelope.source, envelope.log), 0) < envelope.sequence:
                    yield Told(envelope, message.data)
                    seen[envelope.source, envelope.log] = envelope.sequence
                with suppress(Error):  # what is not acknowledged comes again
                    await nc.publish(message.reply, b"+ACK")
    finally:
        await nc.close()


async def _messages(nc: Connection, credentials: Credentials) -> AsyncGenerator[Msg]:
    """One after the other, asked for by hand: a message keeps its own subject, so the client's `request` does not know it."""
    asked = msgspec.json.encode({"batch": 1, "expires": _SECONDS * 1_000_000_000})
    subject = f"$JS.API.CONSUMER.MSG.NEXT.{credentials.stream}.{credentials.consumer}"
    inbox = nc.new_inbox()
    subscription = await nc.subscribe(inbox)
    while not (nc.refused or nc.over.is_set()):
        try:
            await nc.publish(subject, asked, reply=inbox)
            message = await subscription.next_msg(timeout=_SECONDS + _GRACE)
        except Error:
            await nc.rest(_PAUSE)  # the broker is away
            continue
        status = (message.headers or {}).get("Status")
        if status is None:
            yield message
        elif status != _EXPIRED:
            await nc.rest(_PAUSE)  # the consumer is not there yet
    raise Unavailable("nats-refused", url=credentials.url, user=credentials.consumer)
