"""What a caller sends to have a question answered, and whether this caller may ask it."""

import json
from typing import Any, NoReturn

import msgspec

from gateway.bounds import LARGEST_DOCUMENT
from gateway.documents.registered import Documents
from gateway.errors import QuestionRefused
from gateway.inquiry import Inquiry
from shared.identity import Role
from shared.rules import Forbidden

FREE = frozenset({Role.COORDINATOR, Role.INTEGRATOR, Role.ADMINISTRATOR})
"""Who may ask questions of their own in production; everybody may ask those that are registered."""


class Question(msgspec.Struct, frozen=True, rename="camel"):
    """One request ("GraphQL over HTTP"): the text of a document, or the hash of a registered one, with its variables."""

    query: str | None = None
    document_id: str | None = None
    variables: dict[str, Any] | None = None
    operation_name: str | None = None


def read(text: str | bytes) -> object:
    """JSON (RFC 8259) as it was sent. Raises `QuestionRefused("question-malformed")`."""
    try:
        return json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):  # not UTF-8, numbers of thousands of digits, lists within lists within lists
        raise _malformed("it is not valid JSON") from None


def asked(body: bytes) -> Question:
    """A request's body as a question. Raises `QuestionRefused("question-malformed")`."""
    try:
        return msgspec.convert(read(body), Question)
    except msgspec.ValidationError as error:
        raise _malformed(str(error)) from None


def admitted(question: Question, inquiry: Inquiry) -> str:
    """The text of a question that its caller may ask.

    Raises `QuestionRefused` for one that is too long or names none, `NotFound("document-unknown")`; in production also
    `Forbidden("question-not-registered")` and what a token that does not hold is refused with.
    """
    documents = inquiry.gateway.documents
    if bool(question.query) == bool(question.document_id):
        raise QuestionRefused("document-or-query")
    if question.document_id:
        return documents.text(question.document_id)
    text = question.query or ""
    if len(text) > LARGEST_DOCUMENT:
        raise QuestionRefused("question-too-large", what="characters", most=LARGEST_DOCUMENT)
    if inquiry.gateway.production and not may_ask(text, documents, _roles(inquiry)):
        raise Forbidden("question-not-registered", roles=", ".join(sorted(FREE)))
    return text


def may_ask(text: str, documents: Documents, roles: frozenset[Role]) -> bool:
    """Whether somebody with these roles may ask this in production."""
    return text in documents or not FREE.isdisjoint(roles)


def _roles(inquiry: Inquiry) -> frozenset[Role]:
    return inquiry.scope.roles if inquiry.has_token else frozenset()


def _malformed(why: str) -> QuestionRefused:
    return QuestionRefused("question-malformed", why=why)


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)
