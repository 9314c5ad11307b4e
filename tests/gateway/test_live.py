"""What an open subscription gives, over a real nats-server that comes and goes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from gateway import live
from gateway.live import follow
from shared.identity import visitor
from shared.rules import Forbidden, Unavailable
from shared.wire.connection import Connection, connect
from shared.wire.hints import Hint
from tests.support.nats import NatsServer, nats_server

OURS, OTHERS = UUID(int=1), UUID(int=2)


@pytest.fixture
async def nats() -> AsyncIterator[NatsServer]:
    async with nats_server() as nats:
        yield nats


@pytest.fixture
async def nc(nats: NatsServer) -> AsyncIterator[Connection]:
    connection = await connect(nats.url, seed=None, name="test", inbox_prefix="_INBOX.test")
    yield connection
    await connection.close()


class Record:
    """Something at a node that changes; it counts how often it was read."""

    def __init__(self) -> None:
        self.now: str | Exception = "new"
        self.reads = self.position = 0
        self.looked = asyncio.Event()
        self.read_again = asyncio.Event()

    async def read(self) -> str:
        if self.reads:
            self.read_again.set()
        self.reads += 1
        if isinstance(self.now, Exception):
            raise self.now
        return self.now

    async def stands(self) -> int:
        if self.reads:
            self.looked.set()
        return self.position


def _followed(nc: Connection, record: Record, seconds: float = 60) -> AsyncIterator[str]:
    scope = visitor("welzin", datetime.now(UTC) + timedelta(seconds=seconds))
    return follow(
        nc,
        scope,
        lambda: datetime.now(UTC),
        lambda hint: hint == Hint("intake", "referral", OURS),
        record.stands,
        record.read,
    )


async def _hint(nc: Connection, record: UUID) -> None:
    await nc.publish("orgs.welzin.changed.intake.referral", msgspec.json.encode({"id": record}))


async def test_a_hint_about_it_is_answered_with_a_read_and_others_are_not(nc: Connection) -> None:
    record = Record()
    news = _followed(nc, record)
    assert await anext(news) == "new"
    coming = asyncio.ensure_future(anext(news))
    await asyncio.sleep(0)
    await _hint(nc, OTHERS)
    await _hint(nc, OURS)
    await record.read_again.wait()
    assert not coming.done(), "what did not change is not told"
    record.now = "accepted"
    await _hint(nc, OURS)
    assert await coming == "accepted"
    assert record.reads == 3


async def test_a_node_that_is_away_only_delays_news(nc: Connection) -> None:
    record = Record()
    news = _followed(nc, record)
    await anext(news)
    coming = asyncio.ensure_future(anext(news))
    await asyncio.sleep(0)
    record.now = Unavailable("node-away")
    await _hint(nc, OURS)
    await record.read_again.wait()
    record.now = "accepted"
    await _hint(nc, OURS)
    assert await coming == "accepted"


async def test_it_is_read_again_after_the_connection_came_back(nats: NatsServer, nc: Connection) -> None:
    record = Record()
    news = _followed(nc, record)
    await anext(news)
    coming = asyncio.ensure_future(anext(news))
    record.now, record.position = "accepted while nobody listened", 1
    await nats.restart()
    assert await coming == record.now


async def test_what_may_have_been_missed_is_read_only_when_something_has_changed(
    nc: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "EVERY", 0.05)
    record = Record()
    news = _followed(nc, record)
    await anext(news)
    coming = asyncio.ensure_future(anext(news))
    for _ in range(3):
        record.looked.clear()
        await record.looked.wait()
    assert record.reads == 1, "an entry of the access log for nothing"
    record.now, record.position = "accepted", 1
    assert await coming == "accepted"
    assert record.reads == 2


async def test_it_ends_when_the_caller_may_no_longer_read_it(nc: Connection) -> None:
    record = Record()
    news = _followed(nc, record)
    await anext(news)
    coming = asyncio.ensure_future(anext(news))
    await asyncio.sleep(0)
    record.now = Forbidden("role-missing")
    await _hint(nc, OURS)
    with pytest.raises(Forbidden):
        await coming


async def test_it_ends_with_the_token(nc: Connection) -> None:
    assert [found async for found in _followed(nc, Record(), seconds=0.2)] == ["new"]


async def test_who_leaves_while_it_opens_takes_nothing_from_the_others(nc: Connection) -> None:
    for turns in range(12):
        leaving = asyncio.ensure_future(anext(_followed(nc, Record())))
        for _ in range(turns):
            await asyncio.sleep(0)
        leaving.cancel()
        with suppress(asyncio.CancelledError):
            await leaving
    record = Record()
    news = _followed(nc, record)
    await anext(news)
    coming = asyncio.ensure_future(anext(news))
    record.now = "accepted"
    await asyncio.sleep(0)
    await _hint(nc, OURS)
    async with asyncio.timeout(30):
        assert await coming == "accepted"
