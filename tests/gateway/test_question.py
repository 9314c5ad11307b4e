"""The one door for questions: what is let in, and who may ask what."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio

from gateway import inquiry
from gateway.allowance import Rate
from gateway.bounds import LARGEST_DOCUMENT
from gateway.documents.registered import identified, registered
from gateway.portal.pages import questions
from gateway.question import may_ask
from gateway.schema import bounded
from services.events.main import SERVICE as EVENTS
from shared.identity import Role
from shared.ids import uuid7
from shared.settings import Environment
from tests.gateway.running import Running, kring

pytestmark = pytest.mark.asyncio(loop_scope="module")
AGENDA = Path("gateway/documents/agenda.graphql").read_text("utf-8")
AGENDA_OF = {"organisation": "carrefour", "from": datetime.now(UTC).date().isoformat()}
OWN = '{ places(organisation: "carrefour") { nodes { id } } }'


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with kring(tmp_path_factory.mktemp("kring"), [EVENTS]) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def production(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with kring(tmp_path_factory.mktemp("kring"), [EVENTS], Environment.PRODUCTION) as running:
        yield running


async def _asked(running: Running, **body: Any) -> Any:
    return (await running.http.post("/graphql", json=body)).json()


async def test_a_registered_question_is_asked_by_its_hash(running: Running) -> None:
    answer = await _asked(running, documentId=identified(AGENDA), variables=AGENDA_OF)
    assert answer == {"data": {"agenda": {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}}}


async def test_every_question_of_the_portal_is_registered() -> None:
    documents = registered()
    assert len(questions()) > 10
    assert all(question in documents for question in questions())
    assert f"{AGENDA} " not in documents


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"documentId": "sha256:00"}, 404, "document-unknown"),
        ({"documentId": identified(AGENDA), "query": AGENDA}, 400, "document-or-query"),
        ({}, 400, "document-or-query"),
        ({"query": ""}, 400, "document-or-query"),
        ({"query": "{ me { user } }" + " " * LARGEST_DOCUMENT}, 400, "question-too-large"),
        ({"query": "{ me { user } }", "variables": []}, 400, "question-malformed"),
        ({"query": "query A { me { user } }", "operationName": "B"}, 400, "question-malformed"),
        ({"query": "subscription { inboxChanged { nodes { id } } }"}, 400, "question-malformed"),
    ],
)
async def test_what_is_no_question_is_refused_with_a_code(
    running: Running, body: dict[str, Any], status: int, code: str
) -> None:
    answer = await running.http.post("/graphql", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_several_questions_in_one_request_are_refused(running: Running) -> None:
    answer = await running.http.post("/graphql", json=[{"query": OWN}, {"query": OWN}])
    assert (answer.status_code, answer.json()["code"]) == (400, "question-malformed")


async def test_a_form_with_files_is_refused(running: Running) -> None:
    operations = {"operations": '{"query": "{ me { user } }"}', "map": "{}"}
    answer = await running.http.post("/graphql", data=operations, files={"0": b"a file"})
    assert (answer.status_code, answer.json()["code"]) == (400, "question-malformed")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_what_a_page_of_another_site_may_send_unasked_is_refused(running: Running, kind: str) -> None:
    body = msgspec.json.encode({"query": OWN})
    answer = await running.http.post("/graphql", content=body, headers={"content-type": kind} if kind else {})
    assert (answer.status_code, answer.json()["code"]) == (400, "question-malformed")
    assert "application/json" in answer.json()["detail"]


@pytest.mark.parametrize("accepted", ["text/event-stream", "multipart/mixed; subscriptionSpec=1.0"])
async def test_no_answer_is_streamed(running: Running, accepted: str) -> None:
    body = {"query": "subscription { inboxChanged { nodes { id } } }"}
    answer = await running.http.post("/graphql", json=body, headers={"accept": accepted})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("question", [OWN, "mutation { clearInterests(participant: 1) }"])
async def test_nothing_is_asked_or_changed_by_get(running: Running, question: str) -> None:
    for accepted in ("application/json", "text/html", "*/*"):
        answer = await running.http.get("/graphql", params={"query": question}, headers={"accept": accepted})
        assert (answer.status_code, answer.json()["code"]) == (405, "not-allowed-here")


async def test_a_visitor_asks_in_production_what_is_registered_and_nothing_else(production: Running) -> None:
    for one in ({"documentId": identified(AGENDA)}, {"query": AGENDA}):
        assert "errors" not in await _asked(production, **one, variables=AGENDA_OF)
    for question in (OWN, "{ __typename }", f"{AGENDA}\n", "{ __schema { queryType { name } } }"):
        refused = await _asked(production, query=question)
        assert (refused["status"], refused["code"]) == (403, "question-not-registered")
        assert "coordinator" in refused["detail"]


async def test_a_token_that_does_not_hold_is_told_as_such_in_production(production: Running) -> None:
    answer: httpx.Response = await production.http.post(
        "/graphql", json={"query": OWN}, headers={"authorization": "Bearer nonsense"}
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "token-invalid")


@pytest.mark.parametrize("role", Role)
async def test_own_questions_are_for_coordinators_integrators_and_administrators(role: Role) -> None:
    free = {Role.COORDINATOR, Role.INTEGRATOR, Role.ADMINISTRATOR}
    assert may_ask(OWN, registered(), frozenset({role})) == (role in free)
    assert may_ask(AGENDA, registered(), frozenset({role}))
    assert not may_ask(OWN, registered(), frozenset())


async def test_a_question_that_takes_too_long_is_given_up_and_a_change_is_not(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded, "SECONDS", 0.0)
    [error] = (await _asked(running, query=OWN))["errors"]
    assert (error["extensions"]["code"], error["extensions"]["status"]) == ("question-slow", 504)
    place = f'{{id: "{uuid7()}", name: "AanEen", address: "Emmeloord", area: "GM0171"}}'
    change = f"mutation {{ registerPlace(input: {place}) {{ name }} }}"
    assert await running.done(change, running.token("carrefour")) == {"registerPlace": {"name": "AanEen"}}


async def test_visitors_share_the_allowance_of_their_address_and_a_caller_has_their_own(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inquiry, "VISITOR", Rate(a_second=0.01, at_once=1))

    async def status(address: str, token: str | None = None) -> int:
        headers = {"x-forwarded-for": address, "authorization": f"Bearer {token}"}
        return (await running.http.post("/graphql", json={}, headers=headers)).status_code

    assert [await status("192.0.2.1"), await status("192.0.2.1"), await status("192.0.2.2")] == [400, 429, 400]
    household = [await status("2001:db8:0:7::1"), await status("2001:db8:0:7::2"), await status("2001:db8:0:8::1")]
    assert household == [400, 429, 400]
    assert await status("192.0.2.1", running.token("welzin")) == 400
