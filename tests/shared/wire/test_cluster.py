"""A cluster of three nats-servers, every stream on all three: one may be lost at any moment."""

import asyncio
import json
import shutil
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path

import pytest
from httpx import AsyncClient
from nats.errors import Error

from deploy.brokers import Server
from deploy.tls import Tls, broker
from shared.settings import Settings
from shared.wire.connection import Connection, connect
from tests.shared.wire import parts
from tests.shared.wire.parts import Opening, running, until
from tests.shared.wire.relaying import caught_up, count, numbers, relay
from tests.support.brokers import Configured, configured
from tests.support.certificates import certificate, certificates
from tests.support.nats import free_port
from tests.support.waiting import eventually

OPEN = "accounts { ALL { jetstream: enabled, users: [{user: all, password: all}] }, SYS {} }\nno_auth_user: all\n"
NAMES = ("one", "two", "three")
COUNTED = range(0, 6_000, 60)
KILLED_AT = 1_800
opened = pytest.fixture(parts.opened)


@pytest.fixture(params=["nats", "tls"])
async def cluster(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncGenerator[dict[str, Configured]]:
    """Three servers, by name; each shows a certificate of its own."""
    ports = {name: free_port() for name in NAMES}
    routes = tuple(f"{request.param}://127.0.0.1:{port}" for port in ports.values())
    async with AsyncExitStack() as stack:
        servers = {}
        for name, port in ports.items():
            (tmp_path / name / "network").mkdir(parents=True)
            (tmp_path / name / "network" / "accounts.conf").write_text(OPEN)
            shown = shown_by(name, tmp_path) if request.param == "tls" else None
            stated = Server(name=name, cluster=f"127.0.0.1:{port}", routes=routes, tls=shown)
            servers[name] = await stack.enter_async_context(configured(tmp_path / name, stated))
        yield servers


def shown_by(name: str, folder: Path) -> Tls:
    """All of one authority."""
    certificates(folder / "tls", "kring.local")
    shutil.copytree(folder / "tls", folder / name / "tls")
    for part in (folder / "tls").glob("broker.*"):
        part.unlink()
    found = broker(Settings(tls=folder / name / "tls"))
    assert found is not None
    return found


async def connected(cluster: dict[str, Configured], name: str) -> Connection:
    """As a node is, which knows all three."""
    nc = await connect(
        ",".join(server.url for server in cluster.values()),
        seed=None,
        name=name,
        inbox_prefix=f"_INBOX.{name}",
        authority=cluster["one"].authority,
    )
    nc.replicas = 3
    return nc


async def leader(nc: Connection, not_: str = "") -> str:
    """The server that writes the stream now, once there is one and the others follow."""
    while True:
        with suppress(Error):
            info = json.loads((await nc.request("$JS.API.STREAM.INFO.EVENTS", b"", timeout=1)).data)
            found = info.get("cluster", {})
            following = [other["current"] for other in found.get("replicas", ()) if other["name"] != not_]
            if found.get("leader", not_) != not_ and following and all(following):
                assert info["config"]["num_replicas"] == 3
                return str(found["leader"])
        await asyncio.sleep(0.1)


async def stand(nc: Connection, expected: list[int]) -> bool:
    """Whether these numbers are in the stream, in order; not known while the cluster still looks for a leader."""
    with suppress(Error):
        return await numbers(nc) == expected
    return False


@pytest.mark.timeout(120)
async def test_a_stream_whose_leader_is_killed_loses_nothing_and_has_nothing_twice(
    cluster: dict[str, Configured], opened: Opening
) -> None:
    log, publisher, reader = await opened(), await connected(cluster, "publisher"), await connected(cluster, "reader")
    one = relay(publisher, log)
    async with running(one):
        await until(caught_up(log, one))
        lost = await leader(reader)
        for begin in COUNTED:
            await count(log, range(begin, begin + COUNTED.step))
            if begin == KILLED_AT:
                cluster[lost].kill()
            await asyncio.sleep(0.01)
        await until(caught_up(log, one), 40)
        assert await leader(reader, lost) != lost
        await until(partial(stand, reader, list(range(COUNTED.stop))))
    for nc in (publisher, reader):
        await nc.close()


async def test_a_server_that_the_cluster_does_not_know_as_one_of_its_own_gets_no_part_in_it(tmp_path: Path) -> None:
    port, watched = free_port(), free_port()
    async with AsyncExitStack() as stack:
        for name, listen, shown in (
            ("one", port, shown_by("one", tmp_path)),
            ("friend", free_port(), shown_by("friend", tmp_path)),
            ("stranger", free_port(), certificate(tmp_path / "strange")),
            ("plain", free_port(), None),
        ):
            (tmp_path / name / "network").mkdir(parents=True)
            (tmp_path / name / "network" / "accounts.conf").write_text(
                OPEN + (f"http: 127.0.0.1:{watched}\n" if name == "one" else "")
            )
            stated = Server(name=name, cluster=f"127.0.0.1:{listen}", routes=(f"nats://127.0.0.1:{port}",), tls=shown)
            await stack.enter_async_context(configured(tmp_path / name, stated))
        async with AsyncClient(base_url=f"http://127.0.0.1:{watched}") as monitor:

            async def members() -> set[str]:
                return {one["remote_name"] for one in (await monitor.get("/routez")).json()["routes"]}

            await eventually(members, {"friend"})
            await asyncio.sleep(1.5)  # the others try every second
            assert await members() == {"friend"}
