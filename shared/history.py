"""What was recorded of one person, told as data: every event of a stream with its own names."""

from collections.abc import Sequence
from typing import Any

import msgspec

from shared.contracts.file import Noted
from shared.eventlog.recorded import name_of
from shared.eventlog.types import Recorded, Unknown
from shared.rules import Refused


def noted(stream: Sequence[Recorded[Any]]) -> tuple[Noted, ...]:
    """Tell a stream, oldest first. Raises what `known` raises."""
    return tuple(Noted(at=one.at, what=_what(one.event), by=one.by, told=_told(one.event)) for one in known(stream))


def known(stream: Sequence[Recorded[Any]]) -> Sequence[Recorded[Any]]:
    """The same stream; raises `unknown-event-type` where this program does not know all of it: then it cannot be told whole."""
    for one in stream:
        if isinstance(one.event, Unknown):
            raise Refused("unknown-event-type", stream=str(one.stream))
    return stream


def _what(event: object) -> str:
    """`intake.participant-ended.v1` is `participant-ended`."""
    return name_of(event).split(".")[1]


def _told(event: msgspec.Struct) -> dict[str, Any]:
    told = {name: getattr(event, name) for name in event.__struct_fields__}
    return {_camel(name): _plain(value) for name, value in told.items()}


def _plain(value: Any) -> Any:
    match value:
        case msgspec.Struct():
            return _told(value)
        case list() | tuple() | frozenset():
            return [_plain(one) for one in value]
        case _:
            return msgspec.to_builtins(value)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
