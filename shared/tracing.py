"""Spans: the steps of a trace, with their times, for an OpenTelemetry collector. Off unless KRING_OTLP_URL says where it is.

`shared.trace` carries the ids, also through letters and events, which know their trace only. A trace's first span has an id that follows
from the trace's own, so whatever follows from a letter or an event stands under it. No personal data: names, ids of nodes, counts, codes.
"""

from collections.abc import Generator, Iterable
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Protocol

from shared import trace
from shared.rules import Unavailable

Plain = str | int


class Spans(Protocol):
    """Where spans go."""

    def span(
        self, name: str, of: str, attributes: dict[str, Plain], *, first: bool, links: Iterable[str]
    ) -> AbstractContextManager[None]: ...
    def close(self) -> None: ...


_OFF = nullcontext()
_on: list[Spans] = []


@contextmanager
def exporting(url: str | None, process: str) -> Generator[None]:
    """While the block lasts, send this process's spans to a collector (OTLP over HTTP); none where no address is given.

    Raises `Unavailable("traces-not-installed")`.
    """
    if url is None:
        yield
        return
    try:
        from shared import otlp  # noqa: PLC0415  (only where it is asked for: its packages are an extra)
    except ImportError:
        raise Unavailable("traces-not-installed") from None
    spans = otlp.Exported(url, process)
    _on.append(spans)
    try:
        yield
    finally:
        _on.remove(spans)
        spans.close()


def span(
    name: str, of: str = "", *, first: bool = False, links: Iterable[str] = (), **attributes: Plain
) -> AbstractContextManager[None]:
    """A step, as long as the block lasts; a refusal or a fault that leaves the block is noted by its code or kind.

    `of`: its trace (the current one unless told); `first`: the trace begins here; `links`: traces that it serves as well.
    """
    return _on[0].span(name, of or trace.current(), attributes, first=first, links=links) if _on else _OFF


@contextmanager
def _each(name: str, traces: Iterable[str], attributes: dict[str, Plain]) -> Generator[None]:
    with ExitStack() as stack:
        for one in traces:
            stack.enter_context(_on[0].span(name, one or trace.current(), attributes, first=False, links=()))
        yield


def spans(name: str, traces: Iterable[str], **attributes: Plain) -> AbstractContextManager[None]:
    """The same step for several traces at once."""
    return _each(name, traces, attributes) if _on else _OFF
