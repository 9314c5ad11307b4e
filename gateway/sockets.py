"""A websocket (graphql-transport-ws): every message is read strictly, counts for its caller, and may ask no more than a request may."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any, cast

import msgspec
from litestar import WebSocket
from strawberry.litestar.controller import LitestarWebSocketAdapter
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.subscriptions.protocols.graphql_transport_ws.types import ErrorMessage, Message, SubscribeMessage

from gateway.allowance import TooMany
from gateway.bounds import SUBSCRIPTIONS
from gateway.errors import told
from gateway.inquiry import Inquiry
from gateway.question import Question, admitted
from shared.rules import Refused, Unavailable

MALFORMED, TOO_MANY, LATER = 4400, 4429, 1013
"""Codes that a socket is closed with (graphql-transport-ws; RFC 6455's register of close codes)."""
_Id = Annotated[str, msgspec.Meta(pattern="^[!-~]{1,80}$")]


class _Init(msgspec.Struct, tag_field="type", tag="connection_init"):
    payload: dict[str, Any] | None = None


class _Ping(msgspec.Struct, tag_field="type", tag="ping"):
    payload: dict[str, Any] | None = None


class _Pong(_Ping, tag_field="type", tag="pong"):
    pass


class _Subscribe(msgspec.Struct, tag_field="type", tag="subscribe"):
    id: _Id
    payload: Question


class _Complete(msgspec.Struct, tag_field="type", tag="complete"):
    id: _Id


class Wire(LitestarWebSocketAdapter):
    """Hears nothing more once it is closed from this side."""

    _closed = False

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:
        """The messages, one after the other."""
        async for message in super().iter_json(ignore_parsing_errors=ignore_parsing_errors):
            if self._closed:
                return
            yield message

    async def close(self, code: int, reason: str) -> None:
        """Close it."""
        self._closed = True
        await super().close(code, reason)


class Conversation(BaseGraphQLTransportWSHandler[Inquiry, None]):
    """What is said on one socket."""

    async def handle_message(self, message: Message) -> None:
        """Take a message of the caller's allowance. What cannot be read, and what is too much, closes the socket."""
        try:
            self.context.spend()
            await self._heard(message)
        except TooMany as refused:
            await self.websocket.close(TOO_MANY, refused.code)
        except Unavailable as refused:
            await self.websocket.close(LATER, refused.code)
        except msgspec.ValidationError:
            await self.websocket.close(MALFORMED, "question-malformed")

    async def _heard(self, message: Message) -> None:
        heard = msgspec.convert(message, _Init | _Ping | _Pong | _Subscribe | _Complete)
        if isinstance(heard, _Subscribe) and self.connection_acknowledged:
            await self._subscribed(heard)
        else:
            await super().handle_message(cast("Message", message | {"payload": message.get("payload") or {}}))

    async def _subscribed(self, heard: _Subscribe) -> None:
        try:
            if len(self.operations) >= SUBSCRIPTIONS:
                raise TooMany("too-many-subscriptions", most=SUBSCRIPTIONS)
            text = admitted(heard.payload, self.context)
        except Refused as refused:
            sentence, extensions = told(refused, self.context.language)
            error: ErrorMessage = {
                "id": heard.id,
                "type": "error",
                "payload": [{"message": sentence, "extensions": extensions}],
            }
            await self.send_message(error)
            return
        said: SubscribeMessage = {
            "id": heard.id,
            "type": "subscribe",
            "payload": {
                "query": text,
                "variables": heard.payload.variables,
                "operationName": heard.payload.operation_name,
            },
        }
        await super().handle_message(said)


def of_a_plain_page(socket: WebSocket[Any, Any, Any]) -> bool:
    """Whether a page that came without TLS opens a socket with it: who is on the way may have written that page."""
    return socket.scope["scheme"] == "wss" and socket.headers.get("origin", "").startswith("http:")


async def turned_away(socket: WebSocket[Any, Any, Any], refused: Refused) -> None:
    """Close a socket at once, with the reason."""
    await socket.accept()
    await socket.close(TOO_MANY, refused.code)
