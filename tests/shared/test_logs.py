import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
import structlog

from shared import logs, trace
from shared.rules import Refused
from shared.settings import Environment


class Participant(msgspec.Struct):
    name: str


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    handlers = logging.root.handlers[:]
    level = logging.root.level
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def entry(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    [line] = capsys.readouterr().err.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_an_entry_is_one_json_line_with_time_process_and_trace(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("intake")
    with trace.continued("4bf92f3577b34da6a3ce929d0e0e4736"):
        structlog.get_logger().info("batch relayed", count=3, node="welzin.intake")
    found = entry(capsys)
    datetime.fromisoformat(found.pop("at"))
    assert found == {
        "level": "info",
        "process": "intake",
        "trace": "4bf92f3577b34da6a3ce929d0e0e4736",
        "event": "batch relayed",
        "count": 3,
        "node": "welzin.intake",
    }


def test_plain_values_are_shown_and_objects_are_not(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("intake")
    structlog.get_logger().warning(
        "shown",
        id=UUID(int=7),
        at=datetime(2026, 1, 1, tzinfo=UTC),
        path=Path("data"),
        env=Environment.PRODUCTION,
        codes=("a", "b"),
        none=None,
        person=Participant("Ann Jansen"),
        refused=Refused("consent-missing", name="Ann Jansen"),
        body=b"Ann Jansen",
        facts={"name": "Ann Jansen"},
        long="x" * 1000,
    )
    found = entry(capsys)
    assert "Ann" not in json.dumps(found)
    assert (found["id"], found["path"], found["env"]) == (str(UUID(int=7)), "data", "production")
    assert (found["codes"], found["person"], found["refused"]) == (["a", "b"], "<Participant>", "Refused")
    assert len(found["long"]) == logs.LONGEST


def test_an_exception_shows_where_it_happened_and_not_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("intake")
    try:
        int("Ann Jansen")
    except ValueError:
        structlog.get_logger().exception("a handler failed")
    found = entry(capsys)
    assert found["error"] == "ValueError"
    assert "test_an_exception_shows" in found["where"][-1]
    assert "Ann" not in json.dumps(found)


def test_what_is_below_the_level_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("intake", "warning")
    structlog.get_logger().info("too much")
    assert capsys.readouterr().err == ""


def test_an_entry_for_which_the_disk_has_no_room_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    full = Path("/dev/full").open("w")  # noqa: SIM115  (closing it says again that there is no room)
    monkeypatch.setattr(sys, "stderr", full)
    logs.configure("intake")
    structlog.get_logger().error("keys could not be destroyed yet", node="welzin.intake")
    with pytest.raises(OSError, match="No space left"):
        full.close()


def test_libraries_are_heard_from_warning_on_without_their_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("intake", "debug")
    logging.getLogger("somelibrary").info("chatter")
    logging.getLogger("somelibrary").error("could not store %s\nsecond line", "Ann Jansen", exc_info=ValueError("Ann"))
    found = entry(capsys)
    assert (found["library"], found["level"], found["event"]) == ("somelibrary", "error", "could not store %s")
    assert found["error"] == "ValueError"
