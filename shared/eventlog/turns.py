"""Units that follow each other: written together, and none passed over."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


async def in_turn(
    those: Sequence[T], write: Callable[[T], Awaitable[None]], aside: Callable[[T, BaseException], Awaitable[None]]
) -> None:
    """Write some that wait for one commit. Each is refused if the one before it failed (`Unit.after`).

    The first that failed is put aside, which may raise; those behind it are written after that, one by one: they may fail as well.
    """
    together = len(those)
    while those:
        some, those = those[:together], those[together:]
        answers = await asyncio.gather(*(write(one) for one in some), return_exceptions=True)
        failed = [(one, fault) for one, fault in zip(some, answers, strict=True) if isinstance(fault, BaseException)]
        if failed:
            await aside(*failed[0])
            together, those = 1, [*(one for one, _ in failed[1:]), *those]
