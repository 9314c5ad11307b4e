"""Events for others, as others read them: one file a type and version, kept with the tests, never changed but on purpose."""

from pathlib import Path
from typing import Any

import msgspec


def golden(folder: Path, event: Any) -> None:
    """The event's JSON is that of its file `<tag>.json`, and reads back as the same event."""
    tag = str(type(event).__struct_config__.tag)
    written = msgspec.json.encode(event)
    assert msgspec.json.format(written, indent=2) + b"\n" == (folder / f"{tag}.json").read_bytes()
    assert msgspec.json.decode(written, type=type(event)) == event
