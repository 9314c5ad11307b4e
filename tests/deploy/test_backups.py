"""An organisation's logs in a file: made while it runs, put back, refused when it is not right, moved elsewhere."""

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from deploy import archive, backups
from deploy.archive import Kind
from deploy.cli.main import main
from shared import control
from shared.eventlog.database import DatabaseUnusable
from shared.eventlog.tables import SCHEMA
from shared.rules import Refused
from shared.settings import Settings
from shared.upkeep import Upkeep
from tests.flows.test_referral import SENDER, participant
from tests.support.network import Network, network
from tests.support.postgres import postgres_url

ENGINES = ("sqlite", "postgres")
EVENTS = "humanitas.events"


def databases(engine: str) -> Mapping[str, str]:
    return {"humanitas": postgres_url()} if engine == "postgres" else {}


async def people(net: Network) -> list[str]:
    """Everybody whom Humanitas knows."""
    found = await net.ask(SENDER, "POST", "/v1/participant-searches", {"name": "T"})
    return sorted(one["nameToUse"] for one in found["items"])


async def served_backup(net: Network, file: Path) -> None:
    """Ask for a backup while the nodes run, as the command does."""
    nodes = {"humanitas": net.nodes[SENDER]}
    async with control.serve(net.data, "intake", Upkeep(nodes).operations):
        await asyncio.to_thread(backups.backup, net.settings, "humanitas", file)


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_backup_made_under_load_holds_all_that_was_acknowledged_before(tmp_path: Path, engine: str) -> None:
    file = tmp_path / "sunday.kring"
    async with network(tmp_path, SENDER, databases=databases(engine)) as net:
        for name in ("Truus", "Toon"):
            await participant(net, name)
        load = [asyncio.create_task(participant(net, f"Tiny {number}")) for number in range(10)]
        await served_backup(net, file)
        await asyncio.gather(*load, return_exceptions=True)
        with pytest.raises(Refused, match="database-owned"):
            await asyncio.to_thread(backups.restore, net.settings, "humanitas", file)
        await net.stop(SENDER)
        former = await asyncio.to_thread(backups.restore, net.settings, "humanitas", file)
        await net.start(SENDER)
        assert {"Truus", "Toon"} <= set(await people(net))
        log = net.nodes[SENDER].log
        assert (len(log.log_ids), len(former)) == (2, 1)
        assert log.kept is not None
        assert [one.log for one in await log.notifications(log.kept - 1, 2)] == log.log_ids
        await participant(net, "Tonny")


@pytest.mark.parametrize("engine", ENGINES)
async def test_an_exported_organisation_goes_on_elsewhere_under_the_same_identity_and_no_more_here(
    tmp_path: Path, engine: str
) -> None:
    file, keys = tmp_path / "moves.kring", tmp_path / "keys.kring"
    async with network(tmp_path, SENDER, databases=databases(engine)) as net:
        await participant(net, "Truus")
        identity = net.nodes[SENDER].log.id
        with pytest.raises(Refused, match="database-owned"):
            await asyncio.to_thread(backups.export, net.settings, "humanitas", file)
        await net.stop(SENDER)
        await asyncio.to_thread(backups.export, net.settings, "humanitas", file, keys)
        with pytest.raises(DatabaseUnusable, match="database-moved"):
            await net.start(SENDER)
        assert net.nodes == {}
        (net.data / "humanitas" / "keys" / "intake.nk").unlink()
        await asyncio.to_thread(backups.take, net.settings, "humanitas", file, keys)
        await net.start(SENDER)
        assert (await people(net), net.nodes[SENDER].log.log_ids) == (["Truus"], [identity])
        await net.stop(SENDER)
        with pytest.raises(Refused, match="import-exists"):
            await asyncio.to_thread(backups.take, net.settings, "humanitas", file, keys)


async def test_a_backup_of_one_engine_is_restored_on_the_other(tmp_path: Path) -> None:
    file, back = tmp_path / "sunday.kring", tmp_path / "monday.kring"
    async with network(tmp_path, SENDER) as net:
        await participant(net, "Truus")
        await net.stop(SENDER)
        await asyncio.to_thread(backups.backup, net.settings, "humanitas", file)
        elsewhere = Settings(data=net.data, databases={"humanitas": postgres_url()})
        assert await asyncio.to_thread(backups.restore, elsewhere, "humanitas", file) == []
        await asyncio.to_thread(backups.backup, elsewhere, "humanitas", back)
        [aside] = await asyncio.to_thread(backups.restore, net.settings, "humanitas", back)
        assert names(Path(aside).parent) >= {Path(aside).name}
        await net.start(SENDER)
        assert await people(net) == ["Truus"]
        assert len(net.nodes[SENDER].log.log_ids) == 3


def changed(**fields: Any) -> Any:
    def change(text: bytes) -> bytes:
        first, rest = text.split(b"\n", 1)
        return json.dumps(json.loads(first) | fields).encode() + b"\n" + rest

    return change


BAD = {
    "backup-damaged": [
        lambda text: text[:-200],
        lambda text: text.replace(b'"version","type"', b'"Version","type"'),
        changed(made="2026-01-05T12:00:00Z"),
    ],
    "backup-unreadable": [lambda _: b"", lambda _: b"\x00\xff\n", lambda text: text.split(b"\n", 1)[1]],
    "backup-newer": [changed(format=2, later="?")],
}


@pytest.fixture
async def backed_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder in which Truus is known, and a backup of it."""
    async with network(tmp_path, SENDER) as net:
        await participant(net, "Truus")
    monkeypatch.setenv("KRING_DATA", str(net.data))
    for name in ("LANG", "LC_ALL"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "sunday.kring"
    await asyncio.to_thread(backups.backup, Settings(data=net.data), "humanitas", file, tmp_path / "keys.kring")
    return file


def damaged(whole: Path, bad: Path, change: Callable[[bytes], bytes]) -> None:
    bad.write_bytes(change(whole.read_bytes()))


def content(path: Path) -> str:
    return path.read_text()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.suffix != ".lock"}


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 1
    [line] = capsys.readouterr().err.splitlines()
    return line.rpartition("[")[2].rstrip("]")


async def test_what_is_not_right_is_refused_before_anything_is_touched(
    backed_up: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = tmp_path / "data" / "humanitas" / "intake.db"
    before, bad = database.read_bytes(), tmp_path / "bad.kring"
    ask = ("restore", "humanitas", str(bad))
    for code, changes in BAD.items():
        for change in changes:
            damaged(backed_up, bad, change)
            assert await asyncio.to_thread(refused, capsys, *ask) == code
    assert (
        await asyncio.to_thread(refused, capsys, "restore", "humanitas", str(tmp_path / "none")) == "backup-unreadable"
    )
    assert await asyncio.to_thread(refused, capsys, "restore", "welzin", str(backed_up)) == "backup-foreign"
    assert await asyncio.to_thread(refused, capsys, "import", "humanitas", str(backed_up)) == "backup-kind"
    assert await asyncio.to_thread(refused, capsys, "backup", "humanitas", str(backed_up)) == "backup-exists"
    assert await asyncio.to_thread(refused, capsys, "backup", "carrefour", str(bad.with_name("c"))) == "backup-nothing"
    header = archive.check(backed_up, "humanitas", Kind.BACKUP)
    newer = [msgspec.structs.replace(header.nodes[0], schema=SCHEMA + 1)]
    archive.write(tmp_path / "newer", msgspec.structs.replace(header, nodes=tuple(newer)), ())
    assert await asyncio.to_thread(refused, capsys, "restore", "humanitas", str(tmp_path / "newer")) == "backup-newer"
    assert before == database.read_bytes()
    assert names(database.parent) == {"intake.db", "intake.keys.db", "keys", "links.pub"}


async def test_keys_are_kept_apart_and_another_key_is_never_overwritten(
    backed_up: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys, own = tmp_path / "keys.kring", tmp_path / "data" / "humanitas" / "keys" / "intake.nk"
    secret = own.read_text().strip()
    assert (secret in content(keys), secret in content(backed_up)) == (True, False)
    assert (mode(keys), mode(backed_up)) == (0o600, 0o600)
    command = ("restore", "humanitas", str(backed_up), "--keys", str(keys))
    own.write_text("another\n")
    assert await asyncio.to_thread(refused, capsys, *command) == "keys-differ"
    own.unlink()
    assert await asyncio.to_thread(main, command) == 0
    assert own.read_text().strip() == secret
    assert mode(own) == 0o600
