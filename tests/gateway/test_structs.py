"""A contract's struct as a GraphQL type."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
import strawberry

from gateway.errors import CodedErrors
from gateway.schema.structs import asked, chosen, shown

Size = Literal["small", "very-large"]


class Inner(msgspec.Struct, frozen=True, rename="camel"):
    """Within."""

    how_many: Annotated[int, msgspec.Meta(ge=1)] = 1
    sizes: tuple[Size, ...] = ("small",)


class Outer(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Around.

    Not shown.
    """

    id: UUID
    inner: Inner
    day: date | None = None
    count: Annotated[int, msgspec.Meta(ge=1)] = 1


chosen(Size, "Size")
shown(Inner, "Inner")
shown(Outer, "Outer")
asked(Inner, "InnerInput")
OuterInput = Annotated[Outer, asked(Outer, "OuterInput")]


@strawberry.type
class Query:
    @strawberry.field
    def echo(self, outer: OuterInput) -> Outer:
        return outer


SCHEMA = strawberry.Schema(Query, extensions=[CodedErrors])
FIELDS = "{ id day inner { howMany sizes } }"
ID = "018f4e4e-7a3c-7000-8000-000000000001"


async def _echo(outer: str) -> dict[str, object]:
    result = await SCHEMA.execute(f"{{ echo(outer: {outer}) {FIELDS} }}")
    assert not result.errors, result.errors
    assert result.data is not None
    echo: dict[str, object] = result.data["echo"]
    return echo


async def test_names_words_and_nested_structs_go_in_and_out() -> None:
    given = f'{{id: "{ID}", day: "2026-01-10", inner: {{howMany: 2, sizes: [VERY_LARGE]}}}}'
    assert await _echo(given) == {"id": ID, "day": "2026-01-10", "inner": {"howMany": 2, "sizes": ["VERY_LARGE"]}}


async def test_what_is_left_out_or_null_takes_the_contracts_default() -> None:
    for inner in ("{}", "{howMany: null, sizes: null}"):
        echo = await _echo(f'{{id: "{ID}", day: null, inner: {inner}}}')
        assert echo == {"id": ID, "day": None, "inner": {"howMany": 1, "sizes": ["SMALL"]}}


async def test_what_the_contract_refuses_is_a_coded_fault_at_its_field() -> None:
    result = await SCHEMA.execute(f'{{ echo(outer: {{id: "{ID}", inner: {{howMany: 0}}}}) {FIELDS} }}')
    assert result.errors
    extensions = result.errors[0].extensions or {}
    assert (extensions["code"], extensions["status"]) == ("invalid", 422)
    [fault] = extensions["errors"]
    assert fault["field"] == "inner.howMany"
    assert "1 or more" in fault["detail"]


async def test_every_field_that_the_contract_refuses_is_named_at_once() -> None:
    result = await SCHEMA.execute(f'{{ echo(outer: {{id: "{ID}", count: 0, inner: {{howMany: 0}}}}) {FIELDS} }}')
    assert result.errors
    assert [fault["field"] for fault in (result.errors[0].extensions or {})["errors"]] == ["count", "inner.howMany"]


def test_a_description_is_the_docstrings_first_paragraph() -> None:
    assert '"""Around."""\ntype Outer {' in SCHEMA.as_str()
