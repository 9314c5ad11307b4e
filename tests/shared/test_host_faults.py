"""What goes wrong at one organisation's node neither stops the process nor hides how the others are."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from services.events.domain import participant
from services.events.main import SERVICE
from shared import control, upkeep
from shared.eventlog.parked import Parked, park
from shared.eventlog.types import Step, Unit
from shared.host import Host
from shared.ids import uuid7
from shared.node import Node
from shared.settings import Settings
from tests.support.broker import Broker, demo_broker
from tests.support.hanging import hanging_postgres
from tests.support.waiting import eventually


@asynccontextmanager
async def hosted(**settings: Any) -> AsyncGenerator[tuple[Host, Broker]]:
    async with demo_broker() as broker:
        host = Host(SERVICE, Settings(data=broker.data, nats_url=broker.url, **settings))
        running = asyncio.create_task(host.run())
        try:
            await eventually(lambda: _ready(host))
            yield host, broker
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.wait_for(running, 30)


async def _ready(host: Host) -> bool:
    return bool((await host.health())["ready"])


async def learn(node: Node) -> None:
    """Something happens at a node."""
    await node.log.run(participant, uuid7(), participant.Know(node.log.clock()), by="policy:test")


def broken(*_: object) -> Any:
    raise ZeroDivisionError


def away(*_: object) -> Any:
    raise OperationalError("SELECT", {}, Exception("the server is not there"))


@pytest.mark.parametrize(("fault", "code"), [(away, "database-unreachable"), (broken, "node-failed")])
async def test_a_node_that_cannot_say_how_it_is_hides_no_other(
    fault: Callable[..., Any], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hosted() as (host, broker):
        await learn(host.nodes["welzin"])
        monkeypatch.setattr(host.nodes["welzin"].log, "query", fault)
        asked = (control.ask(broker.data, "events", op) for op in ("health", "doctor"))
        health, found = await asyncio.gather(*asked)  # at once: the node itself notices too, and is opened anew
        assert (len(health["nodes"]), health["ready"]) == (4, False)
        assert [(one["node"], one["code"]) for one in health["failures"]] == [("welzin.events", code)]
        assert any("welzin.events" in finding for finding in found)


async def test_a_node_that_hangs_keeps_no_other_from_saying_how_it_is() -> None:
    async with hanging_postgres() as server, hosted(databases={"welzin": server.url}) as (host, broker):
        await learn(host.nodes["welzin"])
        server.hang()
        asked = (control.ask(broker.data, "events", op) for op in ("health", "doctor", "metrics"))
        health, found, measured = await asyncio.gather(*asked)
        server.go_on()
        assert (len(health["nodes"]), health["ready"]) == (4, False)
        assert [(one["node"], one["code"]) for one in health["failures"]] == [("welzin.events", "node-silent")]
        assert any("welzin.events" in finding for finding in found)
        assert 'kring_parked{organisation="carrefour",service="events"} 0.0' in measured
        assert 'kring_parked{organisation="welzin"' not in measured
        await eventually(lambda: _ready(host))


async def test_a_relay_that_stands_still_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    async with hosted() as (host, _):
        node = host.nodes["welzin"]
        monkeypatch.setattr(node.relay, "_publish", broken)
        await learn(node)
        await eventually(lambda: node.relay.state == "fault")
        health = await host.health()
        assert (len(health["nodes"]), health["failures"]) == (5, [])


async def test_a_node_that_breaks_while_it_stops_does_not_keep_the_process_from_stopping(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def breaks(_: Node) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise ZeroDivisionError

    monkeypatch.setattr(Node, "run", breaks)
    async with demo_broker() as broker:
        host = Host(SERVICE, Settings(data=broker.data, nats_url=broker.url))
        running = asyncio.create_task(host.run())
        await eventually(lambda: len(host.nodes) == 5)
        running.cancel()
        done, _ = await asyncio.wait([running], timeout=5)
        running.cancel()
        assert done


async def test_what_is_tried_again_twice_at_once_has_its_effect_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def steps(owner: Node, _: Parked) -> list[Step]:
        return [Step(participant, uuid7(), participant.Know(owner.log.clock()))]

    monkeypatch.setattr(upkeep, "_steps", steps)
    async with hosted() as (host, broker):
        log = host.nodes["welzin"].log
        aside = park(source="self", key="k:1", type="t", body=b"{}", reason="fault", at=log.clock())
        await log.write(Unit(by="system", changes=[aside]))
        retry = partial(control.ask, broker.data, "events", "parked.retry", node="welzin.events", id=1)
        await asyncio.gather(retry(), retry(), return_exceptions=True)
        assert log.position == 1
