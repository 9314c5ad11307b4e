import asyncio
import json
import sys
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from msgspec.structs import replace
from nats.aio.msg import Msg
from nats.errors import ConnectionReconnectingError, NoRespondersError, OutboundBufferLimitError
from nats.errors import TimeoutError as NatsTimeoutError

from deploy import demo
from deploy.natsconf import ACCOUNTS, program, write_accounts
from shared.register import Register
from shared.rules import Refused
from shared.wire.connection import Connection
from tests.support.broker import Broker, demo_broker, settled

NEW = UUID(int=99)


@pytest.fixture
async def broker() -> AsyncIterator[Broker]:
    async with demo_broker() as running:
        yield running


async def answering(connection: Connection, subject: str, *answers: bytes) -> None:
    async def answer(message: Msg) -> None:
        for one in answers:
            await message.respond(one)

    await connection.subscribe(subject, queue=subject.rsplit(".", 1)[-1], cb=answer)
    await settled(connection)


async def refused(connection: Connection, subject: str) -> bool:
    """Nobody is there, or the server does not let it through."""
    try:
        await connection.request(subject, b"x", timeout=0.3)
    except (NoRespondersError, NatsTimeoutError):
        return True
    return False


async def not_yet(connection: Connection, subject: str) -> bool:
    """Refused; or not connected: who comes in while the broker reads a change may have to come back."""
    try:
        return await refused(connection, subject)
    except (ConnectionReconnectingError, OutboundBufferLimitError):
        return True


async def test_letters_go_between_partners_and_the_answer_comes_back(broker: Broker) -> None:
    humanitas, welzin = await broker.node("humanitas", "intake"), await broker.node("welzin", "intake")
    assert await refused(humanitas, "to.welzin.letters.intake"), "away: no responders at once"
    await answering(welzin, "letters.*.intake", b"1")
    assert (await humanitas.request("to.welzin.letters.intake", b"sealed")).data == b"1"
    await answering(humanitas, "letters.*.intake", b"2")
    assert (await welzin.request("to.humanitas.letters.intake", b"sealed")).data == b"2"


async def test_without_an_agreement_the_subject_does_not_exist(broker: Broker) -> None:
    carrefour, welzin = await broker.node("carrefour", "intake"), await broker.node("welzin", "intake")
    await answering(welzin, "letters.*.intake", b"1")
    for subject in ("to.welzin.letters.intake", "letters.carrefour.intake", "letters.humanitas.intake"):
        assert await refused(carrefour, subject)


async def test_the_sender_in_the_subject_is_the_account_it_came_from(broker: Broker) -> None:
    alkmaar, welzin = await broker.node("gemeente-alkmaar", "intake"), await broker.node("welzin", "intake")
    heard: list[str] = []

    async def hear(message: Msg) -> None:
        heard.append(message.subject)
        await message.respond(b"1")

    humanitas = await broker.node("humanitas", "intake")
    for connection in (humanitas, welzin):
        await connection.subscribe("letters.*.intake", cb=hear)
        await settled(connection)
    await alkmaar.request("to.humanitas.letters.intake", b"x")
    await humanitas.request("to.welzin.letters.intake", b"x")
    assert heard == ["letters.gemeente-alkmaar.intake", "letters.humanitas.intake"]


async def test_an_organisation_hears_nothing_of_another_and_of_itself_only_its_own_part(broker: Broker) -> None:
    humanitas, welzin = await broker.node("humanitas", "intake"), await broker.node("welzin", "intake")
    heard: list[str] = []

    async def hear(message: Msg) -> None:
        heard.append(message.subject)

    for subject in (">", "events.>", "letters.>", "_INBOX.>", "$JS.>", "rpc.>", "changed.>", "to.>"):
        await humanitas.subscribe(subject, cb=hear)
    await answering(welzin, "rpc.intake", b"answer")
    gateway = await broker.gateway()
    assert (await gateway.request("orgs.welzin.rpc.intake", b"x")).data == b"answer"
    await welzin.publish("changed.intake.referral", b"{}")
    await welzin.publish("events.own.intake.referral.accepted", b"{}")
    await settled(welzin)
    await settled(humanitas)
    assert heard == []


async def test_every_organisation_has_a_stream_of_its_own_and_sees_no_other(broker: Broker) -> None:
    humanitas, welzin = await broker.node("humanitas", "intake"), await broker.node("welzin", "intake")
    config = json.dumps({"name": "EVENTS", "subjects": ["events.>"]}).encode()
    made = await welzin.request("$JS.API.STREAM.CREATE.EVENTS", config, timeout=5)
    assert json.loads(made.data)["config"]["name"] == "EVENTS"
    acknowledged = await welzin.request("events.own.intake.referral.accepted", b"{}", timeout=5)
    assert json.loads(acknowledged.data)["seq"] == 1
    seen = json.loads((await humanitas.request("$JS.API.STREAM.INFO.EVENTS", b"", timeout=5)).data)
    assert seen["error"]["code"] == 404
    for subject in ("$JS.API.STREAM.NAMES", "$JS.API.STREAM.LIST", "$JS.API.STREAM.DELETE.EVENTS"):
        assert await refused(humanitas, subject)
    assert await refused(welzin, "events.own.network.klik.made"), "another service's events"


async def test_the_gateway_calls_every_node_and_hears_every_hint_and_nothing_else(broker: Broker) -> None:
    gateway = await broker.gateway()
    heard: list[str] = []

    async def hear(message: Msg) -> None:
        heard.append(message.subject)

    for subject in ("orgs.*.changed.>", ">", "letters.>"):
        await gateway.subscribe(subject, cb=hear)
    await settled(gateway)
    for slug, *_ in demo.ORGANISATIONS:
        node = await broker.node(slug, "network")
        await answering(node, "rpc.network", b"part 1", b"part 2")
        answer = await gateway.request(f"orgs.{slug}.rpc.network", b"x", timeout=5)
        assert answer.data == b"part 1"
        await node.publish("changed.network.klik", b"{}")
        await settled(node)
    for subject in ("to.welzin.letters.intake", "letters.humanitas.intake", "rpc.network"):
        assert await refused(gateway, subject)
    assert heard == [f"orgs.{slug}.changed.network.klik" for slug, *_ in demo.ORGANISATIONS]


async def test_an_answer_may_come_in_many_parts(broker: Broker) -> None:
    gateway, node = await broker.gateway(), await broker.node("welzin", "intake")
    await answering(node, "rpc.intake", *(b"part" for _ in range(20)))
    inbox = gateway.new_inbox()
    parts = await gateway.subscribe(inbox)
    await gateway.publish("orgs.welzin.rpc.intake", b"x", reply=inbox)
    assert [(await parts.next_msg(timeout=2)).data for _ in range(20)] == [b"part"] * 20


async def test_services_of_one_organisation_write_to_each_other_but_do_not_answer_for_each_other(
    broker: Broker,
) -> None:
    intake, network = await broker.node("welzin", "intake"), await broker.node("welzin", "network")
    await answering(network, "letters.*.network", b"1")
    assert (await intake.request("letters.welzin.network", b"x")).data == b"1"
    await answering(network, "rpc.intake", b"I am intake")
    assert await refused(await broker.gateway(), "orgs.welzin.rpc.intake")


async def test_adding_an_organisation_and_an_agreement_disconnects_nobody(broker: Broker) -> None:
    welzin, gateway = await broker.node("welzin", "intake"), await broker.gateway()
    await answering(welzin, "rpc.intake", b"here")
    await answering(welzin, "letters.*.intake", b"1")
    broker.registrar.add_organisation("de-oever", name="De Oever", area="GM0361", source="urn:nld:kvknr:12345678")
    broker.registrar.agree(NEW, "de-oever", "welzin", date(2026, 1, 1))
    newcomer = await broker.node("de-oever", "intake")
    async with asyncio.timeout(30):
        while await not_yet(newcomer, "to.welzin.letters.intake"):  # noqa: ASYNC110  (the broker says nothing)
            await asyncio.sleep(0.05)
    assert welzin.stats["reconnects"] == gateway.stats["reconnects"] == 0
    assert welzin.is_connected
    assert gateway.is_connected
    assert (await gateway.request("orgs.welzin.rpc.intake", b"x")).data == b"here"


async def test_an_ended_agreement_keeps_its_route_for_what_is_open(broker: Broker) -> None:
    humanitas, welzin = await broker.node("humanitas", "intake"), await broker.node("welzin", "intake")
    broker.registrar.end(UUID(int=1), "welzin", date(2026, 6, 1))
    broker.registrar.end(UUID(int=2), "welzin", date(2026, 6, 1))
    assert not Register.open(broker.data).may_refer("humanitas", "welzin")
    await asyncio.sleep(0.3)
    await answering(welzin, "letters.*.intake", b"1")
    assert (await humanitas.request("to.welzin.letters.intake", b"x")).data == b"1"


def test_a_configuration_that_the_server_refuses_changes_nothing(tmp_path: Path) -> None:
    register = demo.prepare(tmp_path)
    network = tmp_path / "network"
    before = (network / ACCOUNTS).read_bytes()
    wrong = Register(replace(register.contents, gateway="not a key"))
    with pytest.raises(Refused, match="network-configuration-refused"):
        write_accounts(network, wrong)
    assert (network / ACCOUNTS).read_bytes() == before
    assert sorted(path.name for path in network.glob("*conf*")) == [ACCOUNTS]


def test_a_missing_server_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refused, match="nats-server-missing"):
        program()
