"""A question that cannot be read is told where it is wrong, and never what was sent in it."""

from typing import Any

import pytest
from graphql import GraphQLError, GraphQLSchema, OperationDefinitionNode, parse, validate
from graphql.execution.values import get_variable_values
from hypothesis import given
from hypothesis import strategies as st

from gateway.schema.schema import schema
from gateway.unsaid import unsaid

SCHEMA: GraphQLSchema = schema(production=False)._schema  # noqa: SLF001  (what graphql-core checks against)
TRUUS = "Truus of; a, found: 'x' at"
ID = "01890000-0000-7000-8000-000000000000"
REGISTER = "mutation($it: RegisterParticipantInput!) { registerParticipant(input: $it) { id } }"
WHOLE: dict[str, Any] = {"id": ID, "nameToUse": "a", "contact": {"way": "PHONE", "value": "x"}}


def said(question: str, variables: dict[str, Any]) -> list[str]:
    """What graphql-core says of a question, as it is told."""
    try:
        document = parse(question)
        found: Any = validate(SCHEMA, document)
        if not found:
            [operation] = document.definitions
            assert isinstance(operation, OperationDefinitionNode)
            made = get_variable_values(SCHEMA, operation.variable_definitions or (), variables)
            found = made if isinstance(made, list) else []
    except GraphQLError as error:
        found = [error]
    return [unsaid(one.message) for one in found]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (TRUUS, "Expected value of type 'RegisterParticipantInput' to be an object"),
        (WHOLE | {"id": TRUUS}, "at .id: Value cannot represent a UUID"),
        (
            WHOLE | {"contact": {"way": TRUUS, "value": "x"}},
            "at .contact.way: This value does not exist in 'ContactWay' enum.",
        ),
        (WHOLE | {"shoeSize": TRUUS}, "not to include unknown field 'shoeSize'"),
        (WHOLE | {"birthYear": TRUUS}, "at .birthYear: Int cannot represent non-integer value"),
        (WHOLE | {"nameToUse": {"a": TRUUS}}, "at .nameToUse: String cannot represent a non string value"),
        ({"nameToUse": TRUUS}, "to include required field 'id'"),
    ],
)
def test_a_wrong_variable_is_named_without_its_value(wrong: Any, told: str) -> None:
    messages = said(REGISTER, {"it": wrong})
    assert any(one.startswith("Variable '$it' has invalid value") and one.endswith(told) for one in messages), messages
    assert not [one for one in messages if "Truus" in one]


@pytest.mark.parametrize(
    "question",
    [
        '{ participant(id: "Truus") { id } }',
        "{ participant(id: Truus) { id } }",
        '{ searchParticipants(input: {name: "Truus',
        '{ searchParticipants(input: {name "Truus"}) { nodes { id } } }',
        '{ "Truus" }',
        "Truus",
        "Truus { me { user } }",
        'mutation { registerParticipant(input: "Truus") { id } }',
        'mutation { registerParticipant(input: {id: "Truus", nameToUse: Truus, contact: {way: Truus, value: ["Truus"]}}) { id } }',
        'mutation { registerParticipant(input: {x: "Truus"}) { id } }',
        'query($first: Int = "Truus") { participants(first: $first) { nodes { id } } }',
        '{ me @include(if: "Truus") { user } }',
    ],
)
def test_a_value_in_the_question_itself_is_not_repeated(question: str) -> None:
    messages = said(question, {})
    assert messages
    assert not [one for one in messages if "Truus" in one]


values = st.recursive(
    st.none() | st.booleans() | st.integers(10**6) | st.text(min_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "way", "value"]), inner),
    max_leaves=5,
)


@given(
    st.text(min_size=12, alphabet=st.characters(blacklist_categories=["Cs"])), st.sampled_from(sorted(WHOLE)), values
)
def test_no_text_that_is_sent_comes_back(text: str, field: str, value: Any) -> None:
    for sent in ([text], {"way": text, "value": value}, [value, text]):
        assert not [one for one in said(REGISTER, {"it": WHOLE | {field: sent}}) if text in one]


def test_what_is_unknown_in_the_schema_is_named() -> None:
    assert said("{ me { shoeSize } }", {}) == ["Cannot query field 'shoeSize' on type 'Me'."]
    assert said("{ participants(name: 5) { nodes { id } } }", {}) == [
        "Unknown argument 'name' on field 'Query.participants'."
    ]
