"""Lists come in pages: `first` rows of at most 100, and `after`, the `next` of the page before."""

import base64
import binascii
from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

from litestar.params import QueryParameter

from shared.rules import Invalid

First: TypeAlias = Annotated[int, QueryParameter(ge=1, le=100)]
After: TypeAlias = Annotated[UUID | None, QueryParameter(required=False)]


def cursor(start: datetime, series: UUID) -> str:
    """Where a page of the agenda ended."""
    return base64.urlsafe_b64encode(f"{start.isoformat()} {series}".encode()).decode()


def position(text: str) -> tuple[datetime, UUID]:
    """The start and series a cursor names; refused: `cursor-invalid`."""
    try:
        start, _, series = base64.urlsafe_b64decode(text.encode()).decode().partition(" ")
        moment = datetime.fromisoformat(start)
        if moment.tzinfo is not None:
            return moment, UUID(series)
    except (ValueError, binascii.Error):
        pass
    raise Invalid([("after", "cursor-invalid", {})])
