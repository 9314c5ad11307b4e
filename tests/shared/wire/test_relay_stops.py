from uuid import UUID

import pytest
from msgspec import Struct

from shared.wire.relay import Relay, RelayState
from shared.wire.stream import Stream
from tests.shared.wire import parts
from tests.shared.wire.parts import Connecting, Opening, running, until
from tests.shared.wire.relaying import SOURCE, caught_up, count, is_in, numbers, relay

server = pytest.fixture(parts.server)
opened = pytest.fixture(parts.opened)
connected = pytest.fixture(parts.connected)


async def test_a_stream_ahead_of_its_log_stops_the_relay_visibly(opened: Opening, connected: Connecting) -> None:
    nc = await connected()
    whole, back = await opened("whole"), await opened("set-back")
    await count(whole, range(5))
    one = relay(nc, whole)
    async with running(one):
        await until(caught_up(whole, one))
    for events in (2, 5, 9):  # fewer than the stream knows, as many, more: never by number alone
        await count(back, range(events))
        two = relay(nc, back)
        async with running(two):
            await until(is_in(two, RelayState.AHEAD))
    assert await numbers(nc) == list(range(5))


async def test_somebody_elses_message_on_the_services_subjects_stops_the_relay_visibly(
    opened: Opening, connected: Connecting
) -> None:
    log, nc = await opened(), await connected()
    stream = Stream(nc)
    await stream.ensure()
    await nc.jetstream().publish("events.own.counting.number.told", b"{}")
    one = relay(nc, log)
    async with running(one):
        await until(is_in(one, RelayState.AHEAD))


class _Large:
    def __init__(self, subject: UUID) -> None:
        self.subject = subject
        self.event = _Text("x" * 70_000)


class _Text(Struct, frozen=True, tag="nl.kring.counting.text.v1"):
    text: str


async def test_an_event_that_is_too_large_is_a_visible_fault(opened: Opening, connected: Connecting) -> None:
    log, nc = await opened(), await connected()
    await count(log, range(1))
    one = Relay(nc, log, "counting", lambda recorded: _Large(recorded.stream), SOURCE)
    async with running(one):
        await until(is_in(one, RelayState.FAULT))
