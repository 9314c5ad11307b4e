"""A websocket holds to the bounds of a request, and has some of its own."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
import pytest_asyncio
from websockets.exceptions import InvalidStatus

from gateway import allowance
from gateway.bounds import LARGEST_BODY, SUBSCRIPTIONS
from gateway.documents.registered import identified
from gateway.graphql import Endpoint
from services.events.main import SERVICE as EVENTS
from services.intake.main import SERVICE as INTAKE
from tests.gateway.running import Running, kring
from tests.gateway.talking import INBOX, closed, connected, heard, say, talking
from tests.gateway.test_question import AGENDA, AGENDA_OF

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with kring(tmp_path_factory.mktemp("kring"), [INTAKE, EVENTS]) as running:
        await running.seen('"nodes"', "{ referrals { nodes { id } } }", running.token("welzin"))
        yield running


async def test_ten_subscriptions_are_followed_and_the_next_is_refused_until_one_ends(running: Running) -> None:
    async with talking(running) as socket:
        for number in range(SUBSCRIPTIONS):
            await say(socket, "subscribe", id=f"s{number}", payload={"query": INBOX})
            assert (await heard(socket))["type"] == "next"
        await say(socket, "subscribe", id="more", payload={"query": INBOX})
        refused = await heard(socket)
        assert (refused["type"], refused["id"]) == ("error", "more")
        assert refused["payload"][0]["extensions"]["code"] == "too-many-subscriptions"
        await say(socket, "complete", id="s0")
        await say(socket, "subscribe", id="again", payload={"query": INBOX})
        assert (await heard(socket))["type"] == "next"


async def test_a_question_on_a_socket_is_bounded_as_in_a_request(running: Running) -> None:
    async with talking(running) as socket:
        for question, code in (
            (
                "subscription { inboxChanged(first: 100) { nodes { details { timeline { at } } } } }",
                "question-too-costly",
            ),
            ("{" + "me { user } " * 300 + "}", "question-too-large"),
            ("query A { me { user } } query B { me { user } }", None),
            ("{ me { shoeSize } }", "question-malformed"),
            ("x" * 17_000, "question-too-large"),
        ):
            await say(socket, "subscribe", id="1", payload={"query": question})
            answer = await heard(socket)
            if code is None:
                assert answer["type"] == "next"
                answer = await heard(socket)
                assert answer["type"] == "complete"
            else:
                assert [error["extensions"]["code"] for error in answer["payload"]] == [code]


async def test_an_operation_that_is_not_there_is_the_callers_fault(running: Running) -> None:
    async with talking(running) as socket:
        await say(socket, "subscribe", id="1", payload={"query": "query A { me { user } }", "operationName": "B"})
        answer = await heard(socket)
        assert answer["payload"][0]["extensions"]["code"] == "question-malformed"


async def test_a_registered_question_is_asked_by_its_hash(running: Running) -> None:
    async with talking(running) as socket:
        await say(socket, "subscribe", id="1", payload={"documentId": identified(AGENDA), "variables": AGENDA_OF})
        assert (await heard(socket))["payload"]["data"]["agenda"]["nodes"] == []
        assert (await heard(socket))["type"] == "complete"
        await say(socket, "subscribe", id="2", payload={"documentId": "sha256:00"})
        assert (await heard(socket))["payload"][0]["extensions"]["code"] == "document-unknown"


@pytest.fixture(autouse=True)
def no_fault_of_ours(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert [record for record in caplog.get_records("call") if record.levelname == "ERROR"] == []


@pytest.mark.parametrize(
    "said",
    [
        "{",
        "[]",
        "7",
        '{"type": "shout"}',
        '{"type": "subscribe", "id": "1"}',
        '{"type": "subscribe", "id": ["1"], "payload": {"query": "{ me { user } }"}}',
        '{"type": "subscribe", "id": "' + "1" * 81 + '", "payload": {"query": "{ me { user } }"}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": 7}}',
        '{"type": "complete", "id": {}}',
        '{"type": "connection_init"}',
        '{"n": ' + "9" * 5_000 + "}",
        '{"n": ' + "[" * 30_000 + "]" * 30_000 + "}",
    ],
    ids=lambda said: said[:40],
)
async def test_what_cannot_be_read_closes_the_socket(running: Running, said: str) -> None:
    async with talking(running) as socket:
        await socket.send(said)
        await socket.send(said)
        code, _ = await closed(socket)
        assert code == (4429 if "connection_init" in said else 4400)


async def test_bytes_and_messages_too_large_close_the_socket(running: Running) -> None:
    async with talking(running) as socket:
        await socket.send(b"{}")
        assert (await closed(socket))[0] == 4400
    async with talking(running) as socket:
        await say(socket, "ping", payload={"a": "x" * LARGEST_BODY})
        assert (await closed(socket))[0] == 1009


async def test_who_says_nothing_is_closed(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Endpoint, "connection_init_wait_timeout", timedelta(seconds=0.05))
    async with connected(running) as socket:
        assert (await closed(socket))[0] == 4408


async def test_who_asks_before_saying_who_they_are_is_closed(running: Running) -> None:
    async with connected(running) as socket:
        await say(socket, "subscribe", id="1", payload={"query": INBOX})
        assert (await closed(socket))[0] == 4401


async def test_a_caller_has_so_many_connections_and_everybody_together_too(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allowance, "CONNECTIONS_EACH", 2)
    monkeypatch.setattr(allowance, "CONNECTIONS", 3)
    payload = {"authorization": f"Bearer {running.token('welzin', user='often')}"}
    async with talking(running, "often"), talking(running, "often"):
        async with connected(running) as third:
            await say(third, "connection_init", payload=payload)
            assert await closed(third) == (4429, "too-many-connections")
        async with talking(running, "somebody else"), connected(running) as fourth:
            assert await closed(fourth) == (4429, "too-many-connections")
    async with talking(running, "often") as again:
        await say(again, "ping")
        assert (await heard(again))["type"] == "pong"


async def test_an_older_protocol_is_refused(running: Running) -> None:
    async with connected(running, protocol="graphql-ws") as socket:
        assert (await closed(socket))[0] == 4406


async def test_a_page_of_another_site_opens_no_socket(running: Running) -> None:
    for origin in ("https://evil.example", "null", f"http://127.0.0.1:{running.settings.port + 1}"):
        with pytest.raises(InvalidStatus) as refused:
            async with connected(running, origin=origin):
                pass
        assert refused.value.response.status_code == 403
    async with connected(running, origin=f"http://127.0.0.1:{running.settings.port}"):
        pass
