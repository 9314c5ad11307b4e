"""Text as it enters: kept as Unicode NFC, trimmed, and limited in length (the limit stands in the type and so in the OpenAPI)."""

import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any, TypeAlias, TypeVar, get_type_hints

import msgspec
from msgspec import Meta, Struct

from shared.rules import Invalid

S = TypeVar("S", bound=Struct)
_UNPRINTABLE = ("Cc", "Cs")
"""Control characters (PostgreSQL takes no U+0000) and halves of surrogate pairs: no text a person writes."""
Fault: TypeAlias = tuple[str, str, dict[str, Any]]

Name: TypeAlias = Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": 100})]
"""One line that must be there."""
Short: TypeAlias = Annotated[str, Meta(extra_json_schema={"maxLength": 100})]
"""One line that may be empty."""
Text: TypeAlias = Annotated[str, Meta(extra_json_schema={"maxLength": 500})]
"""Free text: no diagnoses, no third persons."""
Said: TypeAlias = Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": 500})]
"""Free text that must be there."""
Words: TypeAlias = Annotated[tuple[str, ...], Meta(extra_json_schema={"maxItems": 20, "items": {"maxLength": 100}})]
"""A few short words or codes."""


def tidy(request: S) -> S:
    """Return the request with every text trimmed and in NFC; raises `Invalid` with every text that is missing or too long."""
    faults: list[Fault] = []
    done = _tidy(request, "", faults)
    if faults:
        raise Invalid([(field, code, parameters) for field, code, parameters in faults])
    return done


def _tidy(request: S, path: str, faults: list[Fault]) -> S:
    changes = {
        name: _value(getattr(request, name), schema, f"{path}{encoded}", faults)
        for name, encoded, schema in _fields(type(request))
    }
    return msgspec.structs.replace(request, **changes)


@cache
def _fields(struct: type[Struct]) -> Sequence[tuple[str, str, dict[str, Any]]]:
    """Each field's name, its name in requests, and its limits."""
    hints = get_type_hints(struct, include_extras=True)
    return [(one.name, one.encode_name, _schema(hints[one.name])) for one in msgspec.structs.fields(struct)]


def _value(value: Any, schema: dict[str, Any], path: str, faults: list[Fault]) -> Any:
    match value:
        case Struct():
            return _tidy(value, f"{path}.", faults)
        case str() if type(value) is str:
            return _text(value, schema, path, faults)
        case tuple():
            if len(value) > schema.get("maxItems", len(value)):
                faults.append((path, "too-many", {"limit": schema["maxItems"], "length": len(value)}))
            return tuple(_value(item, schema.get("items", {}), path, faults) for item in value)
        case _:
            return value


def _text(value: str, schema: dict[str, Any], path: str, faults: list[Fault]) -> str:
    text = unicodedata.normalize("NFC", value).strip()
    if any(unicodedata.category(one) in _UNPRINTABLE and one not in "\n\t" for one in text):
        faults.append((path, "text-unprintable", {}))
    if len(text) > schema.get("maxLength", len(text)):
        faults.append((path, "text-too-long", {"limit": schema["maxLength"], "length": len(text)}))
    if len(text) < schema.get("minLength", 0):
        faults.append((path, "text-missing", {}))
    return text


def _schema(hint: Any) -> dict[str, Any]:
    """Find the limits in a field's type, also inside `X | None`."""
    for candidate in (hint, *getattr(hint, "__args__", ())):
        for extra in getattr(candidate, "__metadata__", ()):
            if isinstance(extra, Meta) and extra.extra_json_schema:
                return extra.extra_json_schema
    return {}
