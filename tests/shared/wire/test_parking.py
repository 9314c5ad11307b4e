from collections.abc import Sequence
from itertools import repeat
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import OperationalError

from shared.eventlog.parked import parked
from shared.eventlog.types import Change, Followed, Outcome, Step, Unit
from shared.rules import Refused
from shared.wire.inbox import TRIES
from shared.wire.stream import Stream
from tests.shared.wire import counting, parts
from tests.shared.wire.counting import BREAKING, REFUSED, Count, Told
from tests.shared.wire.following import (
    counted,
    counting_then,
    has,
    inbox,
    is_following,
    parked_are,
    policy,
    publish,
    put_aside,
)
from tests.shared.wire.parts import Connecting, Opening, running, until

server = pytest.fixture(parts.server)
opened = pytest.fixture(parts.opened)
connected = pytest.fixture(parts.connected)


async def test_a_refused_event_is_parked_and_the_rest_goes_on(opened: Opening, connected: Connecting) -> None:
    log, nc = await opened(), await connected()
    async with running(inbox(nc, log)):
        await publish(nc, REFUSED, 1)
        await publish(nc, 1, 2)
        await until(has(log, [1]))
        assert await put_aside(log) == [("nl.kring.counting.told.v1", "unlucky")]


async def test_one_refused_command_parks_the_whole_trigger(opened: Opening, connected: Connecting) -> None:
    def both(event: Followed[Any]) -> list[Step]:
        return [Step(counting, UUID(int=2), Count((7,))), *counting_then(event)]

    log, nc = await opened(), await connected()
    async with running(inbox(nc, log, policy(), policy(both))):
        await publish(nc, REFUSED, 1)
        await publish(nc, 1, 2)
        await until(has(log, [1]))
    assert [event.position for event in await log.read(UUID(int=2))] == [2]
    assert len(await put_aside(log)) == 1


async def test_an_event_that_fails_is_tried_a_few_times_and_parked(opened: Opening, connected: Connecting) -> None:
    tried = []

    def then(event: Followed[Any]) -> Sequence[Step]:
        tried.append(event.event.number)
        if event.event.number == 0:
            raise ZeroDivisionError
        return counting_then(event)

    log, nc = await opened(), await connected()
    async with running(inbox(nc, log, policy(then))):
        for sequence, number in enumerate((0, BREAKING, 1), 1):
            await publish(nc, number, sequence)
        await until(has(log, [1]))
    assert tried == [0] * TRIES + [BREAKING] * TRIES + [1]
    assert {reason for _, reason in await put_aside(log)} == {"event-failed"}


async def test_while_the_database_is_away_an_event_waits_and_is_not_parked(
    opened: Opening, connected: Connecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, nc = await opened(), await connected()
    monkeypatch.setattr("shared.wire.inbox.pauses", lambda: repeat(0.01))
    away, write = TRIES, log.write

    async def flaky(unit: Unit) -> Outcome:
        nonlocal away
        away -= 1
        if away >= 0:
            raise OperationalError("INSERT", {}, Exception("the server is not there"))
        return await write(unit)

    monkeypatch.setattr(log, "write", flaky)
    await publish(nc, 1, 1)
    async with running(inbox(nc, log)):
        await until(has(log, [1]))
    assert await put_aside(log) == []


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"type": "nl.kring.counting.told.v2"}, "event-version-unknown"),
        ({"specversion": "0.3"}, "envelope-not-cloudevents"),
        ({"_sequence": "many"}, "envelope-malformed"),
        ({"_sequence": "0"}, "envelope-malformed"),
        ({"logid": "7"}, "envelope-malformed"),
        ({"time": "noon"}, "envelope-malformed"),
    ],
)
async def test_what_cannot_be_read_is_parked_once_and_the_rest_goes_on(
    changed: dict[str, str], reason: str, opened: Opening, connected: Connecting
) -> None:
    log, nc = await opened(), await connected()
    await publish(nc, 1, 1, **changed)
    await publish(nc, 2, 2)
    for _ in range(2):  # once, also when it is read again after a restart
        one = inbox(nc, log)
        async with running(one):
            await until(has(log, [2]))
            await until(is_following(one))
    assert [why for _, why in await put_aside(log)] == [reason]


async def test_data_that_is_not_the_contracts_is_parked(opened: Opening, connected: Connecting) -> None:
    log, nc = await opened(), await connected()
    await Stream(nc).ensure()
    await nc.jetstream().publish("events.own.counting.number.told", b"\xff")
    await publish(nc, 2, 2, type="nl.kring.counting.shown.v1")
    async with running(inbox(nc, log, policy(follows=(Told,)))):
        await publish(nc, 3, 3)
        await until(has(log, [3]))
    assert [why for _, why in await put_aside(log)] == ["envelope-not-cloudevents", "event-version-unknown"]


async def test_a_parked_event_can_be_tried_again_once_its_reason_is_gone(
    opened: Opening, connected: Connecting
) -> None:
    patient = [False]

    def then(event: Followed[Any]) -> Sequence[Step]:
        if not patient[0]:
            raise Refused("not-yet")
        return counting_then(event)

    log, nc = await opened(), await connected()
    one = inbox(nc, log, policy(then))
    async with running(one):
        await publish(nc, 1, 1)
        await until(lambda: parked_are(log, 1))
    [row] = await log.query(lambda connection: connection.execute(select(parked)).all())
    gone: Change = (delete(parked).where(parked.c.id == row.id), {})
    with pytest.raises(Refused, match="not-yet"):
        await one.retry(row.key, row.body, [gone])
    assert await parked_are(log, 1)
    patient[0] = True
    await one.retry(row.key, row.body, [gone])
    assert await counted(log) == [1]
    assert await parked_are(log, 0)
