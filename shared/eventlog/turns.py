"""Units that follow each other: written together, and none passed over."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


async def in_turn(
    those: Sequence[T], write: Callable[[T], Awaitable[None]], aside: Callable[[T, BaseException], Awaitable[None]]
) -> None:
    """Write some that wait for one commit. Each is refused if the one before it failed (`Unit.after`).

    The first that failed is put aside, which may raise; those behind it are written after that.
    """
    while those:
        answers = await asyncio.gather(*(write(one) for one in those), return_exceptions=True)
        failed = [
            (one, answer) for one, answer in zip(those, answers, strict=True) if isinstance(answer, BaseException)
        ]
        if failed:
            await aside(*failed[0])
        those = [one for one, _ in failed[1:]]
