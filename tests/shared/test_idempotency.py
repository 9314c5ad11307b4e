"""A command that is sent twice under one key (`Idempotency-Key`) is done once: by the same caller, with the same request."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from services.intake.main import SERVICE
from shared.identity import Issuer, Role
from tests.support.registers import PARTIES
from tests.support.served import NOON, Served, served

PERSON, FRIEND, KEY = UUID(int=5), UUID(int=6), "0190aaaa-0000-7000-8000-00000000feed"


def told(name: str) -> dict[str, Any]:
    return {"nameToUse": name, "contact": {"way": "phone", "value": "072 555 01 02"}}


def by(user: str, team: str | None = None) -> dict[str, str]:
    issuer = Issuer("humanitas", PARTIES["humanitas"], production=False)
    token = issuer.token([Role.COORDINATOR], user=user, now=NOON, team=team)
    return {"Authorization": f"Bearer {token}", "Idempotency-Key": KEY}


@pytest.fixture
async def node(tmp_path: Path) -> AsyncGenerator[Served]:
    """One who was called Bakker, then Smit; the first was said under a key."""
    async with served(SERVICE, tmp_path) as one:
        for id_ in (PERSON, FRIEND):
            assert (await one.ask("POST", "/v1/participants", told("Jansen") | {"id": str(id_)})).status_code == 201
        await correct(one, by("ann"), "Bakker")
        await one.ask("POST", f"/v1/participants/{PERSON}/correct", told("Smit"))
        yield one


async def correct(node: Served, who: dict[str, str], name: str, person: UUID = PERSON) -> str:
    """Say what somebody is called; gives what they then are."""
    body = msgspec.json.encode(told(name))
    answer = await node.http.post(f"/v1/participants/{person}/correct", content=body, headers=who)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["nameToUse"])


async def test_the_same_request_of_the_same_caller_is_done_once(node: Served) -> None:
    assert await correct(node, by("ann"), "Bakker") == "Smit"


async def test_another_request_under_the_same_key_is_another_command(node: Served) -> None:
    assert await correct(node, by("ann"), "Visser") == "Visser"
    assert await correct(node, by("ann"), "Bakker", FRIEND) == "Bakker"


async def test_another_caller_s_command_is_another(node: Served) -> None:
    assert await correct(node, by("piet"), "Bakker") == "Bakker"


async def test_who_changed_teams_is_another_caller(node: Served) -> None:
    assert (await node.ask("POST", f"/v1/participants/{PERSON}/move", {"team": "noord"})).status_code == 204
    assert await correct(node, by("ann", "noord"), "Bakker") == "Bakker"


async def test_somebody_is_erased_under_a_key_that_was_used_for_another_change(node: Served) -> None:
    answer = await node.http.post(f"/v1/participants/{PERSON}/erase", headers=by("ann"))
    assert (answer.status_code, answer.json()["participant"]) == (200, str(PERSON))


async def test_a_body_of_megabytes_is_refused_under_a_key_too(node: Served) -> None:
    answer = await node.http.post("/v1/participants", json=told("x" * 2_000_000), headers=by("ann"))
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
