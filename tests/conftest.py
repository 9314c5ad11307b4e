"""What every test starts from."""

from collections.abc import Generator

import pytest
import structlog
from hypothesis import settings

settings.register_profile("seeded", derandomize=True)
settings.load_profile("seeded")  # The same samples in every run: others by --hypothesis-profile=default.


@pytest.fixture(autouse=True)
def plain_logs() -> Generator[None]:
    """A command that was run in the test's own process has set the logs to its stderr, which is closed by now."""
    yield
    structlog.reset_defaults()
