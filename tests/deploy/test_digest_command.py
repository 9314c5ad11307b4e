"""`kring digest`, and what `kring status` says of it, beside a part that answers."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy import demo
from deploy.cli.main import main
from deploy.preflight import any_free
from shared import control
from shared.service import Agreement

NOW = datetime.now(UTC)
LATER = NOW + timedelta(hours=1)


class Part:
    """Answers as the process of intake does."""

    def __init__(self) -> None:
        self.found: list[Agreement] = []
        self.asked: list[tuple[str, str | None]] = []

    async def digest(self, node: str, partner: str | None) -> list[Agreement]:
        self.asked.append((node, partner))
        return self.found

    async def health(self) -> dict[str, Any]:
        well = {"node": "welzin.intake", "behind": 0, "links": [], "parked": 0, "digests": self.found}
        return {"ready": True, "nodes": [well], "failures": []}


@pytest.fixture
async def part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Part]:
    for name in ("LANG", "LC_ALL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KRING_DATA", str(tmp_path))
    monkeypatch.setenv("KRING_PORT", str(any_free()))
    demo.prepare(tmp_path)
    made = Part()
    async with control.serve(tmp_path, "intake", {"digest": made.digest, "health": made.health}):
        yield made


def agreement(partner: str, agreed: datetime | None, differing: int = 0) -> Agreement:
    return Agreement(partner, NOW, agreed, agreed, differing)


async def test_partners_that_agree_are_named(part: Part, capsys: pytest.CaptureFixture[str]) -> None:
    part.found = [agreement("carrefour", LATER), agreement("humanitas", LATER)]
    assert await asyncio.to_thread(main, ["digest", "welzin"]) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["carrefour", "agrees"],
        ["humanitas", "agrees"],
    ]
    assert part.asked == [("welzin.intake", None)]


async def test_who_does_not_agree_is_named_with_what_to_do(part: Part, capsys: pytest.CaptureFixture[str]) -> None:
    before = NOW - timedelta(days=1)
    part.found = [agreement("carrefour", before, 2), agreement("humanitas", before), agreement("tip", None)]
    assert await asyncio.to_thread(main, ["digest", "welzin"]) == 1
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert "2 referrals differ: their timelines say what was lost; both agreed last on" in lines[0]
    assert "has not answered; both agreed last on" in lines[1]
    assert lines[2].split() == ["tip", "has", "not", "answered"]
    assert said.err.startswith("kring: With 3 partners there is no agreement now.")


async def test_a_partner_that_never_answered_is_no_agreement(part: Part, capsys: pytest.CaptureFixture[str]) -> None:
    assert await asyncio.to_thread(main, ["digest", "welzin", "humanitas"]) == 1
    assert "[digest-disagrees]" in capsys.readouterr().err
    assert await asyncio.to_thread(main, ["digest", "welzin"]) == 0
    assert capsys.readouterr().out == "welzin shares nothing with anybody yet\n"
    assert part.asked == [("welzin.intake", "humanitas"), ("welzin.intake", None)]


async def test_status_says_how_many_agree_and_since_when(part: Part, capsys: pytest.CaptureFixture[str]) -> None:
    part.found = [agreement("carrefour", LATER, 2), agreement("humanitas", LATER), agreement("tip", None)]
    assert await asyncio.to_thread(main, ["status"]) == 0
    said = capsys.readouterr().out
    assert "1 of 2 comparisons between partners agree, each since 2" in said
    assert "partners not compared with yet: 1 (it happens within a day; now: kring digest ORGANISATION)" in said
    part.found = []
    assert await asyncio.to_thread(main, ["status"]) == 0
    assert "comparisons" not in capsys.readouterr().out
