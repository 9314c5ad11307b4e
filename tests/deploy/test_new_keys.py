"""Every key that the security paper names can be renewed as it says there, and all works after it."""

import shutil
import sys
import time
from pathlib import Path

import pytest

from deploy import demo, registrarkeys
from deploy.registrar import Registrar
from shared.register import Register, pinned
from shared.rules import Refused, Unavailable
from tests.deploy.test_up import Kring, kring, until

__all__ = ["kring"]
linux = pytest.mark.skipif(sys.platform != "linux", reason="looks in /proc")


def secrets(data: Path, *names: str) -> list[str]:
    return [(data / name).read_text() for name in names]


@linux
@pytest.mark.timeout(240)
def test_an_organisation_gets_other_keys_while_all_runs(kring: Kring) -> None:
    """Its nodes begin anew with the new ones; what its local issuer gave before is believed no more."""
    names = ("intake.nk", "events.nk", "network.nk", "intake.letters", "issuer", "organisation", "links", "master")
    kring.start()
    before, token = secrets(kring.data / "welzin" / "keys", *names), kring.command("token", "welzin", "coordinator")
    for command in (
        ("org", "rotate", "welzin", "--all"),
        ("org", "links", "welzin"),
        ("master-key", "renew", "welzin"),
    ):
        assert kring.command(*command).returncode == 0
    assert not {*before} & {*secrets(kring.data / "welzin" / "keys", *names)}
    time.sleep(2)  # the register is looked at once a second
    until(lambda: kring.command("doctor").returncode == 0, 60)
    headers = {"authorization": f"Bearer {token.stdout.strip()}"}
    with kring.http() as http:
        said = http.post("/graphql", json={"query": "{ participants { nodes { id } } }"}, headers=headers)
    assert "token-key-unknown" in said.text
    assert kring.command("story", "referral").returncode == 0
    assert kring.stop()[0] == 0


@linux
@pytest.mark.timeout(240)
def test_who_keeps_the_register_the_gateway_and_the_operator_get_other_keys_before_a_start(kring: Kring) -> None:
    names = ("network/registrar", "network/registrar.pub", "network/sys.nk", "gateway/gateway.nk")
    kring.start()
    assert kring.stop()[0] == 0
    before = secrets(kring.data, *names)
    assert kring.command("registrar", "renew").returncode == 0
    assert not {*before} & {*secrets(kring.data, *names)}
    kring.start()
    assert kring.command("story", "referral").returncode == 0
    assert kring.command("doctor").returncode == 0
    assert kring.stop()[0] == 0


@linux
@pytest.mark.timeout(240)
def test_an_authority_that_was_taken_away_is_made_anew_with_all_it_vouches_for(kring: Kring) -> None:
    folder = kring.data / "network" / "tls"
    kring.start()
    assert kring.stop()[0] == 0
    assert kring.command("tls", "init").returncode == 0
    before = {path.name: path.read_text() for path in folder.iterdir()}
    for path in folder.iterdir():
        path.unlink()
    assert kring.command("tls", "init").returncode == 0
    after = {path.name: path.read_text() for path in folder.iterdir()}
    assert after.keys() == before.keys()
    assert not {*after.values()} & {*before.values()}
    kring.start()
    assert kring.command("doctor").returncode == 0
    assert kring.stop()[0] == 0


def test_another_machine_believes_the_new_registrar_once_it_is_given_the_key(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    demo.prepare(here)
    shutil.copytree(here, there)
    (there / "network" / "registrar").unlink()
    registrarkeys.renew(here)
    shutil.copy(here / "register.json", there)
    with pytest.raises(Refused, match="register-forged"):
        Register.open(there)
    shutil.copy(here / "network" / "registrar.pub", there / "network")
    assert Register.open(there).contents.gateway == Register.open(here).contents.gateway
    Registrar(here).rotate("welzin")
    assert Register.open(here).contents.number == Register.open(there).contents.number + 1


def test_who_does_not_keep_the_register_cannot_renew_its_key(tmp_path: Path) -> None:
    demo.prepare(tmp_path)
    (tmp_path / "network" / "registrar").unlink()
    before = pinned(tmp_path)
    with pytest.raises(Unavailable, match="keys-missing"):
        registrarkeys.renew(tmp_path)
    Registrar(tmp_path)  # any command makes a key where there is none; it is not the registrar's
    with pytest.raises(Unavailable, match="keys-missing"):
        registrarkeys.renew(tmp_path)
    assert pinned(tmp_path) == before


def test_an_own_servers_key_is_renewed_with_its_organisations(tmp_path: Path) -> None:
    demo.prepare(tmp_path)
    registrar = Registrar(tmp_path)
    before = registrar.on_its_own("welzin").organisation("welzin").leaf
    assert registrar.rotate("welzin").organisation("welzin").leaf == before
    assert registrar.rotate("welzin", everything=True).organisation("welzin").leaf not in (None, before)
