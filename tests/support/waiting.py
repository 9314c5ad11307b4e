"""Waiting for what happens by itself: letters that arrive, processes that come up."""

import asyncio
import inspect
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from shared.rules import Refused


class _Truthy:
    def __eq__(self, other: object) -> bool:
        return bool(other)

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "so"


SO = _Truthy()


async def eventually(question: Callable[[], Any], expected: Any = SO, within: float = 30.0) -> Any:
    """Ask until the answer is as expected (or simply true), and give it; what is refused meanwhile is asked again."""
    answer: Any = None
    try:
        async with asyncio.timeout(within):
            while True:
                with suppress(Refused):
                    answer = question()
                    answer = await answer if inspect.isawaitable(answer) else answer
                    if expected == answer:
                        return answer
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"{answer!r} is not {expected!r}, {within:g} s on") from None
