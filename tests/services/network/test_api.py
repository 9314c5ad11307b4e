"""The routes of network, through the ASGI application, on a real log, with its own policies running."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.network.domain import klik, participant
from services.network.main import SERVICE
from shared.eventlog.types import Step
from shared.identity import Role
from tests.access.records import headers
from tests.services.network.examples import ANN, BOB, CAS, KLIK, NOON, PAIR, yes
from tests.support.served import Served, served
from tests.support.waiting import eventually


@pytest.fixture
async def node(tmp_path: Path) -> AsyncGenerator[Served]:
    async with served(SERVICE, tmp_path) as running:
        await running.take([Step(participant, person, participant.Know(NOON)) for person in (ANN, BOB, CAS)])
        yield running


async def say_yes(node: Served, who: UUID, other: UUID, contact: str, role: Role = Role.COORDINATOR) -> httpx.Response:
    body = {"id": str(KLIK), "participant": str(who), "other": str(other), "contact": contact}
    return await node.ask("POST", "/v1/kliks/yes", body, role=role)


async def kliks(node: Served, person: UUID) -> list[tuple[str, str]]:
    page = (await node.ask("GET", f"/v1/participants/{person}/kliks")).json()
    return [(one["other"], one["contact"]) for one in page["items"]]


async def test_only_when_both_said_yes_each_gets_the_others_contact(node: Served) -> None:
    first = await say_yes(node, ANN, BOB, "06-1")
    assert (first.status_code, first.json()) == (200, {"klik": None})
    assert (await kliks(node, ANN), await kliks(node, BOB)) == ([], [])
    second = await say_yes(node, BOB, ANN, " every Tuesday ")
    assert (second.json()["klik"]["other"], second.json()["klik"]["contact"]) == (str(ANN), "06-1")
    assert await kliks(node, ANN) == [(str(BOB), "every Tuesday")]
    assert await kliks(node, BOB) == [(str(ANN), "06-1")]


@pytest.mark.parametrize("way", ["end", "block"])
async def test_a_klik_can_be_ended_and_blocked(node: Served, way: str) -> None:
    await say_yes(node, ANN, BOB, "06-1")
    await say_yes(node, BOB, ANN, "06-2")
    for _ in range(2):
        answer = await node.ask("POST", f"/v1/kliks/{way}", {"participant": str(ANN), "other": str(BOB)})
        assert answer.status_code == 204
    assert (await kliks(node, ANN), await kliks(node, BOB)) == ([], [])
    await say_yes(node, BOB, ANN, "06-2")
    again = await say_yes(node, ANN, BOB, "06-1")
    assert (again.json()["klik"] is None) == (way == "block")


async def test_nobody_finds_out_by_asking(node: Served) -> None:
    nothing = await say_yes(node, ANN, CAS, "06-1")
    await node.ask("POST", "/v1/kliks/block", {"participant": str(BOB), "other": str(ANN)})
    blocked = await say_yes(node, ANN, BOB, "06-1")
    assert (nothing.status_code, nothing.content) == (blocked.status_code, blocked.content)


async def test_asking_tells_of_another_team_neither_who_there_is_nor_who_is_a_minor(node: Served) -> None:
    """Ann is of noord; of zuid are an adult, a minor, and somebody who does not exist."""
    adult, minor, nobody = (UUID(int=ANN.int + number) for number in (100, 101, 102))
    await node.take(
        [
            Step(participant, ANN, participant.Move("noord", NOON)),
            Step(participant, adult, participant.Know(NOON, "zuid")),
            Step(participant, minor, participant.Know(NOON, "zuid", minor=True)),
        ]
    )
    who = headers(Role.COORDINATOR, "noord")
    answers = []
    for other in (adult, minor, nobody):
        body = {"id": str(KLIK), "participant": str(ANN), "other": str(other), "contact": "06"}
        for way in ("yes", "end", "block"):
            sent = body if way == "yes" else PAIRED | {"other": str(other)}
            answer = await node.http.post(f"/v1/kliks/{way}", json=sent, headers=who)
            answers.append((way, answer.status_code, answer.content))
    assert answers[:3] == answers[3:6] == answers[6:]
    assert answers[0] == ("yes", 200, b'{"klik":null}')


async def test_interests_are_set_and_cleared(node: Served) -> None:
    path = f"/v1/participants/{ANN}/interests"
    answer = await node.ask("PUT", path, {"likes": " walking ", "times": "mornings", "distanceKm": 5})
    assert answer.json()["interests"] == {"likes": "walking", "company": "", "times": "mornings", "distanceKm": 5}
    assert (await node.ask("DELETE", path)).status_code == 204
    people = (await node.ask("GET", "/v1/participants?first=2")).json()
    assert [(one["id"], one["interests"]) for one in people["items"]] == [(str(ANN), None), (str(BOB), None)]
    assert people["next"] == str(BOB)


async def test_who_ends_disappears_with_interests_and_kliks(node: Served) -> None:
    await say_yes(node, ANN, BOB, "06-1")
    await say_yes(node, BOB, ANN, "06-2")
    await say_yes(node, CAS, ANN, "06-3")
    await node.ask("PUT", f"/v1/participants/{ANN}/interests", {"likes": "walking"})
    await eventually(lambda: has_joined(node, ANN, 2))
    await node.take([Step(participant, ANN, participant.End(NOON))])
    assert (await node.ask("GET", f"/v1/participants/{ANN}")).json()["code"] == "participant-unknown"
    assert (await node.ask("GET", f"/v1/participants/{ANN}/kliks")).status_code == 404

    async def nothing_stands() -> bool:
        states = [await node.log.state(klik, klik.pair(ANN, other)) for other in (BOB, CAS)]
        return states == [klik.Nothing(), klik.Nothing()]

    await eventually(nothing_stands)
    assert await kliks(node, BOB) == []
    assert (await say_yes(node, BOB, ANN, "06-2")).json()["code"] == "participant-unknown"


async def test_a_yes_that_crossed_an_end_is_undone(node: Served) -> None:
    await node.take([Step(participant, ANN, participant.End(NOON))])
    await node.take([Step(klik, PAIR, yes(ANN, BOB)), Step(klik, PAIR, yes(BOB, ANN))])

    async def nothing_stands() -> bool:
        return isinstance(await node.log.state(klik, PAIR), klik.Nothing)

    await eventually(nothing_stands)
    assert await kliks(node, BOB) == []


async def has_joined(node: Served, person: UUID, count: int) -> bool:
    state = await node.log.state(participant, person)
    return isinstance(state, participant.Present) and len(state.kliks) == count


@pytest.mark.parametrize(
    ("method", "path", "body", "field", "code"),
    [
        ("PUT", f"/v1/participants/{ANN}/interests", {"likes": ""}, "likes", "text-missing"),
        ("PUT", f"/v1/participants/{ANN}/interests", {"likes": "x" * 501}, "likes", "text-too-long"),
        (
            "PUT",
            f"/v1/participants/{ANN}/interests",
            {"likes": "x", "distanceKm": -1},
            "distanceKm",
            "distance-out-of-range",
        ),
        ("POST", "/v1/kliks/block", {"participant": str(ANN), "other": str(ANN)}, "other", "klik-with-oneself"),
        ("POST", "/v1/kliks/end", {"participant": str(ANN)}, "other", "field-missing"),
    ],
)
async def test_bad_input_names_the_field(
    node: Served, method: str, path: str, body: Any, field: str, code: str
) -> None:
    answer = await node.ask(method, path, body)
    assert answer.status_code == 422
    assert [(fault["field"], fault["code"]) for fault in answer.json()["errors"]] == [(field, code)]


async def test_an_unknown_participant_is_told_so(node: Served) -> None:
    nobody = UUID(int=9)
    answers = [
        await say_yes(node, ANN, nobody, "06-1"),
        await node.ask("PUT", f"/v1/participants/{nobody}/interests", {"likes": "walking"}),
        await node.ask("DELETE", f"/v1/participants/{nobody}/interests"),
    ]
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(404, "participant-unknown")] * 3


PAIRED = {"participant": str(ANN), "other": str(BOB)}
COORDINATORS_ONLY = [
    ("GET", "/v1/participants", None),
    ("GET", f"/v1/participants/{ANN}", None),
    ("PUT", f"/v1/participants/{ANN}/interests", {"likes": "walking"}),
    ("DELETE", f"/v1/participants/{ANN}/interests", None),
    ("GET", f"/v1/participants/{ANN}/kliks", None),
    ("POST", "/v1/kliks/yes", {"id": str(KLIK), "contact": "06", **PAIRED}),
    ("POST", "/v1/kliks/end", PAIRED),
    ("POST", "/v1/kliks/block", PAIRED),
]


@pytest.mark.parametrize("role", [Role.HOST, Role.ADMINISTRATOR, Role.POLICY_OFFICER, None])
async def test_only_some_may_see_and_record(node: Served, role: Role | None) -> None:
    for method, path, body in COORDINATORS_ONLY:
        answer = await node.ask(method, path, body, role=role)
        assert answer.status_code == (401 if role is None else 403), path
