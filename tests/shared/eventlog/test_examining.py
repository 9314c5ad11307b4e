from pathlib import Path

import pytest

from shared.eventlog.database import DatabaseUnusable
from shared.eventlog.examining import examine
from shared.eventlog.log import Log
from tests.shared.eventlog import seats
from tests.shared.eventlog.conftest import Opening


async def test_a_database_that_nobody_owns_is_examined_and_left_as_it_was(opened: Opening, url: str) -> None:
    log = await opened()
    with pytest.raises(DatabaseUnusable, match="database-owned"):
        examine("here.intake", url)
    await log.close()
    examine("here.intake", url)
    with pytest.raises(DatabaseUnusable, match="database-foreign"):
        examine("there.intake", url)
    await opened()


def test_a_database_that_was_not_made_yet_is_not_made_by_looking(tmp_path: Path) -> None:
    examine("here.intake", f"sqlite:///{tmp_path / 'log.db'}")
    assert list(tmp_path.iterdir()) == []


async def test_a_damaged_page_is_found(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    log = await Log.open("here.intake", f"sqlite:///{path}", [seats], [seats])
    await log.close()
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"x" * (len(content) - 4096))
    with pytest.raises(DatabaseUnusable, match="database-corrupt"):
        examine("here.intake", f"sqlite:///{path}")
