"""What integrators are told they get is what is published; anybody's CloudEvents library reads it."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from jsonschema import Draft202012Validator

from shared.contracts.catalogue import EVENTS, SUBJECTS
from shared.contracts.envelope import envelope
from shared.contracts.events import DateSkipped
from shared.eventlog.types import Recorded

ROOT = Path(__file__).parents[3]
DOCUMENT = json.loads((ROOT / "docs" / "asyncapi.json").read_text())
GOLDEN = sorted((ROOT / "tests" / "services").glob("*/golden/*nl.kring.*.json"))
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LOG, STREAM = UUID(int=8), UUID(int=9)


def told(source: str) -> tuple[dict[str, str], bytes]:
    """An event as the relay writes it."""
    event = DateSkipped(STREAM, NOON.date())
    return envelope(Recorded(event, STREAM, 1, 7, LOG, NOON, "test", "c" * 32), event, STREAM, source)


def valid(schema: dict[str, Any], instance: object) -> bool:
    """By the committed document, as an outsider checks it."""
    return bool(Draft202012Validator(DOCUMENT | schema).is_valid(instance))


def test_the_committed_asyncapi_document_is_the_one_made_from_the_contracts() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "deploy.asyncapi"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    committed = (ROOT / "docs" / "asyncapi.json").read_text()
    assert made.stdout == committed, "run: python -m deploy.asyncapi > docs/asyncapi.json"


def test_every_subject_has_a_channel_and_every_type_a_message() -> None:
    assert set(DOCUMENT["channels"]) == set(SUBJECTS)
    assert set(DOCUMENT["components"]["messages"]) == set(EVENTS)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_every_golden_event_is_as_the_document_says(path: Path) -> None:
    event = json.loads(path.read_text())
    payload = DOCUMENT["components"]["messages"][event["type"]]["payload"]
    assert valid(payload, event)
    assert not valid(payload, event | {"type": "nl.kring.other.v1"})


def test_the_attributes_are_as_the_document_says() -> None:
    attributes = DOCUMENT["components"]["schemas"]["attributes"]
    headers, _ = told("urn:nld:kvknr:12345678:systeem:kring-events")
    assert valid(attributes, headers)
    assert not valid(attributes, headers | {"ce-sequence": "x"})


def test_the_cloudevents_library_reads_an_event() -> None:
    source = "urn:nld:kvknr:12345678:systeem:kring-events met 50 % é"
    headers, body = told(source)
    event = from_http_event(HTTPMessage(headers=headers, body=body))
    assert (event.get_source(), event.get_type()) == (source, "nl.kring.events.date-skipped.v1")
    assert (event.get_time(), event.get_subject()) == (NOON, str(STREAM))
    assert (event.get_extension("sequence"), event.get_extension("logid")) == ("7", str(LOG))
    assert event.get_data() == {"type": event.get_type(), "series": str(STREAM), "date": "2026-03-02"}
