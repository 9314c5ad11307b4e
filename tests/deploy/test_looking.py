"""`kring status` and `kring doctor`: on a data folder where nothing runs, and beside parts that answer."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from deploy import demo, supervisor
from deploy.cli import looking
from deploy.cli.main import main
from deploy.natsconf import ACCOUNTS, server
from deploy.preflight import any_free
from services.intake.main import SERVICE
from shared import control
from shared.eventlog.log import Log
from tests.support.masterkey import MASTER

PARTS = ("intake", "events", "network")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A demo network that was made ready and does not run."""
    for name in ("LANG", "LC_ALL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KRING_DATA", str(tmp_path))
    monkeypatch.setenv("KRING_PORT", str(any_free()))
    monkeypatch.setattr(looking, "AGAIN", 0.0)
    demo.prepare(tmp_path)
    (tmp_path / "network" / "nats.conf").write_text(server(tmp_path / "network", any_free()))
    return tmp_path


def doctor(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What it found beside that nothing runs."""
    assert main(["doctor"]) == 1
    written = capsys.readouterr()
    found = written.out.splitlines()
    assert (
        written.err
        == f"kring: Found: {len(found)}. Each line above says what is wrong and what to do. [doctor-found]\n"
    )
    assert found[-1].startswith("kring: Kring does not run on the data folder")
    return found[:-1]


@pytest.mark.usefixtures("data")
def test_a_sound_folder_where_nothing_runs_has_one_finding(capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor(capsys) == []


def test_a_file_of_login_providers_that_cannot_be_used_is_named(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data / "welzin" / "identity.toml").write_text('[[providers]]\nissuer = "https://login.example.nl"\n')
    [found] = doctor(capsys)
    assert found.startswith(f"identity: The file {data / 'welzin' / 'identity.toml'} cannot be used")
    assert "missing required field `keys`" in found


def test_without_a_register_nothing_else_is_looked_at(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data / "register.json").write_text("{}")
    [found] = doctor(capsys)
    assert found.startswith("register: The register")


def test_keys_that_others_can_read_that_are_none_or_another_nodes_are_named(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = data / "welzin" / "keys"
    (keys / "issuer").chmod(0o640)
    (keys / "intake.letters").write_text("nothing")
    (keys / "events.nk").write_bytes((data / "humanitas" / "keys" / "events.nk").read_bytes())
    found = doctor(capsys)
    assert [(line.split()[0], line.split("keys/")[1].split()[0]) for line in found] == [
        ("keys:", "issuer"),
        ("keys:", "events.nk"),
        ("keys:", "intake.letters"),
    ]
    assert "chmod 600" in found[0]


async def test_databases_are_looked_into_when_nobody_owns_them(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = data / "humanitas" / "intake.db"
    url = f"sqlite:///{path}"
    await (await Log.open("humanitas.intake", url, SERVICE.deciders, SERVICE.views, master=MASTER)).close()
    (data / "carrefour" / "events.db").write_bytes(path.read_bytes())
    content = path.read_bytes()
    (data / "welzin" / "network.db").write_bytes(content[:4096] + b"x" * (len(content) - 4096))
    log = await Log.open("humanitas.intake", url, SERVICE.deciders, SERVICE.views, master=MASTER)
    found = await asyncio.to_thread(doctor, capsys)
    await log.close()
    assert [line.split()[0] for line in found] == ["intake:", "events:", "network:"]
    assert "in use by process" in found[0]
    assert "belongs to something else" in found[1]
    assert "damaged" in found[2]


def test_a_configuration_of_the_broker_that_is_old_or_broken_is_named(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "network" / ACCOUNTS).write_text("accounts { A { users: [ } }")
    found = doctor(capsys)
    assert [line.split(":")[0] for line in found] == ["nats-server", "nats-server"]
    assert "not what the register says" in found[0]
    assert "does not accept" in found[1]


@pytest.mark.usefixtures("data")
def test_a_port_that_another_program_has_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setenv("KRING_EVENTS_PORT", str(port))
        [found] = doctor(capsys)
    assert found.startswith(f"events: Port {port} is in use")


def node(name: str, **changes: Any) -> dict[str, Any]:
    well = {"node": name, "ready": True, "relay": "following", "behind": 0, "links": [], "parked": 0, "inbox": None}
    return well | changes


class Part:
    """Answers as a service's process does."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.nodes = [node(f"welzin.{service}")]
        self.sentences: list[str] = []

    async def health(self) -> object:
        return {"ready": True, "nats": True, "nodes": self.nodes, "failures": []}

    async def doctor(self, language: str) -> list[str]:
        return [f"[{language}] {one}" for one in self.sentences]

    async def parked(self) -> list[Any]:
        row = {"id": 3, "source": "letters", "type": "note.v1", "reason": "letter-unreadable", "at": "2026-01-01"}
        return [row | {"node": f"welzin.{self.service}"}] if self.service != "events" else []


@pytest.fixture
async def parts(data: Path) -> AsyncIterator[dict[str, Part]]:
    made = {service: Part(service) for service in (*PARTS, "gateway")}
    async with AsyncExitStack() as stack:
        for service, part in made.items():
            operations: dict[str, control.Operation] = {"health": part.health}
            if service in PARTS:
                operations |= {"doctor": part.doctor, "parked.list": part.parked}
            else:
                part.nodes = []
            await stack.enter_async_context(control.serve(data, service, operations))
        yield made


async def test_a_doctor_that_finds_nothing_says_so(parts: dict[str, Part], capsys: pytest.CaptureFixture[str]) -> None:
    assert parts
    assert await asyncio.to_thread(main, ["doctor"]) == 0
    assert capsys.readouterr().out.startswith("all is well")


async def test_a_doctor_asks_every_part_in_the_persons_language(
    parts: dict[str, Part], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "nl_NL.UTF-8")
    parts["events"].sentences = ["apart"]
    assert await asyncio.to_thread(main, ["doctor"]) == 1
    assert capsys.readouterr().out == "events: [nl] apart\n"


async def test_a_doctor_sees_every_part_also_when_one_is_away(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class CutOff(Part):
        async def health(self) -> object:
            return {"ready": False, "nats": False}

    async with control.serve(data, "gateway", {"health": CutOff("gateway").health}):
        assert await asyncio.to_thread(main, ["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["intake", "events", "network", "gateway"]
    assert "does not run" in lines[0]
    assert "NATS is broken" in lines[3]


async def test_status_shows_on_one_screen_what_runs_what_is_behind_and_what_to_do(
    data: Path, parts: dict[str, Part], capsys: pytest.CaptureFixture[str]
) -> None:
    links = [{"waiting": 3, "stuck": None}, {"waiting": 1, "stuck": "key"}]
    parts["intake"].nodes = [node("humanitas.intake"), node("welzin.intake", behind=None, links=links, parked=2)]
    parts["intake"].sentences = [f"do {number}" for number in range(20)]

    async def processes() -> object:
        return {
            "processes": {"nats-server": {"state": "ready", "starts": 1}, "events": {"state": "ready", "starts": 3}}
        }

    async with control.serve(data, supervisor.PROCESS, {"health": processes}):
        assert await asyncio.to_thread(main, ["status"]) == 0
    said = capsys.readouterr().out
    words = [line.split() for line in said.splitlines()]
    assert ["nats-server", "ready"] in words
    assert ["events", "ready", "1", "organisations,", "started", "3", "times"] in words
    assert ["welzin", "-", "4", "1", "2"] in words
    assert "1 of 2 organisations: nothing is behind" in said
    assert "do 9" in said
    assert "do 10" not in said
    assert "and 10 more: kring doctor" in said
    assert len(words) <= 24


@pytest.mark.usefixtures("data")
def test_status_says_when_nothing_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status"]) == 0
    said = capsys.readouterr().out
    assert said.count("away") == 4
    assert "Start it with 'kring up'" in said


async def test_what_is_parked_anywhere_is_listed_at_once(
    parts: dict[str, Part], capsys: pytest.CaptureFixture[str]
) -> None:
    assert parts
    assert await asyncio.to_thread(main, ["parked", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [["welzin.intake", "3"], ["welzin.network", "3"]]


def test_an_organisations_own_server_has_a_gateway_and_a_configuration_of_its_own(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = data / "gateway" / "gateway.nk"
    own.write_bytes((data / "welzin" / "keys" / "intake.nk").read_bytes())
    (data / "network" / ACCOUNTS).write_text((data / "network" / ACCOUNTS).read_text() + "\n")
    assert [line.split(":")[0] for line in doctor(capsys)] == ["keys", "nats-server"]
    (data / "network" / "registrar").rename(data.parent / f"{data.name}-registrar")
    assert doctor(capsys) == []
