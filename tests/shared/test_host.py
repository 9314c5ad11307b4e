"""The process that hosts many nodes: what it takes in, what it says of itself, what `kring` asks of it."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from msgspec.structs import replace

from deploy import demo
from services.events.main import SERVICE
from shared import control
from shared.eventlog.parked import park
from shared.eventlog.types import Due, Step, Unit
from shared.host import Host
from shared.identity import Issuer, Role
from shared.ids import uuid7
from shared.rules import NotFound, Refused
from shared.service import Service
from shared.settings import Settings, Share
from tests.support.broker import Broker, demo_broker
from tests.support.nats import free_port
from tests.support.waiting import eventually

PLACE = {"name": "De Benring", "address": "Kerkstraat 1, Voorst", "area": "GM0285"}


@asynccontextmanager
async def hosted(broker: Broker, service: Service = SERVICE, **settings: Any) -> AsyncGenerator[Host]:
    host = Host(service, Settings(data=broker.data, nats_url=broker.url, **settings))
    running = asyncio.create_task(host.run())
    try:
        yield host
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def ready(host: Host) -> bool:
    return bool((await host.health())["ready"])


async def test_a_host_keeps_a_node_of_every_organisation_whose_keys_are_here() -> None:
    async with demo_broker() as broker, hosted(broker) as host:
        await eventually(lambda: ready(host))
        assert set(host.nodes) == {"humanitas", "welzin", "carrefour", "gemeente-alkmaar", "gemeente-noordoostpolder"}
        health = await control.ask(broker.data, "events", "health")
        assert (health["ready"], health["failures"]) == (True, [])
        assert {node["relay"] for node in health["nodes"]} <= {"following", "starting"}
        assert all("relay" not in finding for finding in await host.doctor())


async def test_hosts_share_the_organisations() -> None:
    async with demo_broker() as broker:
        kept = list[str]()
        for number in range(2):
            async with hosted(broker, share=Share(number, 2)) as host:
                await eventually(lambda: ready(host))
                kept += host.nodes
        assert sorted(kept) == sorted(slug for slug, *_ in demo.ORGANISATIONS)


async def test_one_damaged_database_keeps_nobody_else_from_working() -> None:
    async with demo_broker() as broker:
        damaged = broker.data / "welzin" / "events.db"
        damaged.parent.mkdir(exist_ok=True)
        damaged.write_bytes(b"not a database at all" * 400)
        async with hosted(broker) as host:
            await eventually(lambda: len(host.nodes) == 4 and host.failures)
            assert [failure.code for failure in host.failures.values()] == ["database-corrupt"]
            assert not await ready(host)
            assert any("welzin.events" in finding and "backup" in finding for finding in await host.doctor())
            assert damaged.read_bytes() == b"not a database at all" * 400


async def test_a_second_process_waits_as_a_standby_and_takes_over() -> None:
    async with demo_broker() as broker:
        async with hosted(broker) as first:
            await eventually(lambda: ready(first))
            second = Host(SERVICE, Settings(data=broker.data, nats_url=broker.url))
            standby = asyncio.create_task(second._keep("welzin"))  # noqa: SLF001  (one organisation of the second process)
            await eventually(lambda: second.failures)
            assert [failure.code for failure in second.failures.values()] == ["database-owned"]
        await eventually(lambda: "welzin" in second.nodes)
        standby.cancel()
        with suppress(asyncio.CancelledError):
            await standby


async def test_local_systems_reach_the_api_over_http_where_a_port_is_configured() -> None:
    async with demo_broker() as broker:
        port = free_port()
        async with (
            hosted(broker, events_port=port) as host,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http,
        ):
            await eventually(lambda: ready(host))
            token = Issuer.open(broker.data, "humanitas", production=False).token(
                [Role.COORDINATOR], user="ann", now=datetime.now(UTC)
            )
            headers = {"Authorization": f"Bearer {token}"}
            place = PLACE | {"id": str(uuid7())}
            assert (await http.post("/humanitas/v1/places", json=place, headers=headers)).status_code == 201
            assert (await http.get(f"/humanitas/v1/places/{place['id']}")).json()["name"] == "De Benring"
            other = await http.post("/welzin/v1/places", json=place, headers=headers)
            assert (other.status_code, other.json()["code"]) == (401, "token-other-organisation")
            nowhere = await http.get("/nobody/v1/places")
            assert (nowhere.status_code, nowhere.json()["code"]) == (404, "node-not-here")
            assert nowhere.headers["cache-control"] == other.headers["cache-control"] == "no-store"
            assert (await http.get("/humanitas/v1/openapi.json")).json()["info"]["title"] == "Kring events"


async def asked(broker: Broker, op: str, node: str = "welzin.events", **arguments: Any) -> Any:
    return await control.ask(broker.data, "events", op, node=node, **arguments)


async def put_aside(host: Host, *sources: str) -> None:
    """Park something unreadable at WELZIN from each of these sources."""
    log = host.nodes["welzin"].log
    body = msgspec.json.encode({"sender": "humanitas.intake", "content": b"{}"})
    rows = [park(source=source, key="k", type="t", body=body, reason="r", at=log.clock()) for source in sources]
    await log.write(Unit(by="system", changes=rows))


async def test_what_is_parked_is_listed_and_dropped_by_its_owner() -> None:
    async with demo_broker() as broker, hosted(broker) as host:
        await eventually(lambda: ready(host))
        await put_aside(host, "letters", "due")
        listed = await asked(broker, "parked.list")
        assert [(row["id"], row["source"], "body" in row) for row in listed] == [
            (1, "letters", False),
            (2, "due", False),
        ]
        with pytest.raises(NotFound, match="parked-unknown"):
            await asked(broker, "parked.drop", id=9)
        for number in (1, 2):
            assert await asked(broker, "parked.drop", id=number) == {"dropped": number}
        assert await asked(broker, "parked.list") == []


async def test_what_is_parked_anywhere_in_the_process_is_listed_at_once_and_counted() -> None:
    async with demo_broker() as broker, hosted(broker) as host:
        await eventually(lambda: ready(host))
        await put_aside(host, "letters", "due")
        listed = await control.ask(broker.data, "events", "parked.list")
        assert [(row["node"], row["id"]) for row in listed] == [("welzin.events", 1), ("welzin.events", 2)]
        text = await control.ask(broker.data, "events", "metrics")
        assert 'kring_parked{organisation="welzin",service="events"} 2.0' in text
        assert 'kring_parked{organisation="carrefour",service="events"} 0.0' in text
        assert any("2 things parked" in finding for finding in await host.doctor())
        assert any("2 dingen apart" in finding for finding in await host.doctor("nl"))


async def test_a_parked_deadline_can_be_tried_again() -> None:
    issued: list[Due] = []

    def late(one: Due, _: datetime) -> Sequence[Step]:
        issued.append(one)
        return []

    due = Due("late", uuid7(), datetime(2026, 1, 5, 12, tzinfo=UTC))
    row = park(source="due", key="k", type=due.name, body=msgspec.json.encode(due), reason="not-now", at=due.at)
    async with demo_broker() as broker, hosted(broker, replace(SERVICE, due={due.name: late})) as host:
        await eventually(lambda: ready(host))
        await host.nodes["welzin"].log.write(Unit(by="system", changes=[row]))
        assert await asked(broker, "parked.retry", id=1) == {"retried": 1}
        assert (issued, await asked(broker, "parked.list")) == ([due], [])


async def test_letters_that_stand_aside_for_ninety_days_go_when_their_node_looks() -> None:
    old, body = datetime.now(UTC) - timedelta(days=91), b"{}"
    async with demo_broker() as broker:
        async with hosted(broker) as host:
            await eventually(lambda: ready(host))
            await put_aside(host, "letters")
            rows = [park(source=one, key="k", type="t", body=body, reason="r", at=old) for one in ("letters", "due")]
            await host.nodes["welzin"].log.write(Unit(by="system", changes=rows))
        async with hosted(broker) as host:
            await eventually(lambda: ready(host))

            async def left() -> list[int]:
                return [row["id"] for row in await asked(broker, "parked.list")]

            await eventually(left, [1, 3])


async def test_an_idle_nodes_database_is_not_asked_how_it_is() -> None:
    async with demo_broker() as broker, hosted(broker) as host:
        await eventually(lambda: ready(host))
        node = host.nodes["welzin"]
        await eventually(lambda: node.relay.state == "following")

        async def unasked() -> bool:
            await node.log.rest(0.0)
            await node.health()
            return not node.log._database.idle(0.0)  # noqa: SLF001  (nothing was used since it was let go)

        await eventually(unasked)  # as soon as the node has settled; asked each time, it would never be so


async def test_a_port_that_is_taken_is_named_before_anything_starts() -> None:
    async with demo_broker() as broker:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            host = Host(SERVICE, Settings(data=broker.data, nats_url=broker.url, events_port=port))
            with pytest.raises(Refused, match=f"service-port-busy.*{port}"):
                await host.run()


async def test_what_cannot_be_tried_again_stays_parked_with_a_reason() -> None:
    async with demo_broker() as broker, hosted(broker) as host:
        await eventually(lambda: ready(host))
        await put_aside(host, "letters", "due")
        for number, code in ((1, "letter-unreadable"), (2, "parked-not-retriable")):
            with pytest.raises(Refused, match=code):
                await asked(broker, "parked.retry", id=number)
        assert len(await asked(broker, "parked.list")) == 2


async def test_a_node_is_rebuilt_by_its_owner() -> None:
    async with demo_broker() as broker, hosted(broker) as host:
        await eventually(lambda: ready(host))
        assert await asked(broker, "rebuild") == {"events": 0}
        with pytest.raises(NotFound, match="node-unknown"):
            await asked(broker, "rebuild", node="nobody.events")


async def test_keys_that_are_not_there_are_named(tmp_path: Path) -> None:
    async with demo_broker() as broker:
        letters = broker.data / "welzin" / "keys" / "events.letters"
        letters.rename(tmp_path / "elsewhere")
        async with hosted(broker) as host:
            await eventually(lambda: host.failures)
            [failure] = host.failures.values()
            assert (failure.code, str(letters) in failure.sentence) == ("keys-missing", True)
