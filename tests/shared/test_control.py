import asyncio
import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from shared import control
from shared.rules import Forbidden, NotFound, Refused, Unavailable


async def health() -> object:
    return {"ready": True, "lag": 3}


async def parked(node: str, id: int) -> object:  # noqa: A002
    if id == 0:
        raise NotFound("parked-unknown", id=id)
    return [{"node": node, "id": UUID(int=id)}]


async def forbidden() -> object:
    raise Forbidden("role-missing", roles="administrator")


async def broken(node: str) -> object:
    raise TypeError(node)


OPERATIONS: dict[str, control.Operation] = {
    "health": health,
    "parked": parked,
    "forbidden": forbidden,
    "broken": broken,
}


async def test_a_running_process_answers(tmp_path: Path) -> None:
    async with control.serve(tmp_path, "intake", OPERATIONS):
        assert await control.ask(tmp_path, "intake", "health") == {"ready": True, "lag": 3}
        found = await control.ask(tmp_path, "intake", "parked", node="welzin.intake", id=7)
        assert found == [{"node": "welzin.intake", "id": str(UUID(int=7))}]


async def test_a_refusal_comes_back_as_it_was_raised(tmp_path: Path) -> None:
    async with control.serve(tmp_path, "intake", OPERATIONS):
        with pytest.raises(NotFound, match="parked-unknown") as refused:
            await control.ask(tmp_path, "intake", "parked", node="welzin.intake", id=0)
        assert refused.value.parameters == {"id": 0}
        with pytest.raises(Forbidden, match="role-missing"):
            await control.ask(tmp_path, "intake", "forbidden")


async def test_an_unknown_question_is_refused_with_what_is_known(tmp_path: Path) -> None:
    async with control.serve(tmp_path, "intake", OPERATIONS):
        with pytest.raises(NotFound, match="operation-unknown") as refused:
            await control.ask(tmp_path, "intake", "explode")
        assert refused.value.parameters == {"known": "health, parked, forbidden, broken"}
        with pytest.raises(Refused, match="operation-arguments"):
            await control.ask(tmp_path, "intake", "parked", nobody=1)


async def test_an_operation_that_fails_is_told_apart_from_a_process_that_is_away(tmp_path: Path) -> None:
    async with control.serve(tmp_path, "intake", OPERATIONS):
        with pytest.raises(Refused, match="unexpected"):
            await control.ask(tmp_path, "intake", "broken", node="welzin.intake")


async def test_a_malformed_line_does_not_stop_the_process(tmp_path: Path) -> None:
    async with control.serve(tmp_path, "intake", OPERATIONS):
        reader, writer = await asyncio.open_unix_connection(control.address(tmp_path, "intake"))
        writer.write(b"nonsense\n" + b'{"op": 5}\n')
        assert b"operation-unknown" in await reader.readline()
        assert b"operation-unknown" in await reader.readline()
        writer.close()
        assert await control.ask(tmp_path, "intake", "health") == {"ready": True, "lag": 3}


async def test_a_process_that_does_not_run_or_hangs_is_away(tmp_path: Path) -> None:
    async def hang() -> Any:
        await asyncio.sleep(60)

    with pytest.raises(Unavailable, match="process-away"):
        await control.ask(tmp_path, "intake", "health")
    async with control.serve(tmp_path, "intake", {"health": hang}):
        with pytest.raises(Unavailable, match="process-away"):
            await control.ask(tmp_path, "intake", "health", timeout=0.05)


async def test_a_socket_left_by_a_killed_process_is_replaced(tmp_path: Path) -> None:
    control.address(tmp_path, "intake").touch()
    async with control.serve(tmp_path, "intake", OPERATIONS):
        assert await control.ask(tmp_path, "intake", "health") == {"ready": True, "lag": 3}
    assert not control.address(tmp_path, "intake").exists()


def test_each_data_folder_has_sockets_of_its_own_however_long_its_path(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 200)
    assert len(str(control.address(deep, "supervisor"))) < 104
    assert control.address(deep, "intake") != control.address(tmp_path, "intake")
    assert control.address(deep, "intake").parent.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_others_can_open_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = control.address(tmp_path, "intake").parent
    folder.chmod(0o755)
    with pytest.raises(Refused, match="control-folder-foreign"):
        control.address(tmp_path, "intake")
