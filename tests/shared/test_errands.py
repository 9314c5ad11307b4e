"""What a node does after it has answered: it harms neither the node nor the log, and ends with it."""

import asyncio
from contextlib import suppress

import pytest
from structlog.testing import capture_logs

from shared.errands import MOST, Errands
from shared.rules import Refused, Unavailable
from tests.support.waiting import eventually

SECRET = "smit@example.org"


async def test_an_errand_goes_on_after_it_was_begun() -> None:
    done: list[str] = []

    async def errand() -> None:
        await asyncio.sleep(0)
        done.append("done")

    Errands().begin(errand)
    assert done == []
    await eventually(lambda: done)


async def test_an_errand_that_fails_is_logged_by_its_kind_alone() -> None:
    async def refused() -> None:
        raise Refused("mail-refused", address=SECRET)

    async def broken() -> None:
        raise ValueError(SECRET)

    errands = Errands()
    with capture_logs() as logged:
        errands.begin(refused)
        errands.begin(broken)
        await eventually(lambda: len(logged) == 2)
    assert [one.get("code") or one.get("fault") for one in logged] == ["mail-refused", "ValueError"]
    assert SECRET not in str(logged)


async def test_only_so_many_go_on_at_once() -> None:
    errands, held = Errands(), asyncio.Event()

    async def waits() -> None:
        await held.wait()

    for _ in range(MOST):
        errands.begin(waits)
    with pytest.raises(Unavailable, match="node-busy"):
        errands.begin(waits)
    held.set()

    def begun() -> bool:
        with suppress(Unavailable):
            errands.begin(waits)
            return True
        return False

    await eventually(begun)


async def test_errands_end_with_their_node() -> None:
    errands, ended = Errands(), asyncio.Event()

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    running = asyncio.create_task(errands.run())
    errands.begin(waits)
    await asyncio.sleep(0)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert ended.is_set()
