"""`kring doctor` on access logs: those of nodes that run, and those that nobody owns."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from deploy import demo
from deploy.cli import looking
from deploy.cli.main import main
from deploy.preflight import any_free
from services.intake.main import SERVICE
from shared import control
from shared.accesslog import upkept
from shared.contracts.access import AccessAction
from shared.eventlog.accesses import accesses
from shared.eventlog.log import Log
from shared.eventlog.types import Unit
from tests.support.masterkey import MASTER


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A demo network that was made ready and does not run."""
    for name in ("LANG", "LC_ALL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KRING_DATA", str(tmp_path))
    monkeypatch.setenv("KRING_PORT", str(any_free()))
    monkeypatch.setattr(looking, "AGAIN", 0.0)
    demo.prepare(tmp_path)
    return tmp_path


async def said_of_intake(capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert await asyncio.to_thread(main, ["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    return [line for line in lines if line.startswith("intake: ") and "does not run" not in line]


@pytest.mark.parametrize("fault", ["missing", "altered", "cut-off"])
async def test_a_doctor_says_where_the_log_of_a_running_node_does_not_hold(
    fault: str, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def health() -> Any:
        return {"ready": True, "nodes": [], "failures": []}

    async def check() -> Any:
        return [{"node": "welzin.intake", "number": 12, "fault": fault}]

    async with control.serve(data, "intake", {"health": health, "accesses.check": check}):
        [said] = await said_of_intake(capsys)
    assert "entry 12" in said.lower()
    assert "welzin.intake" in said
    assert "tell the privacy officer" in said


async def test_a_doctor_follows_the_log_of_a_node_that_nobody_owns(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{data / 'welzin' / 'intake.db'}"
    log = await Log.open("welzin.intake", url, SERVICE.deciders, SERVICE.views, master=MASTER)
    copied = upkept(AccessAction.EXPORT, "kring backup", "welzin")
    await log.write(Unit(by="system", accesses=[copied] * 3))
    await log.close()
    assert await said_of_intake(capsys) == []
    log = await Log.open("welzin.intake", url, SERVICE.deciders, SERVICE.views, master=MASTER)
    with log._database.write() as connection:  # noqa: SLF001  (behind Kring's back)
        connection.execute(update(accesses).where(accesses.c.number == 2).values(by="user:nobody"))
    await log.close()
    [found] = await said_of_intake(capsys)
    assert found.startswith("intake: The access log of welzin.intake was altered at entry 2")
