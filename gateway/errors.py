"""What a caller reads when it does not work: a code with parameters and a sentence; anything unexpected only as a number."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import structlog
from graphql import GraphQLError
from strawberry.exceptions import MissingQueryError
from strawberry.extensions import MaskErrors
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from gateway.bounds import DEPTH, TOKENS
from gateway.unsaid import unsaid
from shared import trace
from shared.rules import Invalid, Refused
from shared.sentences import COMMON, LANGUAGES, Sentences

SENTENCES = Sentences(COMMON, Path(__file__).parent / "words")
"""What the gateway itself says; a node's refusal comes with its own sentence."""
_log = structlog.get_logger()
_LARGE = {"tokens": (re.compile(r"more than \d+ tokens"), TOKENS), "depth": (re.compile("nested too deeply"), DEPTH)}
"""How graphql-core says that it stopped reading a document: what there is too much of, and how much there may be."""
_LONGEST_WHY = 300
"""Characters of graphql-core's message that are shown."""
_OF_REQUEST = (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError)
"""What the library raises for a request that names no operation of its document."""


class Fault(msgspec.Struct, frozen=True):
    """One fault of an input: which field, what is wrong, in a code and a sentence."""

    field: str
    code: str
    detail: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A node's `application/problem+json` (RFC 9457)."""

    status: int
    code: str = "unexpected"
    detail: str = ""
    params: dict[str, Any] = {}
    errors: list[Fault] = []


class NodeRefused(Refused):
    """A node said no: its code, parameters and sentence are passed on as they are."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code, **problem.params)
        self.problem = problem


class QuestionRefused(Refused):
    """The GraphQL document itself is at fault."""

    status = 400


class CodedErrors(MaskErrors):
    """Give every error of an answer a code and a sentence. What nobody foresaw gets a reference number that is logged."""

    def on_operation(self) -> Iterator[None]:
        """Also what ends an operation from outside its resolvers, such as its time."""
        try:
            yield from super().on_operation()
        except _OF_REQUEST:
            raise
        except Exception as error:  # noqa: BLE001  (all of them are told as what they are, or as a number)
            raise self.anonymise_error(GraphQLError("", original_error=error)) from None

    def anonymise_error(self, error: GraphQLError) -> GraphQLError:
        """The same error as callers may see it."""
        language = getattr(self.execution_context.context, "language", LANGUAGES[0])
        message, extensions = _told(error, language)
        return GraphQLError(message, error.nodes, error.source, error.positions, error.path, extensions=extensions)


def told(refused: Refused, language: str) -> tuple[str, dict[str, Any]]:
    """A refusal as its sentence and its coded form: code, params, status, and each fault of an input."""
    if isinstance(refused, NodeRefused):
        problem = refused.problem
        return problem.detail, _coded(problem.code, problem.status, problem.params, problem.errors)
    faults = refused.faults if isinstance(refused, Invalid) else ()
    errors = [Fault(field, code, SENTENCES.say(code, language, parameters)) for field, code, parameters in faults]
    message = SENTENCES.say(refused.code, language, refused.parameters)
    return message, _coded(refused.code, refused.status, refused.parameters, errors)


def _told(error: GraphQLError, language: str) -> tuple[str, dict[str, Any]]:
    cause = error.original_error
    if isinstance(cause, Refused):
        return told(cause, language)
    if isinstance(cause, CannotGetOperationTypeError):
        return told(_question_refused(cause.as_http_error_reason()), language)
    if error.path is None and isinstance(cause, GraphQLError | None):
        return told(_question_refused(error.message), language)
    if isinstance(cause, UnicodeEncodeError):  # half a surrogate pair, which JSON can name and UTF-8 cannot
        return told(QuestionRefused("text-unprintable"), language)
    reference = trace.current()
    _log.error("unexpected error in an answer", reference=reference, exc_info=cause or error)
    parameters = {"reference": reference}
    return SENTENCES.say("unexpected", language, parameters), _coded("unexpected", 500, parameters, ())


def _question_refused(why: str) -> Refused:
    """graphql-core's own message says where; no value that was sent is in it."""
    for what, (said, most) in _LARGE.items():
        if said.search(why):
            return QuestionRefused("question-too-large", what=what, most=most)
    return QuestionRefused("question-malformed", why=unsaid(why)[:_LONGEST_WHY].rstrip("."))


def _coded(code: str, status: int, params: Mapping[str, Any], errors: Sequence[Fault]) -> dict[str, Any]:
    coded: dict[str, Any] = {"code": code, "status": status, "params": msgspec.to_builtins(dict(params))}
    return coded | {"errors": msgspec.to_builtins(list(errors))} if errors else coded
