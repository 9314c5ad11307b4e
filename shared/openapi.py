"""A service's OpenAPI document: Litestar's, and what holds for every route: who may come in, how refusals look, which headers there are."""

from collections.abc import Callable, Iterator, Mapping
from http import HTTPMethod
from typing import Any

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from shared.access import PUBLIC, Access
from shared.headers import VERSION
from shared.problems import PROBLEM, Problem

_REF = "#/components/schemas/{name}"
_BEARER = "bearer"
_LANGUAGE = {
    "in": "header",
    "name": "Accept-Language",
    "description": "nl or en: the language of sentences in the answer. Without it English.",
    "schema": {"type": "string", "default": "en"},
}
_ONCE = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": "A UUID made by the caller: a request asked again with the same one is done once.",
    "schema": {"type": "string", "format": "uuid"},
}
_VERSION = {
    "description": "Version of this API, on every answer (API Design Rules, /core/version-header).",
    "required": True,
    "schema": {"type": "string", "examples": [VERSION]},
}


def document(app: Litestar, declared: Callable[[HTTPRouteHandler], Access | None]) -> dict[str, Any]:
    """Describe an application; `declared` tells who may come in at a route."""
    told = app.openapi_schema.to_schema()
    handlers = dict(_handlers(app))
    for path, operations in told["paths"].items():
        for method, operation in operations.items():
            _complete(operation, method.upper(), declared(handlers[path, method.upper()]))
    _, problems = msgspec.json.schema_components([Problem], ref_template=_REF)
    told["components"]["schemas"] |= problems
    told["components"] |= {
        "headers": {"API-Version": _VERSION},
        "parameters": {"Accept-Language": _LANGUAGE, "Idempotency-Key": _ONCE},
        "responses": {"Problem": _problem()},
        "securitySchemes": {_BEARER: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
    }
    return told


def _handlers(app: Litestar) -> Iterator[tuple[tuple[str, str], HTTPRouteHandler]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                yield from (((route.path_format, method), handler) for method in handler.http_methods)


def _complete(operation: dict[str, Any], method: str, may: Access | None) -> None:
    """Litestar describes refusals as its own, in a form that no route has here."""
    if may != PUBLIC:
        operation["security"] = [{_BEARER: []}]
    said = ["Accept-Language", *(() if method == HTTPMethod.GET else ("Idempotency-Key",))]
    parameters = operation.setdefault("parameters", [])
    parameters += ({"$ref": f"#/components/parameters/{name}"} for name in said)
    answers: Mapping[str, Any] = operation["responses"]
    done = {status: answer for status, answer in answers.items() if status < "4"}
    for answer in done.values():
        answer.setdefault("headers", {})["API-Version"] = {"$ref": "#/components/headers/API-Version"}
    refused = {"$ref": "#/components/responses/Problem"}
    operation["responses"] = done | {"4XX": refused, "5XX": refused}


def _problem() -> dict[str, Any]:
    return {
        "description": "Refused or failed: a code with parameters, and a sentence that says what to do (RFC 9457).",
        "content": {PROBLEM: {"schema": {"$ref": _REF.format(name=Problem.__name__)}}},
        "headers": {"API-Version": {"$ref": "#/components/headers/API-Version"}},
    }
