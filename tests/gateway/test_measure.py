"""How large an answer can get is known before anything is asked."""

from typing import Any

import pytest
from graphql import get_introspection_query, parse
from hypothesis import given
from hypothesis import strategies as st

from gateway.bounds import FIELDS, OBJECTS
from gateway.documents.registered import registered
from gateway.schema.bounded import too_large
from gateway.schema.measure import INTROSPECTED, LIST, Size, measured
from gateway.schema.paging import MOST
from gateway.schema.schema import schema

SCHEMA = schema(production=False).graphql


def _size(question: str, **variables: Any) -> Size:
    [size] = measured(SCHEMA, parse(question), variables)
    return size


@pytest.mark.parametrize(
    ("question", "objects"),
    [
        pytest.param("{ me { user team } }", 1, id="one object"),
        pytest.param("{ __typename }", 0, id="no object"),
        pytest.param("{ participants(first: 3) { nodes { id } } }", 1 + 3, id="a page and its rows"),
        pytest.param("{ participants { nodes { id } } }", 1 + 20, id="the default number of rows"),
        pytest.param("{ participants(first: 3) { pageInfo { endCursor } } }", 1 + 1, id="a page without its rows"),
        pytest.param("{ participants(first: 0) { nodes { id } } }", 1 + 1, id="fewer than may be"),
        pytest.param("{ participants(first: 5000) { nodes { id } } }", 1 + MOST, id="more than may be"),
        pytest.param(
            "{ participants(first: 10) { nodes { kliks(first: 7) { nodes { id } } } } }",
            1 + 10 * (1 + 1 + 7),
            id="rows times rows",
        ),
        pytest.param('{ referral(id: "x") { timeline { at } } }', 1 + LIST, id="a list of which nobody says how long"),
        pytest.param("{ ...A } fragment A on Query { ...B } fragment B on Query { me { user } }", 1, id="by fragments"),
        pytest.param("{ ... on Query { ... { me { user } } } }", 1, id="by nameless fragments"),
        pytest.param(
            "{ participants(first: 4) { ...P } } fragment P on ParticipantConnection { nodes { id } }",
            1 + 4,
            id="rows in a fragment",
        ),
        pytest.param("{ a: me { user } b: me { user } }", 2, id="other names"),
        pytest.param("{ nothing { more { user } } }", 2, id="what is not there"),
        pytest.param("{ __schema { types { name } } }", 1 + INTROSPECTED, id="the schema of itself"),
        pytest.param("{ me @skip(if: true) { user } }", 0, id="skipped"),
        pytest.param("{ me @include(if: false) { user } }", 0, id="not included"),
        pytest.param("{ me @skip(if: false) @include(if: true) { user } }", 1, id="neither"),
        pytest.param("{ ... @skip(if: true) { me { user } } }", 0, id="a nameless fragment skipped"),
        pytest.param("mutation { cancelSeries(id: 7) { id } }", 1, id="a change"),
        pytest.param("subscription { inboxChanged(first: 9) { nodes { id } } }", 1 + 9, id="news"),
    ],
)
def test_objects_are_counted_as_lists_multiply(question: str, objects: int) -> None:
    assert _size(question).objects == objects


ROWS = "query ($n: Int! = 30) { participants(first: $n) { nodes { id } } }"


@pytest.mark.parametrize(
    ("variables", "rows"),
    [({}, 30), ({"n": 5}, 5), ({"n": 5.0}, 5), ({"n": True}, MOST), ({"n": "5"}, MOST), ({"n": None}, MOST)],
)
def test_rows_may_come_from_a_variable_or_its_default(variables: dict[str, Any], rows: int) -> None:
    assert _size(ROWS, **variables).objects == 1 + rows


def test_a_variable_that_was_not_given_takes_the_fields_default() -> None:
    assert _size("query ($n: Int!) { participants(first: $n) { nodes { id } } }").objects == 1 + 20


@pytest.mark.parametrize(("shown", "objects"), [(True, 1), (False, 0), ("no", 1)])
def test_a_variable_may_leave_a_field_out(shown: Any, objects: int) -> None:
    assert _size("query ($shown: Boolean!) { me @include(if: $shown) { user } }", shown=shown).objects == objects


def test_fields_aliases_and_depth_are_counted_where_fragments_are_used() -> None:
    size = _size("{ ...F ...F } fragment F on Query { who: me { user user } }")
    assert (size.fields, size.aliases, size.depth) == (6, 4, 1)


def test_each_operation_is_measured_with_its_own_defaults() -> None:
    two = "query A($n: Int! = 1) { ...F } query B($n: Int! = 9) { ...F } fragment F on Query { participants(first: $n) { nodes { id } } }"
    assert [size.objects for size in measured(SCHEMA, parse(two), {})] == [2, 10]


def test_what_graphiql_asks_first_is_allowed() -> None:
    assert too_large(SCHEMA, parse(get_introspection_query()), {}) is None


def test_every_registered_question_is_allowed() -> None:
    texts = registered().texts
    assert len(texts) > 10
    for text in texts:
        assert too_large(SCHEMA, parse(text), {"first": MOST}) is None, text


@given(st.lists(st.integers(min_value=1, max_value=MOST), min_size=1, max_size=3))
def test_rows_within_rows_multiply_whatever_their_numbers(rows: list[int]) -> None:
    inner, expected = "id", 0
    for number in reversed(rows[1:]):
        inner = f"kliks(first: {number}) {{ nodes {{ id }} }} {inner}"
        expected += 1 + number
    question = f"{{ participants(first: {rows[0]}) {{ nodes {{ {inner} }} }} }}"
    objects = 1 + rows[0] * (1 + expected)
    assert _size(question).objects == objects
    refused = too_large(SCHEMA, parse(question), {})
    assert (refused is not None) == (objects > OBJECTS)


def test_the_bounds_are_told() -> None:
    costly = too_large(SCHEMA, parse("{ participants(first: 100) { nodes { kliks { nodes { id } } } } }"), {})
    assert costly is not None
    assert (costly.code, costly.parameters["objects"], costly.parameters["most"]) == ("question-too-costly", 2201, 1000)
    wide = too_large(SCHEMA, parse("{ ...F ...F } fragment F on Me {" + " user" * FIELDS + "}"), {})
    assert wide is not None
    assert (wide.code, wide.parameters["what"], wide.parameters["most"]) == ("question-too-large", "fields", FIELDS)
