"""Personal fields on their way into the log and out of it: each is sealed by itself, for the place where it stands."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from shared.eventlog.keystore import Ring
from shared.eventlog.keytables import Whose
from shared.personal import Subject

T = TypeVar("T", bound=msgspec.Struct)
SEALED = "$sealed"
"""Stands in place of a personal field's value: `{"$sealed": [subject, purpose, box]}`."""
MARK = f'"{SEALED}"'.encode()
_WHOSE = re.compile(rb'\{"\$sealed":\[("[0-9a-f-]{36}"),"([a-z-]+)"')
_ID = msgspec.json.Decoder(UUID)
"""Four times as fast as `UUID(…)`."""
Place: TypeAlias = Callable[[str], bytes]
"""From a field's path to what its box is bound to: log, stream, version, event type and path."""


class _Sealed(msgspec.Struct, frozen=True):
    sealed: tuple[UUID, str, bytes] | UnsetType = msgspec.field(default=UNSET, name=SEALED)


_VALUES = msgspec.json.Decoder(dict[str, msgspec.Raw])
_BOX = msgspec.json.Decoder(_Sealed)


class _Field(msgspec.Struct, frozen=True):
    """A field that is marked, or one whose structs have marked fields."""

    name: str
    encoded: str
    subject: Any
    """A `Subject`; None: look inside."""


def subjects(event: msgspec.Struct, stream: UUID) -> Iterator[Whose]:
    """Whose keys an event's personal fields need."""
    for field in fields(type(event)):
        value = getattr(event, field.name)
        if isinstance(field.subject, Subject) and value is not None:
            yield whose(field.subject, event, stream)
        elif isinstance(value, msgspec.Struct):
            yield from subjects(value, stream)


def whose(subject: Subject, event: msgspec.Struct, stream: UUID) -> Whose:
    """Who a mark of this event means."""
    return (stream if subject.field is None else getattr(event, subject.field)), subject.purpose


def sealed(event: msgspec.Struct, stream: UUID, keys: Ring, place: Place, at: str = "") -> Any:
    """The event with a box in place of each personal value; None where the subject's key was destroyed."""
    changed: dict[str, Any] = {}
    for field in fields(type(event)):
        value, path = getattr(event, field.name), f"{at}/{field.encoded}"
        if value is None:
            continue
        if isinstance(field.subject, Subject):
            owner = whose(field.subject, event, stream)
            box = keys.seal(owner, msgspec.json.encode(value), place(path))
            changed[field.name] = None if box is None else _Sealed((*owner, box))
        elif isinstance(value, msgspec.Struct):
            changed[field.name] = sealed(value, stream, keys, place, path)
    return msgspec.structs.replace(event, **changed) if changed else event


def left(event: T, stream: UUID, gone: Collection[Whose]) -> T:
    """What is kept of an event, as it will be read again: None in place of what is about those whose keys are gone."""
    changed: dict[str, Any] = {}
    for field in fields(type(event)):
        value = getattr(event, field.name)
        if isinstance(field.subject, Subject):
            if value is not None and whose(field.subject, event, stream) in gone:
                changed[field.name] = None
        elif isinstance(value, msgspec.Struct) and (inner := left(value, stream, gone)) is not value:
            changed[field.name] = inner
    return msgspec.structs.replace(event, **changed) if changed else event


def needed(stored: Iterable[bytes]) -> set[Whose]:
    """Whose keys it takes to read some stored events."""
    return {(_ID.decode(found[1]), found[2].decode()) for one in stored for found in _WHOSE.finditer(one)}


def revealed(data: bytes, keys: Ring, place: Place, at: str = "") -> bytes:
    """An object's JSON with each box opened; null where the subject's key was destroyed. What is not sealed is not looked into."""
    values = _VALUES.decode(data)
    for name, value in values.items():
        if MARK in (encoded := bytes(value)) and encoded.startswith(b"{"):
            values[name] = msgspec.Raw(_opened(encoded, keys, place, f"{at}/{name}"))
    return msgspec.json.encode(values)


def _opened(encoded: bytes, keys: Ring, place: Place, at: str) -> bytes:
    box = _BOX.decode(encoded).sealed
    if box is UNSET:
        return revealed(encoded, keys, place, at)
    subject, purpose, sealed = box
    plain = keys.reveal((subject, purpose), sealed, place(at))
    return b"null" if plain is None else plain


@cache
def fields(struct: type) -> tuple[_Field, ...]:
    """The fields of a struct type that hold something personal.

    Raises:
        TypeError: a personal field stands where it cannot be sealed by itself, in a list or a mapping.
    """
    if not issubclass(struct, msgspec.Struct):
        return ()
    hints = get_type_hints(struct, include_extras=True)
    pairs = zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True)
    return tuple(_Field(name, encoded, _mark(hints[name])) for name, encoded in pairs if _holds(hints[name]))


def _mark(hint: Any) -> Subject | None:
    marks = [one for one in getattr(hint, "__metadata__", ()) if isinstance(one, Subject)]
    return marks[0] if marks else None


def _holds(hint: Any) -> bool:
    if _mark(hint) is not None:
        return True
    origin, inner = get_origin(hint), get_args(hint)
    within = [_holds(one) for one in inner] if origin is not Annotated else [_holds(inner[0])]
    if origin in (Union, UnionType, Annotated):
        return any(within)
    if any(within):
        msg = f"a personal field cannot stand in {hint}"
        raise TypeError(msg)
    return isinstance(hint, type) and bool(fields(hint))
