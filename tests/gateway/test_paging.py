"""Lists are asked for in parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.schema.paging import LONGEST_CURSOR, MOST, place, rows
from shared.rules import Refused


@given(st.integers())
def test_one_to_a_hundred_rows_may_be_asked_for(first: int) -> None:
    if 1 <= first <= MOST:
        assert rows(first) == first
    else:
        with pytest.raises(Refused, match="first-out-of-range"):
            rows(first)


@given(st.text())
def test_any_cursor_goes_on_unchanged_or_is_refused_with_a_code(after: str) -> None:
    try:
        assert place(after) == after
    except Refused as refused:
        assert refused.code == "cursor-malformed"  # noqa: PT017  (either way is right)


@pytest.mark.parametrize("after", ["", "a" * (LONGEST_CURSOR + 1), "a\nb", "é", "\x00"])
def test_what_no_node_gives_out_is_not_passed_on(after: str) -> None:
    with pytest.raises(Refused, match="cursor-malformed"):
        place(after)
