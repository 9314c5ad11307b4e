"""Routes of programmes and the directory, on a real log."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from shared.identity import Role
from tests.services.intake.examples import BUDDY, OTHER
from tests.services.intake.served_intake import done, humanitas
from tests.support.served import Served

WALK = {"id": str(OTHER), "name": "Wandelen", "kind": "activity", "areas": ["GM0361"], "costCents": 0}
CHANGED = {name: value for name, value in WALK.items() if name != "id"} | {"name": "Samen wandelen"}


@pytest.fixture
async def node(tmp_path: Path) -> AsyncGenerator[Served]:
    async with humanitas(tmp_path) as running:
        yield running


async def listed(node: Served, path: str) -> list[Any]:
    page = (await node.ask("GET", path, role=Role.HOST)).json()
    return [one["name"] for one in page["items"]]


async def test_an_own_programme_stands_in_the_directory_beside_the_partners(node: Served) -> None:
    await done(node, "/v1/programmes", WALK, 201)
    assert await listed(node, "/v1/programmes") == ["Wandelen"]
    assert await listed(node, "/v1/directory") == ["Maatje", "Maatje Zuid", "Wandelen"]
    assert await listed(node, "/v1/directory?status=stop") == ["Maatje Zuid"]
    assert await listed(node, "/v1/directory?kind=activity&area=GM0361&organisation=humanitas") == ["Wandelen"]


async def test_the_directory_comes_in_pages(node: Served) -> None:
    first = (await node.ask("GET", "/v1/directory?first=1")).json()
    assert await listed(node, f"/v1/directory?after={first['next']}") == ["Maatje Zuid"]


async def test_a_partners_copy_shows_its_age(node: Served) -> None:
    shown = (await node.ask("GET", f"/v1/directory/welzin/{BUDDY}")).json()
    assert (shown["own"], shown["organisation"], shown["heardAt"]) == (False, "welzin", "2026-01-05T12:00:00Z")
    assert (await node.ask("GET", f"/v1/directory/carrefour/{BUDDY}")).json()["code"] == "programme-unknown"


async def test_a_programme_is_changed_stopped_queued_and_reopened(node: Served) -> None:
    await done(node, "/v1/programmes", WALK, 201)
    assert (await node.ask("PUT", f"/v1/programmes/{OTHER}", CHANGED)).json()["name"] == "Samen wandelen"
    stopped = await done(node, f"/v1/programmes/{OTHER}/stop", {"reason": "Vol", "until": "2026-03-01"})
    assert (stopped["status"], stopped["reason"], stopped["until"]) == ("stop", "Vol", "2026-03-01")
    assert (await done(node, f"/v1/programmes/{OTHER}/waiting-list", {"reason": "Bijna vol"}))[
        "status"
    ] == "waiting-list"
    assert (await done(node, f"/v1/programmes/{OTHER}/reopen"))["status"] == "open"


async def test_only_an_own_programme_can_be_stopped(node: Served) -> None:
    answer = await node.ask("POST", f"/v1/programmes/{BUDDY}/stop", {"reason": "Vol"})
    assert (answer.status_code, answer.json()["code"]) == (404, "programme-unknown")
    assert "directory" in answer.json()["detail"]


async def test_a_host_reads_and_does_not_write(node: Served) -> None:
    assert (await node.ask("POST", "/v1/programmes", WALK, role=Role.HOST)).status_code == 403


async def test_a_cost_that_no_database_keeps_is_refused_by_name(node: Served) -> None:
    answer = await node.ask("POST", "/v1/programmes", WALK | {"costCents": 10**19}, role=Role.COORDINATOR)
    assert (answer.status_code, [fault["field"] for fault in answer.json()["errors"]]) == (422, ["costCents"])
