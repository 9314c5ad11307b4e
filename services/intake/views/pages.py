"""Lists in pages: an index finds where a page begins, so the last one costs what the first one costs."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Select, bindparam, tuple_


def newest(query: Select[Any], columns: Sequence[Column[Any]], after: Sequence[Any] | None, first: int) -> Select[Any]:
    """So many rows, newest first by columns of which no two rows have the same values, from after a place in the list."""
    if after is not None:
        there = tuple_(*(bindparam(None, value, column.type) for value, column in zip(after, columns, strict=True)))
        query = query.where(tuple_(*columns) < there)
    return query.order_by(*(column.desc() for column in columns)).limit(first)
