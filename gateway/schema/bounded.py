"""What is too large is refused before anything is asked, and what takes too long is given up (trust.md, "GraphQL stays bounded").

One look instead of the library's own limiters: those follow a fragment each time it is used, and have no limit of objects.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema, validate
from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from gateway.bounds import ALIASES, DEPTH, FAULTS, FIELDS, OBJECTS, PARTS, SECONDS, TOKENS, VALUES
from gateway.errors import QuestionRefused
from gateway.schema.measure import measured


class Bounded(SchemaExtension):
    """Holds one operation to the bounds; a subscription's time is its token's."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema

    def on_operation(self) -> Iterator[None]:
        """Stop reading a document that has too many tokens."""
        self.execution_context.parse_options["max_tokens"] = TOKENS
        yield

    def on_validate(self) -> Iterator[None]:
        """Measure first: validation itself takes long for a document that is too large."""
        context = self.execution_context
        document = context.graphql_document or DocumentNode(definitions=())
        refused = too_large(self._schema, document, context.variables or {})
        if refused is None:
            faults = validate(self._schema, document, context.validation_rules, FAULTS)
            context.pre_execution_errors = [GraphQLError(one.message, one.nodes) for one in faults]
        else:
            context.pre_execution_errors = [GraphQLError(refused.code, original_error=refused)]
        yield

    async def on_execute(self) -> AsyncIterator[None]:
        """Give up after a while."""
        asks = self.execution_context.operation_type is OperationType.QUERY
        try:
            async with asyncio.timeout(SECONDS if asks else None):
                yield
        except TimeoutError:
            raise QuestionSlow("question-slow", seconds=SECONDS) from None


class QuestionSlow(QuestionRefused):
    """The nodes did not answer in time."""

    status = 504


def too_large(schema: GraphQLSchema, document: DocumentNode, variables: dict[str, Any]) -> QuestionRefused | None:
    """Why a document is refused as too large; None when it is not."""
    if _values(variables, VALUES) > VALUES:
        return _refused("values", VALUES)
    if len(document.definitions) > PARTS:
        return _refused("parts", PARTS)
    fields = aliases = depth = objects = 0
    for size in measured(schema, document, variables):
        fields, aliases = fields + size.fields, aliases + size.aliases
        depth, objects = max(depth, size.depth), max(objects, size.objects)
        if fields > FIELDS:
            return _refused("fields", FIELDS)
    if depth > DEPTH:
        return _refused("depth", DEPTH)
    if aliases > ALIASES:
        return _refused("aliases", ALIASES)
    if objects > OBJECTS:
        return QuestionRefused("question-too-costly", objects=objects, most=OBJECTS)
    return None


def _refused(what: str, most: int) -> QuestionRefused:
    return QuestionRefused("question-too-large", what=what, most=most)


def _values(value: object, most: int) -> int:
    """How many values there are in a value; it stops counting above `most`."""
    waiting, count = [value], 0
    while waiting and count <= most:
        one = waiting.pop()
        count += 1
        if isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return count
