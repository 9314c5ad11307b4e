"""Refusals and faults as `application/problem+json` (RFC 9457).

A code with parameters, a sentence in the caller's language, every fault by its field.
"""

from collections.abc import Callable, Mapping, MutableMapping
from enum import Enum
from typing import Any, get_args

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import ClientException, HTTPException, MethodNotAllowedException, NotFoundException
from litestar.utils.scope.state import ScopeState
from msgspec.inspect import is_struct_type as is_struct
from msgspec.structs import fields

from shared import trace
from shared.misfits import misfit
from shared.rules import Invalid, NotFound, Refused
from shared.sentences import Sentences, preferred

PROBLEM = "application/problem+json"
Asked = Request[Any, Any, Any]
Handler = Callable[[Asked, Any], Response[Any]]
Fault = tuple[str, str, Mapping[str, Any]]


class FieldFault(msgspec.Struct, frozen=True):
    """What is wrong with one field of a request."""

    field: str
    """Its path, as in contact.value; empty: the whole."""
    code: str
    detail: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a request was refused, or failed (RFC 9457)."""

    type: str
    """urn:kring:problem: and the code."""
    title: str
    status: int
    code: str
    """The same for every language; for programs."""
    detail: str
    """What happened and what to do, in the caller's language; for people."""
    params: Mapping[str, Any]
    """What the sentence is filled with."""
    errors: tuple[FieldFault, ...] = ()
    """Every field that is at fault."""


class Malformed(Refused):
    """The request cannot be read at all."""

    status = 400


class TooLarge(Refused):
    """The request is larger than any that is needed."""

    status = 413


class MethodRefused(Refused):
    """The address is there, the method is not."""

    status = 405


def exception_handlers(sentences: Sentences) -> MutableMapping[int | type[Exception], Handler]:
    """Litestar's exception handlers for a service."""

    def refused(request: Asked, refusal: Refused) -> Response[bytes]:
        return _answer(request, refusal, sentences)

    def http(request: Asked, fault: HTTPException) -> Response[bytes]:
        return _answer(request, _of_litestar(request, fault), sentences)

    def unexpected(request: Asked, fault: Exception) -> Response[bytes]:
        reference = trace.current()
        structlog.get_logger().error("unexpected error in a request", reference=reference, exc_info=fault)
        return _answer(request, _Unexpected("unexpected", reference=reference), sentences)

    def undecodable(request: Asked, fault: UnicodeDecodeError) -> Response[bytes]:
        body = ScopeState.from_scope(request.scope).body
        if isinstance(body, bytes) and body != body.decode(errors="ignore").encode():
            return _answer(request, Malformed("body-malformed", problem="it is not UTF-8"), sentences)
        return unexpected(request, fault)

    return {Refused: refused, HTTPException: http, UnicodeDecodeError: undecodable, Exception: unexpected}


class _Unexpected(Refused):
    status = 500


def _answer(request: Asked, refusal: Refused, sentences: Sentences) -> Response[bytes]:
    language = preferred(request.headers.get("accept-language"))
    faults = refusal.faults if isinstance(refusal, Invalid) else ()
    problem = Problem(
        type=f"urn:kring:problem:{refusal.code}",
        title=refusal.code,
        status=refusal.status,
        code=refusal.code,
        detail=sentences.say(refusal.code, language, refusal.parameters),
        params=refusal.parameters,
        errors=tuple(FieldFault(field, code, sentences.say(code, language, given)) for field, code, given in faults),
    )
    return Response(msgspec.json.encode(problem, enc_hook=str), status_code=refusal.status, media_type=PROBLEM)


def _of_litestar(request: Asked, fault: HTTPException) -> Refused:
    match fault:
        case NotFoundException():
            return NotFound("route-unknown")
        case MethodNotAllowedException():
            return MethodRefused("not-allowed-here")
        case ClientException(status_code=413):
            return TooLarge("body-too-large")
        case ClientException():
            return _input(request, fault)
        case _:
            return _misfit(fault.detail)


def _input(request: Asked, fault: ClientException) -> Refused:
    """Litestar (msgspec) stops at the first fault of a body; a person wants to know them all."""
    parameter = request.route_handler.parsed_fn_signature.parameters.get("data")
    body = ScopeState.from_scope(request.scope).body
    if parameter is not None and isinstance(body, bytes):
        return _of_body(body, parameter.annotation)
    extra = fault.extra if isinstance(fault.extra, list) else []
    faults = [_placed(str(one.get("key", "")), one.get("message", "")) for one in extra]
    return Invalid(faults) if faults else _misfit(fault.detail)


def _misfit(said: str) -> Refused:
    _, code, given = misfit(said)
    return Malformed(code, **given)


def _of_body(body: bytes, expected: Any) -> Refused:
    try:
        data = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as malformed:
        return Malformed("body-malformed", problem=str(malformed))
    faults = faults_in(data, expected)
    return Invalid(faults) if faults else Malformed("not-valid", problem="unexpected body")


def faults_in(data: Any, expected: Any) -> list[Fault]:
    """Every field of a request that does not fit its struct: missing, unknown or of the wrong kind."""
    if not isinstance(data, dict) or not hasattr(expected, "__struct_fields__"):
        return _fault("", data, expected)
    known = {field.encode_name: field for field in fields(expected)}
    faults: list[Fault] = [(name, "field-unknown", {"known": ", ".join(known)}) for name in data.keys() - known.keys()]
    for name, field in known.items():
        if name in data:
            faults += _fault(name, data[name], field.type)
        elif field.required:
            faults.append((name, "field-missing", {}))
    return sorted(faults, key=lambda fault: fault[0])


def _fault(name: str, value: Any, expected: Any) -> list[Fault]:
    try:
        msgspec.convert(value, expected)
    except msgspec.ValidationError as fault:
        problem, _, where = str(fault).partition(" - at `$")
        field = name + where.rstrip("`")
        if problem.startswith("Invalid enum value"):  # it would repeat what was sent, and that may be about a person
            return [(field, "choice-unknown", {"allowed": ", ".join(_choices(expected, where.rstrip("`")))})]
        return [_placed(field, problem)]
    return []


def _placed(field: str, said: str) -> Fault:
    """A fault in msgspec's words at its place."""
    inner, code, given = misfit(said)
    return ".".join(filter(None, (field, inner))), code, given


def _choices(expected: Any, where: str) -> list[str]:
    """What may stand at a place in a struct that takes one of some words; nothing for a place in a list."""
    kinds = [expected, *get_args(expected)]
    step, _, rest = where.removeprefix(".").partition(".")
    if step:
        inner = {field.encode_name: field.type for one in kinds if is_struct(one) for field in fields(one)}
        return _choices(inner.get(step), rest)
    return [str(choice.value) for one in kinds if isinstance(one, type) and issubclass(one, Enum) for choice in one]
