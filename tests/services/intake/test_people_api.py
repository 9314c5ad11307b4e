"""Routes of participants, consents and interviews, on a real log."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from shared.identity import Role
from tests.services.intake.examples import AGREED, OTHER, PERSON
from tests.services.intake.served_intake import CONSENT, PARTICIPANT, TALK, done, humanitas, prepared
from tests.support.served import Served

CONSENTS = f"/v1/participants/{PERSON}/consents"
INTERVIEWS = f"/v1/participants/{PERSON}/interviews"


@pytest.fixture
async def node(tmp_path: Path) -> AsyncGenerator[Served]:
    async with humanitas(tmp_path) as running:
        yield running


async def refused(node: Served, path: str, body: Any = None, method: str = "POST") -> tuple[int, str]:
    answer = await node.ask(method, path, body)
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def test_who_is_registered_by_one_call_is_found_by_the_next(node: Served) -> None:
    await done(node, "/v1/participants", PARTICIPANT, 201)
    found = await done(node, "/v1/participant-searches", {"name": "mevrouw"})
    assert [one["id"] for one in found["items"]] == [str(PERSON)]
    assert (await node.ask("GET", f"/v1/participants/{PERSON}")).json()["contact"] == PARTICIPANT["contact"]


async def test_a_possible_duplicate_is_named(node: Served) -> None:
    await done(node, "/v1/participants", PARTICIPANT, 201)
    second = await done(node, "/v1/participants", PARTICIPANT | {"id": str(OTHER)}, 201)
    assert second["possibleDuplicates"] == [str(PERSON)]


async def test_lists_come_in_pages(node: Served) -> None:
    for number in range(3):
        await done(node, "/v1/participants", PARTICIPANT | {"id": str(UUID(int=number + 1))}, 201)
    first = (await node.ask("GET", "/v1/participants?first=2")).json()
    rest = (await node.ask("GET", f"/v1/participants?first=2&after={first['next']}")).json()
    assert ([len(first["items"]), len(rest["items"])], rest["next"]) == ([2, 1], None)
    assert await refused(node, "/v1/participants?after=somewhere", method="GET") == (422, "invalid")
    assert await refused(node, "/v1/participants?after=é", method="GET") == (422, "invalid")


async def test_an_ended_participant_is_ended(node: Served) -> None:
    await done(node, "/v1/participants", PARTICIPANT, 201)
    assert (await done(node, f"/v1/participants/{PERSON}/end", {"reason": "verhuisd"}))["endedAt"] is not None


async def test_every_fault_is_named_at_once(node: Served) -> None:
    body = PARTICIPANT | {"nameToUse": " ", "hopes": "x" * 501}
    problem = (await node.ask("POST", "/v1/participants", body)).json()
    assert [(fault["field"], fault["code"]) for fault in problem["errors"]] == [
        ("nameToUse", "text-missing"),
        ("hopes", "text-too-long"),
    ]
    unknown = (await node.ask("POST", "/v1/participants", PARTICIPANT | {"bsn": "1", "ageBand": "old"})).json()
    assert [fault["field"] for fault in unknown["errors"]] == ["ageBand", "bsn"]
    assert (await node.ask("GET", "/v1/participants")).json()["items"] == []


async def test_an_unknown_participant_is_refused(node: Served) -> None:
    for path, body in ((CONSENTS, CONSENT), (INTERVIEWS, TALK), (f"/v1/participants/{PERSON}/end", {})):
        assert await refused(node, path, body) == (404, "participant-unknown")
    assert await refused(node, CONSENTS, method="GET") == (404, "participant-unknown")


async def test_consent_is_given_listed_and_withdrawn(node: Served) -> None:
    await prepared(node)
    assert [one["id"] for one in (await node.ask("GET", CONSENTS)).json()["items"]] == [str(AGREED)]
    assert (await done(node, f"/v1/consents/{AGREED}/withdraw"))["withdrawnAt"] is not None
    assert await refused(node, f"/v1/consents/{OTHER}/withdraw") == (404, "consent-unknown")


async def test_consent_for_nobody_known_is_refused(node: Served) -> None:
    await prepared(node)
    other = CONSENT | {"id": str(OTHER), "recipient": "nobody"}
    assert await refused(node, CONSENTS, other) == (404, "organisation-unknown")
    assert await refused(node, CONSENTS, CONSENT | {"id": str(OTHER), "until": "2026-01-01T00:00:00Z"}) == (
        409,
        "consent-period",
    )


async def test_consent_ends_at_a_moment_in_a_time_zone(node: Served) -> None:
    await prepared(node)
    answer = await node.ask("POST", CONSENTS, CONSENT | {"id": str(OTHER), "until": "2026-06-01T00:00:00"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "time-zone-missing")
    assert [one["id"] for one in (await node.ask("GET", CONSENTS)).json()["items"]] == [str(AGREED)]


async def test_an_interview_is_recorded_and_listed(node: Served) -> None:
    await prepared(node)
    assert (await done(node, INTERVIEWS, TALK, 201))["askedFor"] == "Een maatje"
    assert len((await node.ask("GET", INTERVIEWS)).json()["items"]) == 1
    assert await refused(node, INTERVIEWS, TALK | {"id": str(OTHER), "heldOn": "2026-01-06"}) == (
        409,
        "interview-in-future",
    )


@pytest.mark.parametrize("role", [None, Role.HOST, Role.POLICY_OFFICER, Role.ADMINISTRATOR])
async def test_participants_are_for_coordinators(node: Served, role: Role | None) -> None:
    answer = await node.ask("GET", "/v1/participants", role=role)
    assert answer.status_code == (401 if role is None else 403)


async def test_a_privacy_officer_sees_consents(node: Served) -> None:
    await prepared(node)
    assert (await node.ask("GET", CONSENTS, role=Role.PRIVACY_OFFICER)).status_code == 200
