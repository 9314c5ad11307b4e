"""A master key is renewed while all goes on; interrupted anywhere, doing it again finishes it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from deploy import demo, masterkeys
from deploy.cli.main import main
from shared import control
from shared.eventlog.masterkey import Master
from shared.register import SERVICES
from shared.rules import Unavailable
from shared.settings import Settings
from shared.upkeep import Upkeep
from tests.flows.test_referral import SENDER, participant
from tests.support.network import Network, network

NAME = "Truus"


def secrets(net: Network) -> list[str]:
    return (net.data / "humanitas" / "keys" / "master").read_text().split()


async def known(net: Network, person: str) -> bool:
    """Whether a participant's first event can be read from the disk."""
    log = net.nodes[SENDER].log
    await log.rest(0)
    return NAME in str((await log.read(UUID(person)))[0].event)


async def renewed(net: Network) -> None:
    """As the command does it while the node runs."""
    async with control.serve(net.data, "intake", Upkeep({"humanitas": net.nodes[SENDER]}).operations):
        await asyncio.to_thread(masterkeys.renew, net.settings, "humanitas")


async def test_a_running_node_goes_on_under_a_new_master_key(tmp_path: Path) -> None:
    async with network(tmp_path, SENDER) as net:
        before, old = await participant(net, NAME), secrets(net)
        await renewed(net)
        after = await participant(net, NAME)
        assert (len(secrets(net)), secrets(net) == old) == (1, False)
        assert (net.data / "humanitas" / "keys" / "master").stat().st_mode & 0o777 == 0o600
        assert await known(net, before)
        await net.stop(SENDER)
        await net.start(SENDER)
        assert await known(net, before)
        assert await known(net, after)


async def test_the_old_master_key_opens_nothing_any_more(tmp_path: Path) -> None:
    async with network(tmp_path, SENDER) as net:
        person, [old] = await participant(net, NAME), secrets(net)
        await renewed(net)
        await net.stop(SENDER)
        (net.data / "humanitas" / "keys" / "master").write_text(old)
        await net.start(SENDER)
        with pytest.raises(Unavailable, match="master-key-wrong"):
            await known(net, person)


@pytest.mark.parametrize("services", [0, 1, 3])
async def test_interrupted_after_any_service_it_is_finished_by_doing_it_again(
    tmp_path: Path, services: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with network(tmp_path, SENDER, "humanitas.network") as net:
        person = await participant(net, NAME)
        await net.stop()
        with monkeypatch.context() as crashing:
            crashing.setattr(masterkeys, "_rewrap", _crashing_after(services))
            with pytest.raises(RuntimeError):
                await asyncio.to_thread(masterkeys.renew, net.settings, "humanitas")
        assert len(secrets(net)) == 2
        await net.start(SENDER)
        assert await known(net, person)
        await net.stop(SENDER)
        await asyncio.to_thread(masterkeys.renew, net.settings, "humanitas")
        assert len(secrets(net)) == 1
        await net.start(SENDER)
        assert await known(net, person)


def test_without_a_master_key_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    demo.prepare(tmp_path)
    (tmp_path / "humanitas" / "keys" / "master").unlink()
    monkeypatch.setenv("KRING_DATA", str(tmp_path))
    assert main(["master-key", "renew", "humanitas"]) == 1


def test_a_key_in_the_environment_is_wrapped_with_the_first_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its file, if there is one, is left alone."""
    demo.prepare(tmp_path)
    path = tmp_path / "humanitas" / "keys" / "master"
    before = path.read_text()
    monkeypatch.setenv("KRING_DATA", str(tmp_path))
    monkeypatch.setenv("KRING_MASTER_HUMANITAS", ",".join(("A" * 43, before.strip())))
    assert main(["master-key", "renew", "humanitas"]) == 0
    assert path.read_text() == before


def _crashing_after(services: int) -> Callable[[Settings, str, Master], None]:
    """What wraps a node's keys anew, for so many nodes."""
    real, done = masterkeys._rewrap, list[str]()  # noqa: SLF001  (where a crash is played)

    def rewrap(settings: Settings, node: str, master: Master) -> None:
        if len(done) == services:
            message = "crashed"
            raise RuntimeError(message)
        done.append(node)
        real(settings, node, master)
        if len(done) == services == len(SERVICES):
            message = "crashed"
            raise RuntimeError(message)

    return rewrap
