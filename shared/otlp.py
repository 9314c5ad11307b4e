"""Spans to an OpenTelemetry collector. Needs the extra `traces`; only `shared.tracing` imports this."""

import secrets
from collections.abc import Generator, Iterable
from contextlib import contextmanager

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, StatusCode, TraceFlags, set_span_in_context

from shared import trace
from shared.rules import Refused

PATIENCE = 2
"""Seconds that a collector has to take spans in; what it does not take is dropped, and the library says so in the log."""
_AT_MOST = 32


class _Ids(RandomIdGenerator):
    """Spans have the ids that `shared.trace` hands on. Spans begin on one thread, one after the other."""

    trace = span = ""

    def generate_trace_id(self) -> int:
        return int(self.trace, 16)

    def generate_span_id(self) -> int:
        return int(self.span, 16)


class Exported:
    """A process's spans, sent in batches from a thread of their own."""

    def __init__(self, url: str, process: str) -> None:
        self._ids = _Ids()
        resource = Resource.create({"service.name": f"kring-{process}"})
        self._provider = TracerProvider(id_generator=self._ids, resource=resource, shutdown_on_exit=False)
        exporter = OTLPSpanExporter(endpoint=f"{url.rstrip('/')}/v1/traces", timeout=PATIENCE)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("kring")

    @contextmanager
    def span(
        self, name: str, of: str, attributes: dict[str, str | int], *, first: bool, links: Iterable[str]
    ) -> Generator[None]:
        """See `shared.tracing.span`."""
        parent = (trace.span() if of == trace.current() else "") or ("" if first else _first(of))
        self._ids.trace, self._ids.span = of, _first(of) if first else secrets.token_hex(8)
        context = set_span_in_context(NonRecordingSpan(_at(of, parent)), Context()) if parent else Context()
        others = [Link(_at(one, _first(one))) for one in list(dict.fromkeys(filter(None, links)))[:_AT_MOST]]
        span = self._tracer.start_span(name, context, attributes=attributes, links=others)
        try:
            with trace.continued(f"00-{of}-{span.get_span_context().span_id:016x}-01"):
                yield
        except Refused as refused:
            span.set_attribute("refused", refused.code)
            raise
        except Exception as fault:
            span.set_status(StatusCode.ERROR, type(fault).__name__)  # its message may hold anything
            raise
        finally:
            span.end()

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()


def _first(of: str) -> str:
    """The id of a trace's first span."""
    return of[:16]


def _at(of: str, span: str) -> SpanContext:
    return SpanContext(int(of, 16), int(span, 16), is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
