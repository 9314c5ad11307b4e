"""The log's suite runs over SQLite and PostgreSQL alike."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from shared.eventlog.log import Log
from tests.shared.eventlog import seats
from tests.support.postgres import postgres_url

Opening = Callable[..., Awaitable[Log]]


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new database of each kind."""
    return f"sqlite:///{tmp_path / 'log.db'}" if request.param == "sqlite" else postgres_url()


@pytest.fixture
async def opened(url: str) -> AsyncIterator[Opening]:
    """Opens logs that are closed after the test."""
    async with AsyncExitStack() as stack:

        async def opening(
            node: str = "here.intake", deciders: Any = (seats,), views: Any = (seats,), **options: Any
        ) -> Log:
            log = await Log.open(node, url, deciders, views, **options)
            stack.push_async_callback(log.close)
            return log

        yield opening
