"""A service's process that is watched over by itself, as a pod's is: no gateway beside it."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from services.events.main import SERVICE
from shared.host import Host
from shared.rules import Refused
from shared.settings import Settings
from shared.wire import tls
from tests.support.broker import Broker, demo_broker
from tests.support.certificates import certificates
from tests.support.nats import free_port
from tests.support.waiting import eventually

SECONDS = 30
"""For a process to start on a busy machine."""


@asynccontextmanager
async def process(broker: Broker, scheme: str) -> AsyncGenerator[httpx.AsyncClient]:
    """The events service, and who asks at its port for metrics."""
    port = free_port()
    stated = {"KRING_DATA": str(broker.data), "KRING_NATS_URL": broker.url, "KRING_EVENTS_METRICS": str(port)}
    believed = tls.authority(Settings(data=broker.data))
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.events.main", env=os.environ | stated
    )
    try:
        verify = tls.believing(believed) if believed else True
        async with httpx.AsyncClient(base_url=f"{scheme}://127.0.0.1:{port}", verify=verify, timeout=20) as http:
            yield http
    finally:
        running.kill()
        await running.wait()


async def health(http: httpx.AsyncClient) -> tuple[int, dict[str, Any]]:
    """What it says of itself, with the status; 0 while nobody answers."""
    try:
        answer = await http.get("/healthz")
    except httpx.TransportError:
        return 0, {}
    return answer.status_code, answer.json()


@pytest.mark.timeout(90)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_process_tells_prometheus_itself_how_it_is(scheme: str) -> None:
    async with demo_broker() as broker:
        if scheme == "https":
            certificates(broker.data / "network" / "tls")
        async with process(broker, scheme) as http:
            await eventually(lambda: health(http), (200, {"ready": True, "held": 5, "failed": 0}), SECONDS)
            answer = await http.get("/metrics")
            assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
            families = {one.name: one.samples for one in text_string_to_metric_families(answer.text)}
            assert {one.labels["service"] for one in families["kring_parked"]} == {"events"}
            assert len(families["kring_parked"]) == 5
            assert (await http.get("/humanitas/v1/places")).status_code == 404


@pytest.mark.timeout(90)
async def test_a_process_that_misses_a_node_is_not_ready() -> None:
    async with demo_broker() as broker:
        (broker.data / "welzin" / "keys" / "events.nk").write_text("no key at all")
        async with process(broker, "http") as http:
            await eventually(lambda: health(http), (503, {"ready": False, "held": 4, "failed": 1}), SECONDS)


async def test_metrics_leave_this_machine_over_tls_only() -> None:
    async with demo_broker() as broker:
        host = Host(SERVICE, Settings(data=broker.data, nats_url=broker.url, events_metrics="0.0.0.0:9102"))
        with pytest.raises(Refused, match="metrics-need-tls"):
            await host.run()
