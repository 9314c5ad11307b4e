"""`/healthz`: what is up, what is behind."""

from pathlib import Path
from typing import Any

import httpx

from services.events.main import SERVICE as EVENTS
from services.intake.main import SERVICE as INTAKE
from shared.ids import uuid7
from tests.gateway.running import Running, kring
from tests.support.nats import free_port
from tests.support.waiting import eventually

PERSON = {"nameToUse": "Bep", "contact": {"way": "phone", "value": "06 87654321"}, "area": "GM0361"}


async def test_health_tells_which_part_is_missing(tmp_path: Path) -> None:
    async with kring(tmp_path, [EVENTS]) as running:
        answer = await running.http.get("/healthz")
        health = answer.json()
        assert (answer.status_code, health["ready"]) == (503, False)
        assert health["processes"]["events"]["ready"]
        assert health["processes"]["intake"] == {"ready": False, "code": "process-away"}


async def _node(running: Running) -> dict[str, Any]:
    answer = await running.http.get("/healthz")
    nodes = answer.json()["processes"]["intake"]["nodes"]
    [found] = [one for one in nodes if one["node"] == "humanitas.intake"]
    node: dict[str, Any] = found
    return node


async def test_health_tells_how_far_a_node_is_behind_while_the_broker_is_away(tmp_path: Path) -> None:
    port = free_port()
    async with kring(tmp_path, [INTAKE], intake_port=port) as running, httpx.AsyncClient() as local:

        async def stands() -> tuple[str, int | None]:
            node = await _node(running)
            return node["relay"], node["behind"]

        await eventually(stands, ("following", 0))
        running.nats.kill()
        held = {"authorization": f"Bearer {running.token('humanitas')}"}
        address = f"http://127.0.0.1:{port}/humanitas/v1/participants"
        assert (await local.post(address, json=PERSON | {"id": str(uuid7())}, headers=held)).status_code == 201
        await eventually(stands, ("away", 1))
        await running.nats.start()
        await eventually(stands, ("following", 0))
