"""The gateway's web application: its routes, and how refusals look."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import msgspec
from litestar import Litestar, Request, Response
from litestar.types import ASGIApp, ControllerRouterHandler, Message, Receive, Scope, Send

from gateway.allowance import TooMany
from gateway.bounds import LARGEST_BODY
from gateway.errors import SENTENCES, NodeRefused
from shared import trace, tracing
from shared.headers import guarded
from shared.problems import PROBLEM, Handler, exception_handlers
from shared.rules import Refused


def application(routes: Sequence[ControllerRouterHandler], *, production: bool) -> Litestar:
    """Make it of its routes."""
    handlers = exception_handlers(SENTENCES)
    return Litestar(
        routes,
        openapi_config=None,
        middleware=[_traced],
        exception_handlers={**handlers, TooMany: _later(handlers[Refused]), NodeRefused: _passed_on},
        before_send=[guarded(production=production)],
        request_max_body_size=LARGEST_BODY,
    )


def _later(refused: Handler) -> Handler:
    """Say too when to come back (RFC 9110, section 10.2.3)."""

    def too_many(request: Request[Any, Any, Any], refusal: TooMany) -> Response[Any]:
        answer = refused(request, refusal)
        answer.headers["retry-after"] = str(refusal.parameters["seconds"])
        return answer

    return too_many


def _passed_on(_: Request[Any, Any, Any], refusal: NodeRefused) -> Response[bytes]:
    """A node's own refusal, with the sentence that it chose."""
    problem = refusal.problem
    told = {"type": f"urn:kring:problem:{problem.code}", "title": problem.code, **msgspec.to_builtins(problem)}
    return Response(msgspec.json.encode(told), status_code=problem.status, media_type=PROBLEM)


def _traced(app: ASGIApp) -> ASGIApp:
    """Go on under the caller's trace, or begin one; the answer names it (`traceresponse`, W3C Trace Context level 2)."""

    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        header = headers.get(b"traceparent", b"").decode("latin-1")
        asked = scope.get("path") == "/graphql"  # a scrape of /metrics is not worth a trace
        with trace.continued(header), tracing.span("request", first=True) if asked else nullcontext():
            await app(scope, receive, _telling(send))

    return run


def _telling(send: Send) -> Send:
    async def told(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = (*message["headers"], (b"traceresponse", trace.traceparent().encode()))
        await send(message)

    return told
