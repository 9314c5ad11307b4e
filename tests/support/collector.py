"""An OpenTelemetry collector for tests: takes spans over HTTP as a real one does, and remembers them."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Span(msgspec.Struct, frozen=True):
    """A step, as the collector heard of it."""

    process: str
    name: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, Any]
    links: list[str]
    failed: str


class Collector:
    def __init__(self, url: str) -> None:
        self.url = url
        self.spans: list[Span] = []

    def named(self, name: str, **attributes: Any) -> list[Span]:
        return [one for one in self.spans if one.name == name and attributes.items() <= one.attributes.items()]

    def take(self, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        for resource in request.resource_spans:
            process = {one.key: one.value.string_value for one in resource.resource.attributes}["service.name"]
            for scope in resource.scope_spans:
                self.spans += [_span(process, one) for one in scope.spans]


def _span(process: str, one: Any) -> Span:
    attributes = {pair.key: pair.value.string_value or pair.value.int_value for pair in one.attributes}
    links = [link.trace_id.hex() for link in one.links]
    ids = one.trace_id.hex(), one.span_id.hex(), one.parent_span_id.hex()
    return Span(process, one.name, *ids, attributes, links, one.status.message)


@contextmanager
def collector() -> Generator[Collector]:
    """Run it while the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            made.take(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing: a test has its own output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made = Collector(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
