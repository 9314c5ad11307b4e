"""Services take time, identifiers and randomness as arguments: ruff's banned-api holds it, and is seen to."""

from pathlib import Path

import pytest

from tests.architecture.house import copy, run, seed

IMPURE = [
    ("datetime.datetime.now", "from datetime import UTC, datetime\n\nNOW = datetime.now(UTC)\n"),
    ("datetime.date.today", "from datetime import date\n\nTODAY = date.today()\n"),
    ("uuid.uuid4", "from uuid import uuid4\n\nID = uuid4()\n"),
    ("random", "import random\n\nDRAW = random.random()\n"),
    ("time", "import time\n\nNOW = time.time()\n"),
]


@pytest.mark.parametrize(("banned", "source"), IMPURE)
@pytest.mark.parametrize("module", ["services.intake.domain.seeded", "services.network.policies.seeded"])
def test_a_service_that_asks_the_clock_or_the_dice_is_caught(
    banned: str, source: str, module: str, tmp_path: Path
) -> None:
    house = copy(tmp_path)
    seed(house, module, source)
    assert f"TID251 `{banned}` is banned" in run(
        house, "ruff", "check", "--output-format=concise", "--no-cache", "services"
    )


def test_elsewhere_the_clock_may_be_asked(tmp_path: Path) -> None:
    house = copy(tmp_path)
    seed(house, "shared.seeded", IMPURE[0][1])
    assert "TID251" not in run(house, "ruff", "check", "--output-format=concise", "--no-cache", "shared/seeded.py")
