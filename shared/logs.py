"""Structured logs: one JSON line an entry, on stderr, with the trace id. Never personal data.

An entry is a fixed sentence and plain values (ids, numbers, codes). Whatever could carry a person is left out by
construction: objects show their type only, long text is cut, an exception shows where it happened but not its message.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from contextlib import suppress
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Any, cast
from uuid import UUID

import structlog
from msgspec import json

from shared import trace

LONGEST = 200
"""Characters of a text value that are shown: enough for an id, an address of a part, or a code."""

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def configure(process: str, level: str = "info") -> None:
    """Let this process write its log, and the warnings of the libraries it uses, as JSON lines to stderr."""
    number = logging.getLevelNamesMapping()[level.upper()]
    lines = _Lines(sys.stderr)
    structlog.configure(
        processors=[_stamped(process), _safe, _line],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_Library()], level=max(number, logging.WARNING), force=True)


def _stamped(process: str) -> structlog.typing.Processor:
    def stamp(_logger: object, level: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        when = datetime.now(UTC).isoformat(timespec="milliseconds")
        return {"at": when, "level": level, "process": process, "trace": trace.current(), **entry}

    return stamp


def _safe(_logger: object, _level: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    shown = {key: _plain(value) for key, value in entry.items() if key != "exc_info"}
    error = _exception(entry.get("exc_info"))
    return shown if error is None else shown | {"error": type(error).__name__, "where": _where(error)}


def _plain(value: object) -> object:
    match value:
        case None | bool() | int() | float():
            return value
        case Enum():
            return _plain(value.value)
        case str() | UUID() | Path() | datetime():
            return str(value)[:LONGEST]
        case BaseException():
            return type(value).__name__
        case list() | tuple() | set() | frozenset():
            return [_plain(one) for one in cast("list[object]", value)]
        case _:
            return f"<{type(value).__name__}>"


def _exception(info: object) -> BaseException | None:
    if isinstance(info, BaseException):
        return info
    return (info if isinstance(info, tuple) else sys.exc_info())[1] if info else None  # pyright: ignore[reportUnknownVariableType]


def _where(error: BaseException) -> list[str]:
    """The frames, innermost last: file, line and function, without the source line or any value."""
    return [
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]


def _line(_logger: object, _level: str, entry: MutableMapping[str, Any]) -> str:
    return json.encode(entry).decode()


class _Lines(structlog.PrintLogger):
    """An entry that cannot be written (the disk is full) is lost: nobody's work ends by it."""

    def msg(self, message: str) -> None:
        with suppress(OSError):
            super().msg(message)

    debug = info = warning = error = critical = msg


class _Library(logging.Handler):
    """Entries of libraries: their template's first line only, because arguments may hold anything."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger()
        log.log(record.levelno, str(record.msg).partition("\n")[0], library=record.name, exc_info=record.exc_info)
