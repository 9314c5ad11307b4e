"""The gateway's process: what is wrong around it is one clear line, and it stops when told."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from deploy import demo
from deploy.natsconf import accounts
from shared.settings import Settings, environment
from tests.support.certificates import certificates
from tests.support.nats import free_port, nats_server


def _start(data: Path, **settings: str) -> "subprocess.Popen[str]":
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("KRING_")}
    stated = inherited | {"KRING_DATA": str(data)} | settings
    return subprocess.Popen([sys.executable, "-m", "gateway.main"], env=stated, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize(
    ("prepared", "settings", "code"),
    [
        (False, {"KRING_PORT": "many"}, "invalid"),
        (False, {"KRING_NATS_URL": "nats://127.0.0.1:1"}, "register-missing"),
        (True, {}, "nats-url-missing"),
    ],
)
def test_what_is_missing_is_named_with_what_to_do(
    tmp_path: Path, prepared: bool, settings: dict[str, str], code: str
) -> None:
    if prepared:
        demo.prepare(tmp_path)
    with _start(tmp_path, **settings) as process:
        _, said = process.communicate(timeout=20)
    assert process.returncode == 1
    assert said.startswith(f"{code}: ")
    assert "Traceback" not in said


def test_a_busy_port_is_named(tmp_path: Path) -> None:
    demo.prepare(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        with _start(tmp_path, KRING_NATS_URL="nats://127.0.0.1:1", KRING_PORT=port) as process:
            _, said = process.communicate(timeout=20)
    assert f"Port {port} is in use" in said


def test_a_certificate_that_cannot_be_shown_is_named(tmp_path: Path) -> None:
    demo.prepare(tmp_path)
    folder = certificates(tmp_path / "network" / "tls").certificates
    (folder / "gateway.key").write_bytes((folder / "broker.key").read_bytes())
    with _start(tmp_path, KRING_NATS_URL="tls://127.0.0.1:1", KRING_PORT=str(free_port())) as process:
        _, said = process.communicate(timeout=20)
    assert process.returncode == 1
    assert said.startswith(f"tls-key-differs: The key {folder / 'gateway.key'} does not belong")


async def test_it_stops_cleanly_when_told(tmp_path: Path) -> None:
    register = demo.prepare(tmp_path)
    async with nats_server("system_account: SYS\n" + accounts(register)) as nats:
        settings = Settings(data=tmp_path, nats_url=nats.url, port=free_port())
        with _start(tmp_path, **environment(settings)) as process:
            async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(retries=8)) as http:
                answer = await http.get(f"http://127.0.0.1:{settings.port}/healthz")
            assert answer.json()["processes"]["gateway"] == {"ready": True, "nats": True}
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)
    assert process.returncode == 0
