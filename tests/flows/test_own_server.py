"""An organisation on a nats-server of its own (a leaf node), which dials out to ours: nothing else changes, also while it is cut off."""

import asyncio
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy import demo
from deploy.brokers import Server, hub
from deploy.natsconf import write_accounts
from deploy.registrar import Registrar
from shared.identity import Role
from shared.ids import uuid7
from shared.rules import Unavailable
from shared.settings import Settings
from shared.wire.tls import authority
from tests.support.brokers import Configured, Line, configured
from tests.support.certificates import certificate
from tests.support.nats import free_port
from tests.support.network import Network, Problem
from tests.support.waiting import eventually

PARTNER, OWN = "humanitas.intake", "welzin.intake"


def moved_out(data: Path, own: Path) -> None:
    """WELZIN's keys leave our folder for one of its own, with the signed register."""
    write_accounts(data / "network", demo.prepare(data))
    Registrar(data).on_its_own("welzin")
    (own / "network").mkdir(parents=True)
    shutil.copy(data / "register.json", own)
    shutil.copy(data / "network" / "registrar.pub", own / "network")
    shutil.move(data / "welzin", own / "welzin")


@asynccontextmanager
async def at_work(data: Path, nats: Configured, *names: str) -> AsyncGenerator[Network]:
    net = Network(data, nats, {})
    try:
        await net.start(*names)
        yield net
    finally:
        await net.close()


@dataclass
class World:
    ours: Network
    own: Network
    line: Line
    safely: bool

    async def offer(self, name: str) -> str:
        """WELZIN offers a programme; whoever works there asks its own gateway."""
        body = {"id": str(uuid7()), "name": name, "kind": "buddy", "areas": ["GM0307"], "costCents": 0}
        return str((await self.own.ask(OWN, "POST", "/v1/programmes", body))["id"])

    async def offered(self, programme: str) -> str:
        """What Humanitas knows of it."""
        return str((await self.ours.ask(PARTNER, "GET", f"/v1/directory/welzin/{programme}"))["name"])

    async def asked_here(self) -> int:
        """How many programmes of WELZIN our gateway sees, asked by somebody of WELZIN."""
        token = self.own.token("welzin", Role.COORDINATOR)
        return len((await self.ours.ask(OWN, "GET", "/v1/programmes", token=token))["items"])

    async def behind(self) -> int | None:
        """Events that WELZIN's own stream does not have yet."""
        return (await self.own.nodes[OWN].health()).behind


@pytest.fixture(params=["nats", "tls"])
async def world(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncGenerator[World]:
    data, own = tmp_path / "data", tmp_path / "own"
    moved_out(data, own)
    line = Line(free_port())
    await line.mend()
    shown = certificate(data / "network" / "tls") if request.param == "tls" else None
    if shown is not None:
        (own / "network" / "tls").mkdir()
        shutil.copy(shown.authority, own / "network" / "tls")
    at = hub(own, "welzin", f"{request.param}://127.0.0.1:{line.port}", authority(Settings(data=own)))
    async with (
        configured(data, Server(leafnodes=f"127.0.0.1:{line.to}", tls=shown)) as ours,
        configured(own, Server(name="welzin", hub=at)) as theirs,
        at_work(data, ours, PARTNER) as here,
        at_work(own, theirs, OWN, "welzin.events") as there,
    ):
        yield World(here, there, line, shown is not None)
        await line.cut()


async def test_an_organisation_on_its_own_server_works_with_others_and_goes_on_while_it_is_cut_off(
    world: World,
) -> None:
    first = await world.offer("Samen op pad")
    await eventually(lambda: world.offered(first), "Samen op pad")
    await eventually(world.asked_here, 1)

    await world.line.cut()
    second = await world.offer("Samen eten")
    await eventually(world.behind, 0)
    with pytest.raises(Unavailable, match="node-away"):
        await world.asked_here()
    with pytest.raises(Problem, match="programme-unknown"):
        await world.offered(second)

    await world.line.mend()
    await eventually(lambda: world.offered(second), "Samen eten", 20)
    await eventually(world.asked_here, 2)
    overheard = [word in world.line.heard for word in (b"LMSG", b"Samen op pad", b"welzin")]
    assert overheard == [not world.safely] * 3


async def test_an_own_server_that_does_not_believe_ours_says_nothing_to_it_and_its_log_says_why(tmp_path: Path) -> None:
    data, own = tmp_path / "data", tmp_path / "own"
    moved_out(data, own)
    line = Line(free_port())
    await line.mend()
    shown, other = certificate(data / "network" / "tls"), certificate(tmp_path / "other")
    at = hub(own, "welzin", f"tls://127.0.0.1:{line.port}", other.authority)
    async with (
        configured(data, Server(leafnodes=f"127.0.0.1:{line.to}", tls=shown)),
        configured(own, Server(name="welzin", hub=at)) as theirs,
    ):
        await eventually(lambda: bytes(line.heard))
        await asyncio.sleep(1.2)  # it tries again
    assert b"certificate signed by unknown authority" in theirs.said
    assert theirs.said.count(b"unknown authority") <= 3
    for word in (b"CONNECT", b"INFO", b"nkey", b"welzin"):
        assert word not in line.heard
    await line.cut()
