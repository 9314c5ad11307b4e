import asyncio
import time
from typing import ClassVar
from uuid import UUID

import pytest
from msgspec import Struct

from shared.eventlog.log import Log
from shared.rules import Refused
from shared.wire.inbox import MARGIN, SINCE
from shared.wire.relay import Relay
from tests.shared.wire import counting, parts
from tests.shared.wire.counting import STREAM, Count
from tests.shared.wire.following import (
    SOURCE,
    has,
    inbox,
    policy,
    publish,
    put_aside,
)
from tests.shared.wire.parts import Connecting, Opening, running, until
from tests.support.nats import NatsServer

server = pytest.fixture(parts.server)
opened = pytest.fixture(parts.opened)
connected = pytest.fixture(parts.connected)


async def test_an_event_of_another_service_becomes_this_nodes_own_command(
    opened: Opening, connected: Connecting
) -> None:
    there, here = await opened("there.counting"), await opened("here.watching")
    one = inbox(await connected("here"), here)
    async with running(one, Relay(await connected("there"), there, "counting", counting.publish, SOURCE)):
        await there.run(counting, STREAM, Count(tuple(range(300)), "public"), by="test", trace="d" * 32)
        await there.run(counting, STREAM, Count((300,), "own"), by="test", trace="d" * 32)
        await there.run(counting, STREAM, Count((301,), "nobody"), by="test")
        await until(has(here, range(301)))
        assert one.following
    first = (await here.read(STREAM))[0]
    assert (first.by, first.trace, first.event.who) == (
        "policy:when_shown_then_counted",
        "d" * 32,
        f"counting {STREAM}",
    )


async def test_reading_goes_on_from_the_nodes_own_position_over_restarts_and_lost_storage(
    opened: Opening, connected: Connecting, server: NatsServer
) -> None:
    there, here = await opened("there.counting"), await opened("here.watching")
    nc = await connected("here")
    relay = Relay(await connected("there"), there, "counting", counting.publish, SOURCE)
    async with running(relay):
        for begin, harm in ((0, False), (10, False), (20, True), (30, True)):
            await there.run(counting, STREAM, Count(tuple(range(begin, begin + 10)), "own"), by="test")
            async with running(inbox(nc, here)):
                await until(has(here, range(begin + 10)))
                if harm:
                    server.kill()
                    server.wipe()
                    await server.start()
                    await there.run(counting, STREAM, Count((begin + 10,), "own"), by="test")
                    await until(has(here, range(begin + 11)))
    assert here.tracked(f"stream:counting:{there.id}") == 41
    assert await put_aside(here) == []


async def test_an_event_that_comes_twice_or_late_has_its_effect_once(opened: Opening, connected: Connecting) -> None:
    log, nc = await opened(), await connected()
    async with running(inbox(nc, log)):
        for number, sequence in ((1, 5), (2, 5), (3, 4), (4, 6)):
            await publish(nc, number, sequence)
        await publish(nc, 5, 1, logid=str(UUID(int=10)))
        await until(has(log, [1, 4, 5]))


async def test_an_inbox_without_policies_for_others_has_nothing_to_do(opened: Opening, connected: Connecting) -> None:
    class Own(Struct):
        SUBJECT: ClassVar[str] = "own.watching.number.told"

    await asyncio.wait_for(inbox(await connected(), await opened(), policy(follows=(counting.Counted, Own))).run(), 30)


async def test_where_reading_begins_is_remembered_now_and_then(opened: Opening, connected: Connecting) -> None:
    log, nc = await opened(), await connected()
    async with running(inbox(nc, log)):
        await publish(nc, 1, 1)
        await until(has(log, [1]))
        await until(lambda: _remembered(log))
    assert log.tracked(SINCE) == pytest.approx(time.time(), abs=MARGIN / 2)


async def _remembered(log: Log) -> bool:
    return log.tracked(SINCE) > 0


async def test_an_inbox_ends_with_a_log_that_takes_nothing_any_more(opened: Opening, connected: Connecting) -> None:
    log, nc = await opened(), await connected()
    one = asyncio.create_task(inbox(nc, log).run())
    await publish(nc, 1, 1)
    await until(has(log, [1]))
    await log.close()
    await publish(nc, 2, 2)
    with pytest.raises(Refused, match="node-closing"):
        await asyncio.wait_for(one, 30)
