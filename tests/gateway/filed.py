"""Walking the types of a participant's file, and filling one so that every value can be told from all others."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from enum import Enum
from itertools import count
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from msgspec import Struct

FIRST_YEAR = 2100


class Filled:
    """Makes one of any type; remembers each text, number and year that it put in, by the field."""

    def __init__(self) -> None:
        self._next = count(1)
        self.marks: list[tuple[str, str]] = []

    def of(self, kind: Any, field: str = "") -> Any:
        if isinstance(kind, type) and issubclass(kind, Struct):
            return kind(
                **{name: self.of(hint, f"{kind.__name__}.{name}") for name, hint in get_type_hints(kind).items()}
            )
        if get_origin(kind) in (Union, UnionType):
            return self.of(get_args(kind)[0], field)
        if get_origin(kind) is tuple:
            return (self.of(get_args(kind)[0], field),)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return next(iter(kind))
        return self._plain(kind, field)

    def _plain(self, kind: Any, field: str) -> Any:
        number = next(self._next)
        made: dict[Any, tuple[Any, str]] = {
            str: (f"mark{number}mark", f"mark{number}mark"),
            int: (70000 + number, str(70000 + number)),
            bool: (True, ""),
            UUID: (UUID(int=number), ""),
            datetime: (datetime(FIRST_YEAR + number, 6, 1, 12, tzinfo=UTC), str(FIRST_YEAR + number)),
            date: (date(FIRST_YEAR + number, 6, 1), str(FIRST_YEAR + number)),
            dict[str, Any]: ({"hopes": f"mark{number}mark"}, f"mark{number}mark"),
        }
        value, mark = made[kind]
        if mark:
            self.marks.append((field, mark))
        return value


def structs(kind: Any) -> Iterator[type[Struct]]:
    """A type and all that it holds, as far as they are structs."""
    if isinstance(kind, type) and issubclass(kind, Struct):
        yield kind
        for hint in get_type_hints(kind).values():
            yield from structs(hint)
    for one in get_args(kind):
        yield from structs(one)


def enums(kind: Any) -> Iterator[type[Enum]]:
    """The words that a type's fields choose from."""
    for struct in structs(kind):
        for hint in get_type_hints(struct).values():
            for one in (hint, *get_args(hint)):
                if isinstance(one, type) and issubclass(one, Enum):
                    yield one
