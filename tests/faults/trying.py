"""One place after another, each by its name: `nodes/pwrite64:153:KILL`."""

import traceback
from collections.abc import Iterator
from contextlib import ExitStack
from importlib import import_module
from typing import Any

from shared import logs
from tests.faults.strace import Place, Program

KINDS = ("nodes", "relays")
_ready: dict[str, Program] = {}
"""Of this process, which keeps them until it ends."""
_kept = ExitStack()


def places() -> Iterator[str]:
    """All that there are."""
    for kind in KINDS:
        with _trial(kind).READY() as ready:
            yield from (f"{kind}/{place}" for place in _trial(kind).places(ready))


def attempt(place: str) -> tuple[str, bool, str]:
    """Try one: gives it back with whether there was such a call, and with what went wrong."""
    kind, _, where = place.partition("/")
    if kind not in _ready:
        logs.configure("faults", "error")
        _ready[kind] = _kept.enter_context(_trial(kind).READY())
    try:
        return place, _trial(kind).attempt(_ready[kind], Place.parse(where)), ""
    except Exception:  # noqa: BLE001  (whatever it is, it is told with its place)
        return place, False, traceback.format_exc()


def _trial(kind: str) -> Any:
    return import_module(f"tests.faults.{kind}")
