"""One correlation id follows a request through every service and letter: a W3C trace id (Trace Context, part 3.2)."""

import re
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

_HEADER = re.compile(r"(?:[0-9a-f]{2}-)?([0-9a-f]{32})(?:-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?)?")
_NONE = "0" * 32
_current: ContextVar[str] = ContextVar("trace", default=_NONE)
_span: ContextVar[str] = ContextVar("span", default="")


def current() -> str:
    """The trace id (32 hexadecimal digits) of what is being done now; outside any request a new one each time."""
    found = _current.get()
    return secrets.token_hex(16) if found == _NONE else found


def traceparent() -> str:
    """The header that hands the current trace to another part."""
    return f"00-{current()}-{span() or secrets.token_hex(8)}-01"


def span() -> str:
    """The step of the trace that is being done now (16 hexadecimal digits); nothing where none is known."""
    return _span.get()


@contextmanager
def continued(header: str | None) -> Generator[str, None, None]:
    """Go on under a `traceparent` header or a bare trace id; under a new one when there is none or it is malformed."""
    match = _HEADER.fullmatch(header or "")
    trace, step = match.groups() if match and match.group(1) != _NONE else (secrets.token_hex(16), None)
    token, before = _current.set(trace), _span.set(step or "")
    try:
        yield trace
    finally:
        _current.reset(token)
        _span.reset(before)
