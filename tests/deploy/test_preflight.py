import socket
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from deploy import demo, preflight, supervisor
from deploy.cli.words import say
from deploy.natsconf import ACCOUNTS
from shared.register import path
from shared.rules import NotFound, Refused
from shared.settings import Environment, Settings

ADDRESS = "http://127.0.0.1:8080"


def test_a_data_folder_has_one_supervisor(tmp_path: Path) -> None:
    with preflight.alone(tmp_path, ADDRESS):
        with pytest.raises(Refused, match="already-running") as refused, preflight.alone(tmp_path, "another"):
            pass
        assert refused.value.parameters == {"path": str(tmp_path), "address": ADDRESS}
    with preflight.alone(tmp_path, "another"):
        pass


def test_a_data_folder_that_cannot_be_made_or_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="data-unwritable"), preflight.alone(tmp_path / "file" / "data", ADDRESS):
        pass
    with pytest.raises(Refused, match="data-unwritable"):
        preflight.writable(tmp_path / "nowhere")


def test_a_busy_port_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind((preflight.LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        free = Settings(data=tmp_path, port=preflight.any_free())
        broker = replace(free, nats_url=f"nats://127.0.0.1:{port}")
        for settings, setting in (
            (replace(free, port=port), "KRING_PORT"),
            (replace(free, events_port=port), "KRING_EVENTS_PORT"),
            (broker, "KRING_NATS_URL"),
        ):
            with pytest.raises(Refused, match="port-busy") as refused:
                supervisor.up(settings, [])
            assert f"{setting}=" in say(refused.value)
    assert not path(tmp_path).exists()


def test_without_a_nats_server_nothing_starts_and_no_network_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refused, match="nats-server-missing"):
        supervisor.up(Settings(data=tmp_path / "data", port=preflight.any_free()), [])
    assert {file.name for file in tmp_path.rglob("*")} <= {"data", "network", "logs", "supervisor.lock"}


def test_in_a_folder_that_cannot_be_written_nothing_starts(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("as it was")
    with pytest.raises(Refused, match="data-unwritable"):
        supervisor.up(Settings(data=tmp_path / "file" / "data", port=preflight.any_free()), [])
    assert [(file.name, file.read_text()) for file in tmp_path.rglob("*")] == [("file", "as it was")]


def test_outside_production_a_demo_network_is_made_once(tmp_path: Path) -> None:
    (tmp_path / "network").mkdir()
    settings = Settings(data=tmp_path)
    first = preflight.register(settings)
    assert first.demo
    assert set(first.organisations) == {slug for slug, *_ in demo.ORGANISATIONS}
    assert not first.may_refer("carrefour", "welzin")
    assert preflight.register(settings).contents == first.contents


def test_in_production_nothing_is_made_up(tmp_path: Path) -> None:
    (tmp_path / "network").mkdir()
    with pytest.raises(Refused, match="register-missing"):
        preflight.register(Settings(data=tmp_path, env=Environment.PRODUCTION))
    assert not path(tmp_path).exists()


def test_a_register_that_was_changed_by_hand_is_not_used(tmp_path: Path) -> None:
    demo.prepare(tmp_path)
    changed = path(tmp_path).read_bytes().replace(b"Carrefour", b"Carrefous")
    path(tmp_path).write_bytes(changed)
    with pytest.raises(Refused, match="register-forged"):
        preflight.register(Settings(data=tmp_path))
    assert path(tmp_path).read_bytes() == changed


def test_a_database_of_nobody_is_refused(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    preflight.register(settings)
    with pytest.raises(NotFound, match="organisation-unknown"):
        preflight.register(replace(settings, databases={"welzijn": "postgresql://x"}))


def test_secrets_are_for_their_owner_only(tmp_path: Path) -> None:
    demo.prepare(tmp_path)
    secrets = [*tmp_path.glob("*/keys/*"), tmp_path / "network" / "registrar", tmp_path / "gateway" / "gateway.nk"]
    assert len(secrets) == 5 * 10 + 2
    assert {file.stat().st_mode & 0o777 for file in secrets} == {0o600}
    assert (tmp_path / "network" / ACCOUNTS).exists()
