"""`kring up` as a newcomer meets it: every process for real, from nothing to Ctrl-C and back."""

import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import PIPE, STDOUT
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from deploy.natsconf import address
from deploy.preflight import any_free
from deploy.tls import gateway
from shared.settings import Settings
from shared.wire.tls import authority, believing

KRING = [sys.executable, "-m", "deploy.cli.main"]
PARTS = {"nats-server", "intake", "events", "network", "gateway"}


class Kring:
    """A supervisor on a data folder of its own."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = any_free()
        stated = {"KRING_DATA": str(data), "KRING_PORT": str(self.port), "LANG": "C"}
        self.environment = os.environ | stated
        self.running: subprocess.Popen[str] | None = None
        self.said: list[str] = []

    def http(self) -> httpx.Client:
        """A client of its gateway, which believes its authority where it has certificates."""
        settings = Settings(data=self.data, port=self.port)
        believed = authority(settings)
        return httpx.Client(base_url=gateway(settings), timeout=10, verify=believing(believed) if believed else True)

    def begin(self) -> None:
        self.said = []
        self.running = subprocess.Popen(
            [*KRING, "up"], env=self.environment, stdout=PIPE, stderr=STDOUT, text=True, umask=0o022
        )

    def hear(self, word: str) -> str:
        """The next line that it says with this word in it."""
        assert self.running is not None
        assert self.running.stdout is not None
        for line in self.running.stdout:
            self.said.append(line.strip())
            if word in line:
                return line
        raise AssertionError("\n".join(self.said))

    def start(self) -> list[str]:
        """What it says until it is ready."""
        self.begin()
        self.hear("Ctrl-C")
        return self.said

    def stop(self) -> tuple[int, str]:
        """Ctrl-C."""
        assert self.running is not None
        self.running.send_signal(signal.SIGINT)
        said, _ = self.running.communicate(timeout=30)
        code, self.running = self.running.returncode, None
        return code, said

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*KRING, *arguments], env=self.environment, capture_output=True, text=True, check=False, timeout=50
        )

    def ask(self, organisation: str, query: str) -> Any:
        token = self.command("token", organisation, "coordinator").stdout.strip()
        headers = {"authorization": f"Bearer {token}"}
        with self.http() as http:
            return http.post("/graphql", json={"query": query}, headers=headers).json()["data"]

    def health(self) -> dict[str, Any]:
        with self.http() as http:
            found: dict[str, Any] = http.get("/healthz").json()
        return found

    def processes(self) -> dict[int, str]:
        """The processes that know this data folder, by number, with their command."""
        found: dict[int, str] = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if f"KRING_DATA={self.data}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
        return found


@pytest.fixture
def kring(tmp_path: Path) -> Iterator[Kring]:
    made = Kring(tmp_path / "data")
    yield made
    if made.running is not None:
        made.running.kill()
        made.running.communicate()


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def answers(kring: Kring) -> bool:
    """Whether the gateway is there yet."""
    try:
        return bool(kring.health())
    except httpx.TransportError:
        return False


def process(kring: Kring, name: str) -> int:
    """The number of one part's process."""
    [found] = [number for number, command in kring.processes().items() if name in command]
    return found


def nodes(kring: Kring, slug: str) -> list[str]:
    """The organisation's nodes that are ready."""
    hosts = [one for one in kring.health()["processes"].values() if one and "nodes" in one]
    return [one["node"] for host in hosts for one in host["nodes"] if one["node"].startswith(slug) and one["ready"]]


def newest(kring: Kring, slug: str) -> object:
    """The organisation's newest referral."""
    [referral] = kring.ask(slug, "{ referrals(first: 1) { nodes { status partner direction } } }")["referrals"]["nodes"]
    return referral


@pytest.mark.timeout(120)
@pytest.mark.skipif(sys.platform != "linux", reason="looks in /proc")
def test_everything_starts_tells_the_story_stops_and_is_still_there(kring: Kring) -> None:
    said = kring.start()
    assert {f"{part} is ready" for part in PARTS} <= set(said)
    assert f"Kring is running: http://127.0.0.1:{kring.port}" in said
    assert kring.health()["ready"]

    second = kring.command("up")
    assert (second.returncode, second.stdout) == (1, "")
    assert f"see http://127.0.0.1:{kring.port}" in second.stderr
    assert "[already-running]" in second.stderr

    story = kring.command("story", "referral")
    assert story.returncode == 0, story.stdout + story.stderr
    assert "steps went as told" in story.stdout

    code, last = kring.stop()
    assert code == 0
    assert "everything is kept" in last
    assert kring.processes() == {}

    kring.start()
    assert newest(kring, "humanitas") == {"status": "COMPLETED", "partner": "welzin", "direction": "OUT"}
    assert newest(kring, "welzin") == {"status": "COMPLETED", "partner": "humanitas", "direction": "IN"}
    assert all((kring.data / slug / "intake.db").exists() for slug in ("humanitas", "welzin"))
    assert kring.stop()[0] == 0


@pytest.mark.timeout(180)
@pytest.mark.skipif(sys.platform != "linux", reason="looks in /proc")
def test_nobody_else_on_the_machine_reads_what_is_kept(kring: Kring) -> None:
    """Databases, what they are about to take in, keys, logs, streams and their folders, where files are open to all by default."""
    kring.start()
    assert kring.command("story", "referral").returncode == 0
    found = [kring.data, *kring.data.rglob("*")]
    names = {path.name for path in found}
    assert names >= {"intake.db", "intake.db-wal", "intake.keys.db", "organisation", "register.json", "intake.log"}
    assert [f"{path} {path.stat().st_mode:o}" for path in found if path.stat().st_mode & 0o077] == []
    assert kring.stop()[0] == 0


@pytest.mark.timeout(90)
@pytest.mark.skipif(sys.platform != "linux", reason="looks in /proc")
def test_a_running_network_takes_a_newcomer_in_and_mends_what_crashed(kring: Kring) -> None:
    kring.start()
    added = ["org", "add", "oever", "--name", "De Oever", "--area", "GM0361", "--source", "urn:nld:kvknr:12345678"]
    assert "took it over" in kring.command(*added).stderr
    assert kring.command("agreement", "add", "oever", "welzin").returncode == 0
    until(lambda: nodes(kring, "oever") == ["oever.intake", "oever.events", "oever.network"])

    for name in ("services.intake.main", "nats-server"):
        os.kill(process(kring, name), signal.SIGKILL)
    until(lambda: len(kring.processes()) > len(PARTS) and kring.health()["ready"])
    until(lambda: kring.command("doctor").returncode == 0)
    seen = {name: one["starts"] > 1 for name, one in kring.health()["supervisor"].items()}
    assert seen == {name: name in {"nats-server", "intake"} for name in PARTS}
    assert kring.stop()[0] == 0


@pytest.mark.timeout(180)
@pytest.mark.skipif(sys.platform != "linux", reason="looks in /proc")
def test_a_damaged_database_is_named_and_the_others_work(kring: Kring) -> None:
    kring.start()
    kring.stop()
    (kring.data / "welzin" / "intake.db").write_bytes(b"no database at all" * 1000)
    kring.begin()
    assert "[database-corrupt]" in kring.hear("welzin.intake:")
    until(lambda: answers(kring))
    assert kring.health()["ready"] is False
    assert kring.ask("humanitas", "{ participants { nodes { id } } }") == {"participants": {"nodes": []}}
    assert kring.stop()[0] == 0


@pytest.mark.timeout(180)
@pytest.mark.skipif(sys.platform != "linux", reason="looks in /proc")
def test_a_supervisor_that_was_killed_leaves_nothing_running(kring: Kring) -> None:
    kring.start()
    assert kring.running is not None
    kring.running.kill()
    kring.running.communicate()
    kring.running = None
    until(lambda: kring.processes() == {})


@pytest.mark.timeout(120)
@pytest.mark.skipif(sys.platform != "linux", reason="looks in /proc")
def test_with_certificates_all_that_runs_speaks_tls_and_renewed_ones_are_taken_up_meanwhile(kring: Kring) -> None:
    assert kring.command("tls", "init").returncode == 0
    kring.environment["KRING_INTAKE_PORT"] = str(any_free())
    said = kring.start()
    assert f"Kring is running: https://127.0.0.1:{kring.port}" in said
    broker = urlsplit(address(kring.data / "network"))
    assert broker.scheme == "tls"
    ports = [kring.port, int(kring.environment["KRING_INTAKE_PORT"]), int(broker.port or 0)]
    story = kring.command("story", "referral")
    assert story.returncode == 0, story.stdout + story.stderr
    assert kring.command("doctor").returncode == 0

    before = [ssl.get_server_certificate(("127.0.0.1", port)) for port in ports]
    renewed = kring.command("tls", "init", "--names", "kring.local")
    assert "the running broker took them over" in renewed.stdout
    until(lambda: not any(ssl.get_server_certificate(("127.0.0.1", port)) in before for port in ports))
    assert kring.health()["ready"]
    assert kring.stop()[0] == 0
