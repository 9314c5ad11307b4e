"""The start page's story, step by step, over the real services; and an open inbox that hears of a change."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from gateway.portal.pages import story
from services.events.main import SERVICE as EVENTS
from services.intake.main import SERVICE as INTAKE
from services.network.main import SERVICE as NETWORK
from shared.ids import uuid7
from tests.gateway.running import Running, kring

FOLLOW = "subscription ($id: UUID!) { referralChanged(id: $id) { status owner } }"
INBOX = "subscription { inboxChanged(direction: IN) { nodes { reference status } } }"


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with kring(tmp_path_factory.mktemp("kring"), [INTAKE, EVENTS, NETWORK]) as running:
        yield running


class Player:
    """Plays steps as the page does."""

    def __init__(self, running: Running) -> None:
        told = story()
        now = datetime.now(UTC)
        ids: Any = told["ids"]
        steps: Any = told["step"]
        self.running = running
        self.steps: list[dict[str, Any]] = steps
        self.kept = {name: str(uuid7()) for name in ids}
        self.kept |= {"today": now.date().isoformat(), "nextYear": (now + timedelta(days=365)).isoformat()}

    async def play(self, step: dict[str, Any]) -> dict[str, Any]:
        token, variables = self.running.token(step["as"]), self._filled(step.get("variables", {}))
        async with asyncio.timeout(10):
            while True:
                answer = await self.running.ask(step["query"], token, **variables)
                if self._seen(step, answer) or step["query"].lstrip().startswith("mutation"):
                    break
                await asyncio.sleep(0.05)
        assert self._seen(step, answer), (step["title"], answer)
        assert not [text for text in step.get("hides", []) if text in json.dumps(answer)], (step["title"], answer)
        for name, path in step.get("keeps", {}).items():
            self.kept[name] = _at(answer["data"], path)
        return answer

    def _seen(self, step: dict[str, Any], answer: dict[str, Any]) -> bool:
        codes = [error["extensions"]["code"] for error in answer.get("errors", [])]
        if codes or "refused" in step:
            return codes == [step.get("refused")]
        return all(_at(answer["data"], path) == told for path, told in self._filled(step["sees"]).items())

    def _filled(self, told: dict[str, Any]) -> dict[str, Any]:
        text = json.dumps(told)
        for name, value in self.kept.items():
            text = text.replace("{" + name + "}", value)
        filled: dict[str, Any] = json.loads(text)
        return filled


def _at(found: Any, path: str) -> Any:
    for key in path.split("."):
        if not found:
            return None
        found = found[int(key)] if isinstance(found, list) else found[key]
    return found


async def test_every_step_of_the_story_is_as_told(running: Running) -> None:
    player = Player(running)
    for step in player.steps:
        await player.play(step)
    ended = await running.done(
        "query ($id: UUID!, $then: DateTime!) { now: referral(id: $id) { status } then: referral(id: $id, asOf: $then) "
        "{ status timeline { at } } }",
        running.token("humanitas"),
        id=player.kept["referral"],
        then=await _requested(running, player.kept["referral"]),
    )
    assert ended["now"]["status"] == "COMPLETED"
    assert ended["then"]["status"] != "COMPLETED"


async def test_a_programme_is_found_after_a_hundred_others(running: Running) -> None:
    player = Player(running)
    offer = next(step for step in player.steps if "offerProgramme" in step["query"])
    for number in range(101):
        variables = {"input": offer["variables"]["input"] | {"id": str(uuid7()), "name": f"A {number}"}}
        await running.done(offer["query"], running.token("welzin", user=f"ann-{number % 3}"), **variables)
    for step in player.steps[:4]:
        await player.play(step)


async def _requested(running: Running, referral: str) -> str:
    question = "query ($id: UUID!) { referral(id: $id) { createdAt } }"
    at: str = (await running.done(question, running.token("humanitas"), id=referral))["referral"]["createdAt"]
    return at


async def test_a_preview_hides_who_it_is_until_accepted(running: Running) -> None:
    player = Player(running)
    answers = {step["title"]: await player.play(step) for step in player.steps[:8]}
    [item] = answers["WELZIN sees it coming in"]["data"]["referrals"]["nodes"]
    assert item["details"]["letter"]["nameToUse"] is None
    accepted = answers["WELZIN accepts"]["data"]["acceptReferral"]
    assert (accepted["letter"]["nameToUse"], accepted["owner"]) == ("Maria", "Bea")


async def test_an_open_inbox_and_an_open_referral_hear_of_a_change(running: Running) -> None:
    player = Player(running)
    for step in player.steps[:5]:
        await player.play(step)
    async with _socket(running, running.token("welzin")) as inbox:
        await _subscribe(inbox, INBOX)
        await _next(inbox)
        await player.play(player.steps[5])
        newest, *_ = (await _next(inbox))["inboxChanged"]["nodes"]
        assert newest["reference"] == player.kept["referral"]
    await player.play(player.steps[6])
    async with _socket(running, running.token("humanitas")) as open_referral:
        await _subscribe(open_referral, FOLLOW, id=player.kept["referral"])
        await _next(open_referral)
        await player.play(player.steps[7])
        while (changed := (await _next(open_referral))["referralChanged"])["status"] != "ACCEPTED":
            pass
        assert changed["owner"] == "Bea"


async def test_a_subscription_ends_with_the_token(running: Running) -> None:
    async with _socket(running, running.token("welzin", hours=2 / 3600)) as inbox:
        await _subscribe(inbox, INBOX)
        await _next(inbox)
        assert json.loads(await inbox.recv())["type"] == "complete"


async def test_a_socket_without_a_token_that_holds_is_closed(running: Running) -> None:
    async with connect(_address(running), subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        await socket.send('{"type": "connection_init", "payload": {"authorization": "Bearer nonsense"}}')
        await socket.wait_closed()
        assert socket.close_code == 4403


def _address(running: Running) -> str:
    return f"ws://127.0.0.1:{running.settings.port}/graphql"


@contextlib.asynccontextmanager
async def _socket(running: Running, token: str) -> AsyncIterator[ClientConnection]:
    async with connect(_address(running), subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        payload = {"authorization": f"Bearer {token}"}
        await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        yield socket


async def _subscribe(socket: ClientConnection, question: str, **variables: object) -> None:
    payload = {"query": question, "variables": variables}
    await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))


async def _next(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(10):
        message = json.loads(await socket.recv())
    assert message["type"] == "next", message
    data: dict[str, Any] = message["payload"]["data"]
    return data
