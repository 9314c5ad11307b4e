"""Lists: at most 100 rows at a time, continued by an opaque cursor that only the node understands (Relay's connections, one way)."""

from collections.abc import Sequence
from typing import Annotated, Generic, Protocol, TypeVar

import strawberry

from gateway.inquiry import Inquiry
from shared.rules import Refused

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

MOST = 100
LONGEST_CURSOR = 500
Info = strawberry.Info[Inquiry, None]
First = Annotated[int, strawberry.argument(description="How many rows: 1 to 100.")]
After = Annotated[
    str | None, strawberry.argument(description="Where to go on: `pageInfo.endCursor` of the page before.")
]


class Page(Protocol[T_co]):
    """A node's answer to a list."""

    @property
    def items(self) -> Sequence[T_co]: ...
    @property
    def next(self) -> str | None: ...


@strawberry.type(description="Whether there is more, and where it begins.")
class PageInfo:
    """What a reader needs to go on."""

    has_next_page: bool
    end_cursor: str | None


@strawberry.type(description="A part of a list.")
class Connection(Generic[T]):
    """One page."""

    nodes: list[T]
    page_info: PageInfo


class PageRefused(Refused):
    """The list was not asked for rightly."""

    status = 422


def connection(page: Page[T]) -> Connection[T]:
    """Show a node's page."""
    return Connection(
        nodes=list(page.items), page_info=PageInfo(has_next_page=page.next is not None, end_cursor=page.next)
    )


def rows(first: int) -> int:
    """As many rows as may be asked for at once. Raises `Refused("first-out-of-range")`."""
    if not 1 <= first <= MOST:
        raise PageRefused("first-out-of-range", first=first, most=MOST)
    return first


def place(after: str | None) -> str | None:
    """A cursor as a caller gave it back. Raises `Refused("cursor-malformed")` for what no node can have given out."""
    if after is not None and not (0 < len(after) <= LONGEST_CURSOR and after.isascii() and after.isprintable()):
        raise PageRefused("cursor-malformed")
    return after
