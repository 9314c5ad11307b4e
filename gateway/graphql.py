"""GraphQL over HTTP (POST with JSON only) and over websockets (graphql-transport-ws only)."""

import json
from collections.abc import Collection
from datetime import timedelta
from typing import Any, ClassVar

from litestar import MediaType, Request, Response, WebSocket, get, post, websocket
from litestar.status_codes import HTTP_200_OK
from litestar.types import Dependencies
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http import process_result
from strawberry.litestar.controller import GraphQLController
from strawberry.schema.base import BaseSchema
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.graphql import OperationType
from strawberry.types.unset import UNSET, UnsetType

from gateway.allowance import TooMany
from gateway.asking import begun
from gateway.bounds import INIT_SECONDS
from gateway.doors import OPEN
from gateway.errors import QuestionRefused
from gateway.inquiry import Gateway, Inquiry
from gateway.question import admitted, asked, read
from gateway.sockets import Conversation, Wire, of_a_plain_page, turned_away
from shared.problems import MethodRefused
from shared.rules import Unauthenticated

Asked = Request[Any, Any, Any]
PATH = "/graphql"
_BY_POST = (OperationType.QUERY, OperationType.MUTATION)
_IDE_POLICY = (
    "default-src 'self' https://unpkg.com; script-src 'self' 'unsafe-inline' https://unpkg.com;"
    " style-src 'self' 'unsafe-inline' https://unpkg.com; img-src 'self' data: https://unpkg.com;"
    " font-src 'self' data: https://unpkg.com; worker-src blob:; frame-ancestors 'none'"
)
"""GraphiQL is the one page that loads something from elsewhere; it is not there in production."""


class Endpoint(GraphQLController[Any, Any]):
    """One door, kept narrow: what the library also offers (queries by GET, older protocols, uploads, batches) stays shut."""

    gateway: Gateway
    path = PATH
    dependencies: ClassVar[Dependencies] = {}  # type: ignore[misc]  # the library's own is one of the class too
    allow_queries_via_get = False
    protocols = (GRAPHQL_TRANSPORT_WS_PROTOCOL,)
    allowed_origins: Collection[str] = frozenset()
    """Pages of other sites open no websocket here."""
    connection_init_wait_timeout = timedelta(seconds=INIT_SECONDS)
    graphql_transport_ws_handler_class = Conversation
    websocket_adapter_class = Wire

    @get()
    async def handle_http_get(self, request: Asked) -> Response[str]:
        """Show GraphiQL, where it is; questions are asked with POST."""
        if self.graphql_ide is None or request.query_params:
            raise MethodRefused("not-allowed-here")
        headers = {"content-security-policy": _IDE_POLICY}
        return Response(self.graphql_ide_html, media_type=MediaType.HTML, headers=headers)

    @post(status_code=HTTP_200_OK)
    async def handle_http_post(self, request: Asked) -> Response[bytes]:
        """Answer a question."""
        inquiry = begun(self.gateway, request)
        inquiry.spend()
        if request.content_type[0] != MediaType.JSON:
            raise QuestionRefused("question-malformed", why="send it as application/json")
        question = asked(await request.body())
        text = admitted(question, inquiry)
        try:
            result = await self.schema.execute(
                text,
                variable_values=question.variables,
                context_value=inquiry,
                operation_name=question.operation_name,
                allowed_operation_types=_BY_POST,
            )
        except CannotGetOperationTypeError as error:
            raise QuestionRefused("question-malformed", why=error.as_http_error_reason().rstrip(".")) from None
        except InvalidOperationTypeError as error:
            raise QuestionRefused("question-malformed", why=error.as_http_error_reason("POST").rstrip(".")) from None
        return Response(self.encode_json_string(process_result(result)).encode(), media_type=MediaType.JSON)

    @websocket()
    async def websocket_endpoint(self, socket: WebSocket[Any, Any, Any]) -> None:
        """Answer questions, and follow what they subscribe to."""
        if of_a_plain_page(socket):
            await socket.close()
            return
        inquiry, seats = begun(self.gateway, socket), self.gateway.seats
        try:
            inquiry.spend()
            seats.open()
        except TooMany as refused:
            await turned_away(socket, refused)
            return
        try:
            await self.run(socket, context=inquiry, root_value=None)
        finally:
            seats.leave(inquiry.seat)

    def decode_json(self, data: str | bytes) -> object:
        """Read a message of a websocket."""
        try:
            return read(data)
        except QuestionRefused as refused:
            raise json.JSONDecodeError(refused.code, "", 0) from None

    async def on_ws_connect(self, context: Inquiry) -> UnsetType:
        """Let in who has a token that holds, from the header or from `connection_init`."""
        try:
            context.sit()
        except Unauthenticated as refused:
            raise ConnectionRejectionError from refused
        without_payload: UnsetType = UNSET
        return without_payload


def endpoint(gateway: Gateway, schema: BaseSchema) -> type[Endpoint]:
    """Make the endpoint of one gateway."""
    ide = None if gateway.production else "graphiql"
    return type("GatewayEndpoint", (Endpoint,), {"gateway": gateway, "schema": schema, "graphql_ide": ide, "opt": OPEN})
