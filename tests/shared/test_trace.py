import re

import pytest

from shared import trace


def test_a_trace_goes_on_under_a_traceparent_header() -> None:
    with trace.continued("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"):
        assert trace.current() == "4bf92f3577b34da6a3ce929d0e0e4736"
        assert trace.traceparent().startswith("00-4bf92f3577b34da6a3ce929d0e0e4736-")


def test_a_trace_goes_on_under_the_bare_id_that_an_event_was_recorded_with() -> None:
    with trace.continued("4bf92f3577b34da6a3ce929d0e0e4736") as found:
        assert found == "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize("header", [None, "", "nonsense", "00-short-x-01", "00-" + "0" * 32 + "-00f067aa0ba902b7-01"])
def test_without_a_usable_header_a_new_trace_begins(header: str | None) -> None:
    with trace.continued(header) as found:
        assert re.fullmatch("[0-9a-f]{32}", found)
        assert found != "0" * 32
        assert trace.current() == found


def test_a_trace_ends_with_its_request() -> None:
    with trace.continued(None) as outer:
        with trace.continued(None) as inner:
            assert trace.current() == inner != outer
        assert trace.current() == outer
    assert trace.current() != outer


def test_a_header_that_was_written_is_read_back() -> None:
    with trace.continued(None) as found:
        header = trace.traceparent()
    with trace.continued(header) as again:
        assert again == found
