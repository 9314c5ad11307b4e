import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from shared.wire import relay as looked_at
from shared.wire.connection import Connection
from shared.wire.relay import LIFETIME, PRIVATE, RelayState
from tests.shared.wire import parts
from tests.shared.wire.counting import STREAM
from tests.shared.wire.parts import Connecting, Opening, running, until
from tests.shared.wire.relaying import MARKER, SOURCE, caught_up, count, is_in, numbers, relay, stored
from tests.support.nats import NatsServer

server = pytest.fixture(parts.server)
opened = pytest.fixture(parts.opened)
connected = pytest.fixture(parts.connected)

VARYING = {"ce-id", "ce-time", "ce-logid"}


async def test_what_others_may_know_goes_out_in_the_order_of_the_log_with_its_lifetime(
    opened: Opening, connected: Connecting
) -> None:
    log, nc = await opened(), await connected()
    for number, who in enumerate(("nobody", "public", "own", "nobody", "own")):
        await count(log, range(number, number + 1), who)
    one = relay(nc, log)
    async with running(one):
        await until(caught_up(log, one))
    shown, told, again, marker = await stored(nc)
    assert [message[::2] for message in (shown, told, again)] == [
        ("events.public.counting.number.shown", {"type": "nl.kring.counting.shown.v1", "number": 1}),
        ("events.own.counting.number.told", {"type": "nl.kring.counting.told.v1", "number": 2}),
        ("events.own.counting.number.told", {"type": "nl.kring.counting.told.v1", "number": 4}),
    ]
    assert "Nats-TTL" not in shown[1]
    assert int(told[1]["Nats-TTL"].rstrip("s")) == pytest.approx(LIFETIME.total_seconds(), abs=5)
    assert marker[::2] == (MARKER, {"log": str(log.id), "position": 5})


async def test_an_event_stands_in_the_stream_as_a_cloud_event(opened: Opening, connected: Connecting) -> None:
    log, nc = await opened(), await connected()
    await count(log, range(1))
    one = relay(nc, log)
    async with running(one):
        await until(caught_up(log, one))
    headers = (await stored(nc))[0][1]
    assert {name: value for name, value in headers.items() if name not in VARYING and not name.startswith("Nats-")} == {
        "ce-source": SOURCE,
        "ce-specversion": "1.0",
        "ce-type": "nl.kring.counting.shown.v1",
        "ce-subject": str(STREAM),
        "ce-sequence": "1",
        "ce-sequencetype": "Integer",
        "ce-dataschema": "urn:kring:schema:nl.kring.counting.shown.v1",
        "ce-traceparent": f"00-{'c' * 32}-{1:016x}-01",
        "Content-Type": "application/json",
    }
    assert headers["ce-logid"] == str(log.id)


async def test_a_relay_goes_on_where_the_stream_says(opened: Opening, connected: Connecting) -> None:
    log, nc = await opened(), await connected()
    for begin in (0, 700, 1400):
        await count(log, range(begin, begin + 700))
        one = relay(nc, log)
        async with running(one):
            await until(caught_up(log, one))
    assert await numbers(nc) == list(range(2100))


async def test_private_events_move_the_position_now_and_then(opened: Opening, connected: Connecting) -> None:
    log, nc = await opened(), await connected()
    await count(log, range(PRIVATE - 1), "nobody")
    one = relay(nc, log)
    async with running(one):
        await until(caught_up(log, one))
        assert await stored(nc) == []
        await count(log, range(PRIVATE, PRIVATE + 1), "nobody")

        async def marked() -> bool:
            return [(subject, data["position"]) for subject, _, data in await stored(nc)] == [(MARKER, PRIVATE)]

        await until(marked)


async def test_two_relays_at_once_give_neither_loss_nor_duplicates_nor_disorder(
    opened: Opening, connected: Connecting
) -> None:
    log = await opened()
    ones = [relay(await connected(name), log) for name in ("a", "b")]
    async with running(*ones):
        for begin in range(0, 1000, 20):
            await count(log, range(begin, begin + 20))
            await asyncio.sleep(0.005)
        await until(caught_up(log, *ones))
    assert await numbers(await connected()) == list(range(1000))


async def test_a_killed_broker_gives_neither_loss_nor_duplicates_nor_disorder(
    opened: Opening, connected: Connecting, server: NatsServer
) -> None:
    log, nc = await opened(), await connected()
    one = relay(nc, log)
    async with running(one):
        for begin in range(0, 6000, 2000):
            await count(log, range(begin, begin + 2000))
            await asyncio.sleep(0.03)
            server.kill()
            await asyncio.sleep(0.1)
            await server.start()
        await until(caught_up(log, one))
    assert await numbers(nc) == list(range(6000))


async def test_others_have_their_turn_while_a_backlog_is_translated(opened: Opening, connected: Connecting) -> None:
    log, nc = await opened(), await connected()
    await count(log, range(450))
    backlog, turns = await log.notifications(0, 450), list[int]()

    async def other() -> None:
        while True:
            turns.append(len(turns))
            await asyncio.sleep(0)

    beside = asyncio.create_task(other())
    messages = await relay(nc, log)._messages(backlog)  # noqa: SLF001  (what it does between two messages to the broker)
    beside.cancel()
    assert (len(messages), len(turns) >= 9) == (450, True)


async def test_of_a_large_backlog_only_the_beginning_is_looked_at_to_tell_how_much_waits(
    opened: Opening, connected: Connecting, server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looked_at, "COUNTED", 500)
    log, nc = await opened(), await connected()
    one = relay(nc, log)
    async with running(one):
        await until(caught_up(log, one))
        server.kill()
        await count(log, range(1))
        await until(is_in(one, RelayState.AWAY))
        await count(log, range(1, 601), "nobody")
        assert await one.lag() == 1 + 101
        await server.start()
        await until(caught_up(log, one))


async def test_what_was_left_waiting_while_the_broker_was_away_is_counted_and_then_goes_out(
    opened: Opening, connected: Connecting, server: NatsServer
) -> None:
    log, nc = await opened(), await connected()
    one = relay(nc, log)
    assert await one.lag() is None
    async with running(one):
        await until(caught_up(log, one))
        server.kill()
        await count(log, range(5))
        await count(log, range(5, 9), "nobody")
        await until(is_in(one, RelayState.AWAY))
        assert await one.lag() == 5
        await count(log, range(9, 10))
        assert await one.lag() == 6
        await server.start()
        await until(caught_up(log, one))
    assert await numbers(nc) == [0, 1, 2, 3, 4, 9]


async def test_a_broker_that_lost_everything_gets_everything_again_that_still_lives(
    opened: Opening, connected: Connecting, server: NatsServer
) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    clock = [now]
    log, nc = await opened(clock=lambda: clock[0]), await connected()
    await count(log, range(3), "own")
    clock[0] = now + timedelta(days=10)
    await count(log, range(3, 6), "own")
    await count(log, range(6, 8), "public")
    one = relay(nc, log)
    async with running(one):
        await until(caught_up(log, one))
        before = {headers["ce-id"] for subject, headers, _ in await stored(nc) if subject != MARKER}
        clock[0] = now + LIFETIME + timedelta(days=1)
        server.kill()
        server.wipe()
        await server.start()
        await until(lambda: _holds(nc, [3, 4, 5, 6, 7]))
    after = await stored(nc)
    assert {headers["ce-id"] for subject, headers, _ in after if subject != MARKER} < before
    assert after[0][1]["Nats-TTL"] == f"{9 * 24 * 3600}s"


async def _holds(nc: Connection, expected: list[int]) -> bool:
    try:
        return await numbers(nc) == expected
    except Exception:  # noqa: BLE001  (the broker or its stream is not there yet)
        return False


async def test_a_publish_without_an_answer_is_looked_up_before_going_on(
    opened: Opening, connected: Connecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, nc = await opened(), await connected()
    monkeypatch.setattr("shared.wire.stream.TIMEOUT", 0.0005)
    await count(log, range(3000))
    one = relay(nc, log)
    async with running(one):
        await until(is_in(one, RelayState.AWAY))
        await asyncio.sleep(0.3)
        monkeypatch.setattr("shared.wire.stream.TIMEOUT", 5.0)
        await until(caught_up(log, one))
    assert await numbers(nc) == list(range(3000))
