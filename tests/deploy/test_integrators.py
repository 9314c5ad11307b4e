import asyncio
import json
import os
import re
import signal
import socket
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy import demo, supervisor
from deploy.cli.main import main
from deploy.natsconf import port, server
from deploy.preflight import any_free
from shared import control
from shared.grants import matches
from shared.register import Register
from tests.flows.integrators import KEEPER, PUBLISHER, grant, look, registrar, reload, tell, told
from tests.support.network import Network, network
from tests.support.waiting import eventually

ADD = ["integrator", "add", "agenda-site", "--organisation", "humanitas"]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("LANG", "LC_ALL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KRING_DATA", str(tmp_path / "data"))
    demo.prepare(tmp_path / "data")
    network_folder = tmp_path / "data" / "network"
    (network_folder / "nats.conf").write_text(server(network_folder, 4333))
    return tmp_path / "data"


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 1
    return capsys.readouterr().err


def test_a_grant_gives_one_secret_file_with_all_that_a_client_needs(data: Path) -> None:
    assert main([*ADD, "--from-now"]) == 0
    file = Path("humanitas-agenda-site.json")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    written = json.loads(file.read_text())
    [granted] = Register.open(data).contents.grants
    assert written.pop("seed").startswith("SU")
    assert written.pop("start")
    assert written == {
        "url": "nats://127.0.0.1:4333",
        "organisation": "humanitas",
        "stream": "EVENTS",
        "consumer": granted.consumer,
        "inboxPrefix": granted.inbox,
        "filter": "events.public.>",
    }


def test_a_grant_is_listed_until_it_is_revoked(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ADD, "--from-now"]) == 0
    capsys.readouterr()
    assert main(["integrator", "list"]) == 0
    listed = capsys.readouterr().out
    assert re.search(
        r"humanitas +agenda-site +events\.public\.>  from 20\S+ \S+ UTC; how far it is is not known", listed
    )
    assert main(["integrator", "revoke", "agenda-site", "--organisation", "humanitas"]) == 0
    assert Register.open(data).contents.grants == ()
    assert main(["integrator", "list"]) == 0
    assert "nobody follows anything" in capsys.readouterr().out


def test_what_cannot_be_granted_is_refused_and_leaves_nothing_behind(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for pattern in ("events.>", "events.public", ">", "rpc.>", "events.*.>", "events.public.>.x"):
        assert "[integrator-invalid]" in refused(capsys, *ADD, "--filter", pattern), pattern
    assert "[integrator-filter]" in refused(capsys, *ADD, "--filter", "events.public.cooking.>")
    assert "[organisation-unknown]" in refused(capsys, *ADD[:-1], "nobody")
    assert "[integrator-unknown]" in refused(capsys, "integrator", "revoke", "x", "--organisation", "humanitas")
    assert "[secret-unreadable]" in refused(capsys, *ADD, "--file", "/proc/none/x.json")
    assert Register.open(data).contents.grants == ()
    assert not list(Path().glob("*.json"))
    assert main(ADD) == 0
    assert "[file-exists]" in refused(capsys, *ADD)
    assert "[integrator-exists]" in refused(capsys, *ADD, "--file", "other.json")
    assert "[credentials-unreadable]" in refused(capsys, "listen", "humanitas", "--credentials", "none.json")


def test_the_broker_gets_its_port_again_when_that_is_free_because_integrators_hold_it(data: Path) -> None:
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        taken = int(somebody.getsockname()[1])
        assert any_free(taken) != taken
    assert any_free(taken) == taken
    assert port(data / "network") == 4333
    (data / "network" / "nats.conf").unlink()
    assert port(data / "network") is None


def test_where_no_broker_ever_ran_nothing_is_granted(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data / "network" / "nats.conf").unlink()
    assert "[nats-url-missing]" in refused(capsys, *ADD)
    assert Register.open(data).contents.grants == ()


@pytest.mark.parametrize(
    ("pattern", "subject", "taken"),
    [
        ("events.public.>", "events.public.events.place.changed", True),
        ("events.public.*.place.*", "events.public.events.place.changed", True),
        ("events.public.events.place", "events.public.events.place.changed", False),
        ("events.public.events.place.changed.>", "events.public.events.place.changed", False),
        ("events.own.>", "events.public.events.place.changed", False),
    ],
)
def test_a_filter_takes_what_nats_would(pattern: str, subject: str, taken: bool) -> None:
    assert matches(pattern, subject) is taken


async def listening(net: Network, *arguments: str) -> asyncio.subprocess.Process:
    """`kring listen` in a terminal."""
    command = [sys.executable, "-m", "deploy.cli.main", "listen", "humanitas", *arguments]
    environment = os.environ | {"KRING_DATA": str(net.data), "KRING_NATS_URL": net.nats.url}
    return await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.PIPE)


async def line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout
    return (await asyncio.wait_for(process.stdout.readline(), 20)).decode()


def following(net: Network) -> Callable[[], object]:
    """The grants, as the nodes see them."""

    def grants() -> object:
        look(net)
        return len(net.watcher.register.contents.grants)

    return grants


async def test_listen_tells_in_words_what_happens_and_leaves_no_grant_behind(tmp_path: Path) -> None:
    async with network(tmp_path, KEEPER, PUBLISHER) as net:

        async def taken_over() -> None:
            reload(net)

        async with control.serve(net.data, supervisor.PROCESS, {"reload": taken_over}):
            await tell(net, 1)
            process = await listening(net, "--from-first")
            await eventually(following(net), 1)
            [place] = await told(net)
            said = await line(process)
            assert re.match(r"20\S+ \d\d:\d\d:\d\d  events: place registered  ", said)
            assert f"place: {place}  name: De Kade  address: Kade 1  area: GM0361" in said
            await tell(net, 1)
            assert (await told(net))[1] in await line(process)
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 20) == 0
            await eventually(following(net), 0)


async def test_listen_with_an_integrators_credentials_sees_what_was_granted_to_it_until_it_is_revoked(
    tmp_path: Path,
) -> None:
    async with network(tmp_path, KEEPER, PUBLISHER) as net:
        await tell(net, 1)
        credentials, file = grant(net, "agenda-site"), tmp_path / "credentials.json"
        names = {"inboxPrefix": credentials.inbox_prefix, "start": None}
        stated = {name: getattr(credentials, name) for name in ("url", "seed", "organisation", "stream", "consumer")}
        file.write_text(json.dumps(stated | names | {"filter": credentials.filter}))
        process = await listening(net, "--credentials", str(file))
        assert (await told(net))[0] in await line(process)
        registrar(net).revoke("humanitas", "agenda-site")
        assert await asyncio.wait_for(process.wait(), 20) == 1
