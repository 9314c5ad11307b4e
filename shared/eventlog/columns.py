"""Column types that behave alike on SQLite and PostgreSQL."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Dialect, Uuid
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """A moment in UTC, stored as whole microseconds since 1970: exact, sortable, the same everywhere."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Refuse a time without a zone: guessing one would be wrong twice a year."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "a time needs a zone"
            raise ValueError(msg)
        return (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Read it back as an aware UTC time."""
        return None if value is None else EPOCH + value * MICROSECOND


class Id(Uuid[UUID]):
    """An id, stored as SQLAlchemy's own type does; where that is text it is read four times as fast."""

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:  # noqa: ARG002
        """None where the driver gives ids as such."""
        return None if dialect.supports_native_uuid else _id


def _id(value: str | None) -> UUID | None:
    return None if value is None else msgspec.convert(value, UUID)
