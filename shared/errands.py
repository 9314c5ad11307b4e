"""What a node does after it has answered: nobody waits for it, and the answer does not tell how it went, nor how long it took."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from shared.rules import Refused, Unavailable

MOST = 50
"""Errands of one node at the same time."""


class Errands:
    """The errands of one node, begun while it runs."""

    def __init__(self) -> None:
        self._begun: set[asyncio.Task[None]] = set()

    def begin(self, errand: Callable[[], Awaitable[None]]) -> None:
        """Begin one. Raises `Unavailable("node-busy")`."""
        if len(self._begun) >= MOST:
            raise Unavailable("node-busy")
        task = asyncio.create_task(_run(errand))
        self._begun.add(task)
        task.add_done_callback(self._begun.discard)

    async def run(self) -> None:
        """Wait until cancelled; leave those that are under way then."""
        try:
            await asyncio.Event().wait()
        finally:
            for task in self._begun:
                task.cancel()
            await asyncio.gather(*self._begun, return_exceptions=True)


async def _run(errand: Callable[[], Awaitable[None]]) -> None:
    """What goes wrong is logged by its kind alone: a text could hold something personal."""
    try:
        await errand()
    except Refused as refused:
        structlog.get_logger().warning("an errand was refused", code=refused.code)
    except Exception as fault:  # noqa: BLE001  (whatever an errand dies of, the node lives on)
        structlog.get_logger().error("an errand failed", fault=type(fault).__name__)
