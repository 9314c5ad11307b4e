"""Lists come in pages: at most 100 rows, and a place to go on from that only Kring can read."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeAlias, TypeVar

import msgspec
from litestar.params import QueryParameter

from shared.rules import Invalid

T = TypeVar("T")
First: TypeAlias = Annotated[int, QueryParameter(ge=1, le=100)]
After: TypeAlias = Annotated[str | None, QueryParameter(required=False)]


def place(after: str | None, kind: type[T]) -> T | None:
    """Read where a page begins; raises `cursor-invalid`."""
    if after is None:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(after.encode("ascii")), type=kind)
    except (msgspec.MsgspecError, binascii.Error, UnicodeError):
        raise Invalid([("after", "cursor-invalid", {})]) from None


def cut(found: Sequence[T], first: int, key: Callable[[T], tuple[Any, ...]]) -> tuple[tuple[T, ...], str | None]:
    """From one row more than was asked: the page, and where the next one begins (None at the end)."""
    if len(found) <= first:
        return tuple(found), None
    items = tuple(found[:first])
    return items, base64.urlsafe_b64encode(msgspec.json.encode(key(items[-1]))).decode("ascii")
