"""Configuration for nats-servers that something else starts."""

import shutil
import stat
from pathlib import Path

import pytest

from deploy import demo
from deploy.brokers import Hub, Server, hub, write
from deploy.cli.main import main
from deploy.registrar import Registrar
from shared.register import Register
from shared.rules import Refused, Unavailable
from shared.wire.connection import connect
from tests.support.brokers import configured
from tests.support.certificates import certificate

ROUTES = ("tls://nats-0:6222", "tls://nats-1:6222", "tls://nats-2:6222")
PLAIN = ("nats", "NATS", "nats-leaf", "leaf", "ws", "wss", "TLS")
"""Schemes that promise no TLS; or not in the one way that Kring knows."""


@pytest.mark.parametrize(
    "server",
    [Server(listen="0.0.0.0:4222"), Server(cluster="10.0.0.1:6222"), Server(leafnodes="nats.example.nl:7422")],
)
def test_outside_this_machine_it_speaks_tls_or_is_refused(tmp_path: Path, server: Server) -> None:
    demo.prepare(tmp_path)
    with pytest.raises(Refused, match="broker-needs-tls"):
        write(tmp_path, server)
    assert not (tmp_path / "network" / "nats.conf").exists()


def test_an_own_server_dials_out_of_its_machine_over_tls_only(tmp_path: Path) -> None:
    demo.prepare(tmp_path)
    alone = [f"{scheme}://kring.example.nl:7422" for scheme in PLAIN]
    among = [f"{first},nats://10.0.0.1:7422" for first in ("nats://127.0.0.1:7422", "tls://kring.example.nl:7422")]
    for url in (*alone, *among, "kring.example.nl:7422", "tls://a:7422, nats://b:7422", "10.0.0.1", ""):
        with pytest.raises(Refused) as refused:
            write(tmp_path, Server(hub=Hub(url, "welzin", "")))
        assert (refused.value.code, refused.value.parameters["url"]) == ("nats-url-plain", url.rpartition(",")[2])
    assert not (tmp_path / "network" / "nats.conf").exists()


def test_an_own_server_that_dials_here_and_abroad_believes_our_authority_only(tmp_path: Path) -> None:
    demo.prepare(tmp_path)
    made = certificate(tmp_path / "network" / "tls")
    Registrar(tmp_path).on_its_own("welzin")
    to = hub(tmp_path, "welzin", "nats://127.0.0.1:7422,tls://kring.example.nl:7422", made.authority)
    written = write(tmp_path, Server(hub=to)).read_text()
    assert f'tls: {{ ca_file: "{made.authority}", min_version: "1.2", handshake_first: true }}' in written


def test_a_server_dials_the_others_of_its_cluster_over_tls_only(tmp_path: Path) -> None:
    demo.prepare(tmp_path)
    tls = certificate(tmp_path / "network" / "tls")
    for route in (*(f"{scheme}://nats-1:6222" for scheme in PLAIN), "nats-1:6222"):
        for shown in (tls, None):
            with pytest.raises(Refused, match="nats-url-plain"):
                write(tmp_path, Server(cluster="127.0.0.1:6222", routes=(ROUTES[0], route), tls=shown))
    assert not (tmp_path / "network" / "nats.conf").exists()


def test_a_server_of_a_cluster_is_written_for_its_owner_only(tmp_path: Path) -> None:
    demo.prepare(tmp_path)
    tls = certificate(tmp_path / "network" / "tls")
    stated = Server(listen="0.0.0.0:4222", cluster="0.0.0.0:6222", routes=ROUTES, leafnodes="0.0.0.0:7422", tls=tls)
    found = write(tmp_path, stated)
    assert stat.S_IMODE(found.stat().st_mode) == 0o600
    assert [name for name in ROUTES if name in found.read_text()] == list(ROUTES)


def test_what_nats_server_refuses_changes_nothing(tmp_path: Path) -> None:
    demo.prepare(tmp_path)
    before = write(tmp_path, Server()).read_bytes()
    with pytest.raises(Refused, match="network-configuration-refused"):
        write(tmp_path, Server(name="has spaces"))
    assert (tmp_path / "network" / "nats.conf").read_bytes() == before
    assert not (tmp_path / "network" / "nats.conf.new").exists()


def test_an_own_server_needs_the_key_that_the_register_knows(tmp_path: Path) -> None:
    demo.prepare(tmp_path)
    with pytest.raises(Refused, match="leaf-unknown"):
        hub(tmp_path, "welzin", "nats://127.0.0.1:7422")
    first = Registrar(tmp_path).on_its_own("welzin").organisation("welzin").leaf
    assert first is not None
    assert Registrar(tmp_path).on_its_own("welzin").organisation("welzin").leaf == first, "asked twice, done once"
    assert Register.open(tmp_path).organisation("humanitas").leaf is None


async def test_an_own_servers_key_opens_nothing_else(tmp_path: Path) -> None:
    demo.prepare(tmp_path)
    Registrar(tmp_path).on_its_own("welzin")
    async with configured(tmp_path, Server()) as ours:
        for name in ("leaf", "intake"):  # the second: its nodes connect to its own server now
            seed = (tmp_path / "welzin" / "keys" / f"{name}.nk").read_text().strip()
            with pytest.raises(Unavailable, match="nats-refused"):
                await connect(ours.url, seed=seed, name=name, inbox_prefix="_INBOX.welzin.intake", patience=0.5)


def test_the_command_line_writes_both_sides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data, own = tmp_path / "data", tmp_path / "own"
    demo.prepare(data)
    monkeypatch.setenv("KRING_DATA", str(data))
    assert main(["org", "leaf", "welzin"]) == 0
    assert main(["broker", "--leafnodes", "127.0.0.1:7422"]) == 0
    shutil.copytree(data, own)
    monkeypatch.setenv("KRING_DATA", str(own))
    assert main(["broker", "--organisation", "welzin"]) == 1
    assert "leaf-incomplete" in capsys.readouterr().err
    assert main(["broker", "--organisation", "welzin", "--hub", "nats://127.0.0.1:7422"]) == 0
    accounts = (own / "network" / "accounts.conf").read_text()
    assert ("ORG_WELZIN" in accounts, "ORG_HUMANITAS" in accounts) == (True, False)
    assert 'domain: "welzin"' in (own / "network" / "nats.conf").read_text()
