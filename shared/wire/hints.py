"""Hints: "look again at this one". Ids only, after the commit, kept nowhere; whoever needs certainty also looks now and then."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import msgspec
from nats.aio.msg import Msg
from nats.errors import Error

from shared.wire.connection import Connection

_WAITING = 1_000


class Hint(msgspec.Struct, frozen=True):
    """Something about one record changed."""

    service: str
    noun: str
    id: UUID


class _About(msgspec.Struct):
    id: UUID


async def tell(nc: Connection, hint: Hint) -> None:
    """Say it inside the organisation's account, to whoever listens; while the broker is away nobody does."""
    with suppress(Error):
        await nc.publish(f"changed.{hint.service}.{hint.noun}", msgspec.json.encode(_About(hint.id)))


@asynccontextmanager
async def heard(nc: Connection, organisation: str) -> AsyncGenerator["asyncio.Queue[Hint]"]:
    """While the block lasts, an organisation's hints (by slug) as the gateway hears them; what nobody takes in time is dropped."""
    queue: asyncio.Queue[Hint] = asyncio.Queue(_WAITING)

    async def take(message: Msg) -> None:
        *_, service, noun = message.subject.split(".")
        with suppress(msgspec.DecodeError, asyncio.QueueFull):
            queue.put_nowait(Hint(service, noun, msgspec.json.decode(message.data, type=_About).id))

    subscription = await nc.subscribe(f"orgs.{organisation}.changed.*.*", cb=take)
    try:
        await nc.flush()
        yield queue
    finally:
        with suppress(Error):
            await subscription.unsubscribe()
