"""An inbox at work, with a policy that counts what it hears."""

from collections.abc import Awaitable, Callable, Sequence
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from shared.eventlog.log import Log
from shared.eventlog.parked import parked
from shared.eventlog.types import Followed, Step
from shared.wire.connection import Connection
from shared.wire.inbox import Inbox
from shared.wire.stream import Stream
from tests.shared.wire import counting
from tests.shared.wire.counting import STREAM, Count, Shown, Told

SOURCE = "urn:nld:oin:00000001234567890000:systeem:kring-counting"


def counting_then(event: Followed[Any]) -> Sequence[Step]:
    return [Step(counting, STREAM, Count((event.event.number,), f"{event.service} {event.subject}"))]


def policy(then: Callable[[Any], Sequence[Step]] = counting_then, follows: tuple[type, ...] = (Shown, Told)) -> Any:
    return SimpleNamespace(__name__="services.watching.policies.when_shown_then_counted", FOLLOWS=follows, then=then)


def inbox(nc: Connection, log: Log, *policies: Any) -> Inbox:
    return Inbox(nc, log, "watching", policies or (policy(),))


async def publish(nc: Connection, number: int, sequence: int, **changed: str) -> None:
    """One event of another service, by hand."""
    await Stream(nc).ensure()
    headers = {
        "ce-id": str(uuid4()),
        "ce-specversion": "1.0",
        "ce-source": SOURCE,
        "ce-type": "nl.kring.counting.told.v1",
        "ce-time": "2026-03-02T12:00:00Z",
        "ce-subject": str(UUID(int=5)),
        "ce-sequence": str(sequence),
        "ce-logid": str(UUID(int=9)),
    } | {f"ce-{name.lstrip('_')}": value for name, value in changed.items()}
    await nc.jetstream().publish("events.own.counting.number.told", b'{"number": %d}' % number, headers=headers)


async def counted(log: Log) -> list[int]:
    return [recorded.event.number for recorded in await log.read(STREAM)]


def has(log: Log, expected: Sequence[int]) -> Callable[[], Awaitable[bool]]:
    async def so() -> bool:
        return await counted(log) == list(expected)

    return so


async def put_aside(log: Log) -> list[tuple[str, str]]:
    return [
        (row.type, row.reason) for row in await log.query(lambda connection: connection.execute(select(parked)).all())
    ]


def is_following(one: Inbox) -> Callable[[], Awaitable[bool]]:
    async def so() -> bool:
        return one.following

    return so


async def parked_are(log: Log, number: int) -> bool:
    return len(await put_aside(log)) == number
