"""What every test starts from."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Generator

import pytest
import structlog
from hypothesis import HealthCheck, settings

settings.register_profile(
    "seeded",
    derandomize=True,  # the same samples in every run: others by --hypothesis-profile=default
    deadline=None,  # no test depends on how fast the machine is
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("seeded")


def pytest_configure() -> None:
    """What tests leave in the machine's temporary folder goes with them: sockets of processes that were killed, servers' files."""
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())  # `tmp_path` stays, to be looked at
    folder = tempfile.mkdtemp(prefix="kring-")  # its name is short, as a socket's must be
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["TMPDIR"] = tempfile.tempdir = folder


UNCOUNTED = ("tests/access/", "tests/faults/", "tests/flows/", "tests/soak/")
"""They run again and again what others have run: counting lines would take them half as long again, and show nothing new."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Lines that run in some tests are not counted."""
    for item in items:
        if item.nodeid.startswith(UNCOUNTED):
            item.add_marker("no_cover")


@pytest.fixture(autouse=True)
def plain_logs() -> Generator[None]:
    """A command that was run in the test's own process has set the logs to its stderr, which is closed by now."""
    yield
    structlog.reset_defaults()
