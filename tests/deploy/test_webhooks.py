"""`kring integrator` with webhooks: granted, listed, tried again, revoked."""

import asyncio
import re
import stat
from pathlib import Path
from typing import Any

import pytest

from deploy import demo
from deploy.cli.main import main
from deploy.natsconf import accounts
from shared import control
from shared.register import Register
from tests.flows.integrators import PUBLISHER, tell
from tests.flows.webhooks import endpoint, hook, keeper
from tests.support.network import network
from tests.support.waiting import eventually

URL = "https://agenda.example.nl/kring"
WHO = ["agenda-site", "--organisation", "humanitas"]
ADD = ["integrator", "add", *WHO, "--webhook", URL]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("LANG", "LC_ALL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KRING_DATA", str(tmp_path / "data"))
    demo.prepare(tmp_path / "data")
    return tmp_path / "data"


def secrets(data: Path) -> list[Path]:
    return list(data.glob("*/keys/*.whsec"))


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 1
    return capsys.readouterr().err


def test_a_webhook_gives_one_secret_file_and_no_user_at_the_broker(data: Path) -> None:
    before = accounts(Register.open(data))
    assert main(ADD) == 0
    file, [kept] = Path("humanitas-agenda-site.secret"), secrets(data)
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=\n", file.read_text())
    assert kept.read_text() == file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == stat.S_IMODE(kept.stat().st_mode) == 0o600
    [grant] = Register.open(data).contents.grants
    assert (grant.webhook, grant.nkey) == (URL, None)
    assert "whsec_" not in (data / "register.json").read_text()
    acknowledged = f', "$JS.ACK.EVENTS.{grant.consumer}.>"'
    assert acknowledged not in before
    assert (data / "network" / "accounts.conf").read_text().replace(acknowledged, "") == before


def test_it_is_listed_for_its_organisation_until_it_is_revoked(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(ADD) == 0
    capsys.readouterr()
    assert main(["integrator", "list"]) == 0
    listed = capsys.readouterr().out
    assert f"how far it is is not known now; {URL}: nothing was sent yet" in listed
    assert main(["integrator", "list", "--organisation", "humanitas"]) == 0
    assert capsys.readouterr().out == listed
    assert main(["integrator", "list", "--organisation", "welzin"]) == 0
    assert capsys.readouterr().out == "nobody follows anything\n"
    assert "[organisation-unknown]" in refused(capsys, "integrator", "list", "--organisation", "nobody")
    assert main(["integrator", "revoke", *WHO]) == 0
    assert Register.open(data).contents.grants == ()
    assert secrets(data) == []


def test_a_webhook_that_cannot_be_granted_leaves_nothing_behind(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add = ADD[:-1]
    assert "[webhook-insecure]" in refused(capsys, *add, "http://agenda.example.nl/")
    said = refused(capsys, *add, "https://ann:geheim@agenda.example.nl/")
    assert "[webhook-credentials]" in said
    assert "geheim" not in said
    assert "[webhook-invalid]" in refused(capsys, *add, "agenda.example.nl")
    assert "[webhook-invalid]" in refused(capsys, *add, "")
    assert "[integrator-invalid]" in refused(capsys, *ADD, "--filter", "events.>")
    assert "[integrator-filter]" in refused(capsys, *ADD, "--filter", "events.public.cooking.>")
    assert "[organisation-unknown]" in refused(capsys, *ADD[:4], "nobody", *ADD[5:])
    assert "[secret-unreadable]" in refused(capsys, *ADD, "--file", "/proc/none/x.secret")
    assert "[process-away]" in refused(capsys, "integrator", "retry", *WHO)
    assert Register.open(data).contents.grants == ()
    assert secrets(data) == []
    assert not (data / "nobody").exists()
    assert main(ADD) == 0
    assert "[file-exists]" in refused(capsys, *ADD)
    assert "[integrator-exists]" in refused(capsys, *ADD, "--file", "other.secret")
    assert len(secrets(data)) == 1


async def shown(capsys: pytest.CaptureFixture[str]) -> str:
    """What the list of integrators says."""
    assert await asyncio.to_thread(main, ["integrator", "list"]) == 0
    return capsys.readouterr().out


@pytest.mark.timeout(120)
async def test_what_an_endpoint_answered_is_listed_and_found_and_a_retry_need_not_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KRING_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LANG", "en_US.UTF-8")

    async def shows(pattern: str) -> Any:
        return re.search(pattern, await shown(capsys))

    async with network(tmp_path, PUBLISHER) as net, endpoint() as here, keeper(net):
        here.status = 503
        hook(net, here.url)
        await tell(net, 3)
        await eventually(lambda: shows(r"; 3 events not taken, since 20\S+ \d\d:\d\d; http://localhost\S+: 503, since"))
        assert "tried 1 times, again at 20" in await shown(capsys)
        [sentence] = await control.ask(net.data, "intake", "doctor", language="nl")
        assert "van agenda-site van humanitas neemt sinds" in sentence
        here.status = 204
        assert await asyncio.to_thread(main, ["integrator", "retry", *WHO]) == 0
        await eventually(lambda: len(here.got), 4)
        await eventually(lambda: shows(r"; 0 events not taken; http://localhost\S+: 204 at 20"))
        assert await asyncio.to_thread(main, ["integrator", "retry", "other", *WHO[1:]]) == 1
        assert "[webhook-unknown]" in capsys.readouterr().err
