from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.envelope import LARGEST, Malformed, contents, envelope, opened
from shared.eventlog.types import Recorded
from tests.shared.wire.counting import STREAM, Counted, Told

LOG = UUID(int=8)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SOURCE = "urn:nld:kvknr:12345678:systeem:kring-intake"
NAMES = [
    "ce-id",
    "ce-specversion",
    "ce-type",
    "ce-source",
    "ce-time",
    "ce-subject",
    "ce-sequence",
    "ce-logid",
    "ce-traceparent",
    "x",
]


def recorded(position: int = 7, trace: str = "c" * 32) -> Recorded[Counted]:
    return Recorded(Counted(1, "own"), STREAM, 1, position, LOG, NOON, "test", trace)


def code(attempt: Callable[[], object]) -> str:
    """Why it was not read; empty when it was."""
    try:
        attempt()
    except Malformed as malformed:
        return malformed.code
    return ""


@given(
    st.integers(1, 2**63 - 1), st.text("0123456789abcdef", min_size=32, max_size=32) | st.just(""), st.text(max_size=60)
)
def test_what_goes_in_comes_out(position: int, trace: str, source: str) -> None:
    headers, data = envelope(recorded(position, trace), Told(5), STREAM, source)
    read = opened(headers)
    assert (read.sequence, read.log, read.trace, read.subject, read.time) == (position, LOG, trace, STREAM, NOON)
    assert (read.type, read.source) == ("nl.kring.counting.told.v1", source)
    assert contents(data, Told) == Told(5)
    assert all(value.isascii() and value.isprintable() and " " not in value for value in headers.values())


def test_an_event_has_one_id_for_ever_by_its_place_in_the_log() -> None:
    first, again = (opened(envelope(recorded(), Told(5), STREAM, SOURCE)[0]).id for _ in range(2))
    other = opened(envelope(recorded(8), Told(5), STREAM, SOURCE)[0]).id
    assert first == again != other


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=40)), st.data())
def test_any_headers_are_read_or_refused_with_a_code(changed: dict[str, str], data: st.DataObject) -> None:
    headers = envelope(recorded(), Told(5), STREAM, SOURCE)[0]
    for gone in data.draw(st.sets(st.sampled_from(sorted(headers)))):
        del headers[gone]
    assert code(lambda: opened(headers | changed)) in {"", "envelope-malformed", "envelope-not-cloudevents"}


@given(st.binary(max_size=40))
def test_any_data_is_read_or_refused_with_a_code(data: bytes) -> None:
    assert code(lambda: contents(data, Told)) in {"", "event-malformed"}


def test_a_field_that_a_newer_sender_adds_is_passed_over() -> None:
    assert contents(b'{"number": 5, "colour": "blue"}', Told) == Told(5)


def test_an_event_is_small() -> None:
    with pytest.raises(ValueError, match="bytes"):
        envelope(recorded(), Counted(1, "x" * LARGEST), STREAM, SOURCE)
