import asyncio
import json
from pathlib import Path

import pytest

from shared import watcher
from shared.register import Register, path
from shared.rules import Refused
from shared.signing import Signer
from shared.watcher import Watcher
from tests.support.registers import agreement, contents, write

AGREED = agreement(1, "humanitas", "welzin")


@pytest.fixture
def watched(tmp_path: Path) -> tuple[Watcher, list[Register]]:
    write(tmp_path, contents(number=5))
    found = Watcher(tmp_path)
    told: list[Register] = []
    found.tell(told.append)
    return found, told


def test_a_newer_register_is_taken_over_and_told(watched: tuple[Watcher, list[Register]], tmp_path: Path) -> None:
    found, told = watched
    found.look()
    assert told == []
    write(tmp_path, contents(AGREED, number=6))
    found.look()
    assert found.register.may_refer("humanitas", "welzin")
    assert told == [found.register]


def test_a_forged_older_or_lost_register_leaves_the_present_one(
    watched: tuple[Watcher, list[Register]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found, told = watched
    write(tmp_path, contents(AGREED, number=6), Signer.generate())
    found.look()
    write(tmp_path, contents(AGREED, number=4))
    found.look()
    path(tmp_path).unlink()
    found.look()
    assert found.register.contents.number == 5
    assert told == []
    shown = capsys.readouterr().out
    assert [code in shown for code in ("register-forged", "register-older", "register-missing")] == [True] * 3


def test_the_same_register_written_again_is_no_news(watched: tuple[Watcher, list[Register]], tmp_path: Path) -> None:
    found, told = watched
    before = path(tmp_path).read_bytes()
    path(tmp_path).unlink()
    path(tmp_path).write_bytes(before + b"\n")
    found.look()
    assert told == []
    assert json.loads(before)["contents"]["number"] == 5


async def test_a_watcher_looks_by_itself(
    watched: tuple[Watcher, list[Register]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, told = watched
    monkeypatch.setattr(watcher, "INTERVAL", 0.01)
    task = asyncio.create_task(found.run())
    write(tmp_path, contents(AGREED, number=6))
    async with asyncio.timeout(30):
        while not told:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    task.cancel()


def test_there_is_no_watcher_without_a_register(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="register-missing"):
        Watcher(tmp_path)
