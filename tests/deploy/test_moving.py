"""An organisation goes on elsewhere, with its log: all its services, in a data folder that had nothing, while a referral is half-way."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest

from deploy.cli.main import main
from shared.eventlog.database import DatabaseUnusable
from shared.ids import uuid7
from shared.linkkeys import LinkKey
from shared.register import SERVICES
from shared.wire.relay import RelayState
from tests.flows.test_referral import RECEIVER, SENDER, arrived, consent, participant, programme, refer, status
from tests.support.network import Network, network
from tests.support.waiting import eventually

MOVING = tuple(f"humanitas.{service}" for service in SERVICES)
PLACE = {"name": "De Kade", "address": "Kade 1, Alkmaar", "area": "GM0361"}


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere"


async def kring(monkeypatch: pytest.MonkeyPatch, data: Path, *arguments: str) -> None:
    """A command on one of the two machines."""
    monkeypatch.setenv("KRING_DATA", str(data))
    assert await asyncio.to_thread(main, arguments) == 0


def brought(data: Path, elsewhere: Path) -> None:
    """What the guide says to bring: the register and its public key; and the key of the gateway, which is asked there too."""
    for name in ("register.json", "network/registrar.pub", "gateway/gateway.nk"):
        (elsewhere / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(data / name, elsewhere / name)


@pytest.fixture
def move(
    tmp_path: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Network], AbstractAsyncContextManager[Network]]:
    """Humanitas leaves one machine for another, as the guide says, at the same broker; what it had here is gone."""

    @asynccontextmanager
    async def moved(net: Network) -> AsyncGenerator[Network]:
        files = ("humanitas", str(tmp_path / "moves.kring"), "--keys", str(tmp_path / "keys.kring"))
        await kring(monkeypatch, net.data, "export", *files)
        with pytest.raises(DatabaseUnusable, match="database-moved"):
            await net.start(SENDER)
        shutil.rmtree(net.data / "humanitas")
        brought(net.data, elsewhere)
        await kring(monkeypatch, elsewhere, "import", *files)
        there = Network(elsewhere, net.nats, {})
        try:
            await there.start(*MOVING)
            yield there
        finally:
            await there.close()

    return moved


async def in_order(net: Network, logs: dict[str, UUID]) -> None:
    """The same logs, all told to the stream, and nothing put aside."""
    assert {name: net.nodes[name].log.id for name in MOVING} == logs
    for name in MOVING:
        await eventually(net.nodes[name].relay.lag, 0)
        assert net.nodes[name].relay.state is RelayState.FOLLOWING
        assert (await net.nodes[name].health()).parked == 0


@pytest.mark.timeout(120)
async def test_a_referral_that_was_half_way_goes_to_its_end_after_its_organisation_moved(
    tmp_path: Path, move: Callable[[Network], AbstractAsyncContextManager[Network]]
) -> None:
    async with network(tmp_path, *MOVING, RECEIVER) as net:
        place = await net.ask("humanitas.events", "POST", "/v1/places", PLACE | {"id": str(uuid7())})
        person, offered = await participant(net), await programme(net)
        reference = await refer(net, person, offered, await consent(net, person))
        ask = f"/v1/referrals/{(await arrived(net, reference))['id']}"
        await net.ask(RECEIVER, "POST", f"{ask}/accept", {"owner": "Wim"})
        await status(net, reference, "accepted")
        logs = {name: net.nodes[name].log.id for name in MOVING}
        await net.stop(*MOVING)
        await net.ask(RECEIVER, "POST", f"{ask}/start")
        async with move(net) as there:
            await status(there, reference, "in-progress")
            found = await there.ask(SENDER, "GET", f"/v1/participants/{person}")
            assert (found["nameToUse"], found["contact"]["value"]) == ("Truus", "06 12345678")
            assert (await there.ask("humanitas.events", "GET", f"/v1/places/{place['id']}"))["name"] == "De Kade"
            outcome = {"whatHappened": "They walk every Tuesday.", "helped": "yes"}
            await net.ask(RECEIVER, "POST", f"{ask}/complete", outcome)
            await status(there, reference, "completed")
            another = await refer(there, person, offered, await consent(there, person))
            assert (await arrived(net, another))["reference"] == another
            await in_order(there, logs)


async def test_links_are_believed_where_the_organisation_is_now(
    tmp_path: Path, move: Callable[[Network], AbstractAsyncContextManager[Network]]
) -> None:
    async with network(tmp_path, *MOVING) as net:
        before = LinkKey.open(net.data, "humanitas").public
        await net.stop()
        async with move(net) as there:
            assert (there.data / "humanitas" / "links.pub").read_text().strip() == before
