"""`GET /metrics`, as a Prometheus server meets it."""

from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from services.events.main import SERVICE as EVENTS
from services.intake.main import SERVICE as INTAKE
from shared.identity import Role
from shared.ids import uuid7
from shared.metrics import GAUGES
from tests.gateway.running import Running, kring

OFFER = """
mutation Offer($id: UUID!) { offerProgramme(input: {id: $id, name: "Samen op pad", kind: BUDDY}) { id } }
"""


async def scraped(running: Running) -> dict[str, list[Any]]:
    """All samples, by family."""
    answer = await running.http.get("/metrics")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    return {family.name: list(family.samples) for family in text_string_to_metric_families(answer.text)}


async def test_prometheus_is_told_how_all_processes_do_and_nothing_of_persons(tmp_path: Path) -> None:
    async with kring(tmp_path, [INTAKE, EVENTS]) as running:
        await running.done(OFFER, running.token("welzin", Role.COORDINATOR), id=str(uuid7()))
        found = await scraped(running)
        up = {one.labels["service"]: one.value for one in found["kring_process_up"]}
        assert up == {"intake": 1, "events": 1, "network": 0}
        recorded = {
            one.labels["service"]: one.value for one in found["kring_commands"] if one.labels["outcome"] == "recorded"
        }
        assert recorded["intake"] >= 1
        assert {
            one.labels["state"]: one.value for one in found["kring_nodes"] if one.labels["service"] == "intake"
        } == {
            "held": 5,
            "failed": 0,
        }
        assert {family for family in found if family in GAUGES} == set(GAUGES)
        labels = {label for family in found.values() for one in family for label in one.labels}
        assert labels == {"service", "outcome", "state", "organisation", "le"}
        assert sum(len(family) for name, family in found.items() if name in GAUGES) <= len(GAUGES) * 2 * 5
