"""A contract's struct is a GraphQL type: shown as an object, asked for as an input, its fields named once.

`shown` and `asked` give msgspec structs the definition that strawberry's own decorators would (the way `strawberry.pydantic` does
for its models), so resolvers are typed with the contract itself and the schema cannot drift from what nodes take and answer.
"""

import types
from collections.abc import Callable, Mapping
from enum import Enum
from functools import reduce
from operator import or_
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import msgspec
import strawberry
from msgspec import Struct
from msgspec.structs import FieldInfo
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import InputContext, StrawberryArgumentAnnotation
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from shared.problems import faults_in
from shared.rules import Invalid

S = TypeVar("S", bound=type[Struct])

_LISTS = (list, tuple)
_inputs: dict[Any, type] = {}
_words: dict[Any, type[Enum]] = {}


def shown(struct: S, name: str, /, **more: Any) -> S:
    """Show a struct as the object type `name`; `more` are fields (`strawberry.field`) that other calls answer, or None to leave one out."""
    fields = [_field(struct, field, _shown) for field in msgspec.structs.fields(struct) if field.name not in more]
    answered = [field for field in more.values() if field is not None]
    for python_name, field in more.items():
        if field is not None:
            field.python_name, field.origin = python_name, struct
    struct.__strawberry_definition__ = _definition(struct, name, [*fields, *answered], struct.__doc__)  # type: ignore[attr-defined]  # strawberry's mark
    return struct


def asked(struct: type[Struct], name: str, /) -> StrawberryArgumentAnnotation:
    """Take a struct as an input type; a resolver gives what this returns as the second word of an `Annotated`.

    A field with a default may be left out. What the struct itself refuses is raised as `Invalid`.
    """
    fields = [_field(struct, field, _asked) for field in msgspec.structs.fields(struct)]
    # A struct of its own, because the same contract may also be shown, and GraphQL wants two types.
    _inputs[struct] = stand_in = type(name, (), {})
    definition = _definition(stand_in, name, fields, struct.__doc__)
    definition.is_input, definition.from_input = True, _reader(struct)
    stand_in.__strawberry_definition__ = definition  # type: ignore[attr-defined]  # strawberry's mark
    return strawberry.argument(graphql_type=stand_in)


def chosen(words: Any, name: str, /) -> None:
    """Take a contract's `Literal[…]` as the enum `name`; its names are the words in capitals (`walk-in` → `WALK_IN`)."""
    members = {word.replace("-", "_").upper(): word for word in get_args(words)}
    _words[words] = strawberry.enum(cast("type[Enum]", Enum(name, members)), name=name)


def _definition(origin: type, name: str, fields: list[StrawberryField], doc: str | None) -> StrawberryObjectDefinition:
    return StrawberryObjectDefinition(
        name=name,
        is_input=False,
        is_interface=False,
        interfaces=[],
        description=_sentence(doc),
        directives=(),
        origin=origin,
        extend=False,
        fields=fields,
        is_type_of=None,
        resolve_type=None,
    )


def _field(struct: type[Struct], field: FieldInfo, read: Callable[[Any, FieldInfo], Any]) -> StrawberryField:
    hint = get_type_hints(struct)[field.name]
    return StrawberryField(
        python_name=field.name,
        graphql_name=field.encode_name,
        type_annotation=StrawberryAnnotation(read(hint, field)),
        origin=struct,
    )


def _shown(hint: Any, _: FieldInfo) -> Any:
    return _annotation(hint, {})


def _asked(hint: Any, field: FieldInfo) -> Any:
    annotation = _annotation(hint, _inputs)
    return annotation if field.required else annotation | None


def _annotation(hint: Any, instead: Mapping[Any, type]) -> Any:
    """Read a contract's type as strawberry's: a row of values is a list, words are an enum, and inputs use input types."""
    found = instead.get(hint) or _words.get(hint)
    if found is not None:
        return found
    if isinstance(hint, type) and issubclass(hint, Enum) and not hasattr(hint, "__strawberry_definition__"):
        return strawberry.enum(hint, description=_sentence(hint.__doc__))
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return reduce(or_, (_annotation(argument, instead) for argument in arguments))
    if origin in _LISTS:
        return types.GenericAlias(list, (_annotation(arguments[0], instead),))
    return hint


def _reader(struct: type[Struct]) -> Callable[[type, Mapping[str, Any], InputContext], Any]:
    def read(_: type, value: Mapping[str, Any], __: InputContext) -> Struct:
        given = _given(value)
        try:
            return msgspec.convert(given, struct)
        except msgspec.ValidationError as error:
            raise Invalid(faults_in(given, struct)) from error

    return read


def _given(value: Any) -> Any:
    """The input without what was left out (null): those fields take the contract's defaults."""
    match value:
        case Enum():
            return value.value
        case Mapping():
            return {key: _given(one) for key, one in value.items() if one is not None}
        case list():
            return [_given(one) for one in value]
        case _:
            return value


def _sentence(doc: str | None) -> str | None:
    return " ".join((doc or "").split("\n\n")[0].split()) or None
