"""An answer goes out only once the access log holds what it shows: no record, no reading."""

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from litestar import Request, Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send
from sqlalchemy import Connection

from shared import showing, trace
from shared.access import Access
from shared.eventlog.types import Accessed, Seen, Unit
from shared.identity import OrgScope
from shared.rules import Refused, Unavailable

if TYPE_CHECKING:
    from shared.node import Node

Asked = Request[Any, Any, Any]
NOTARY = "notary"
"""Where an application keeps it, in its state."""
Opened = Callable[[Connection, OrgScope], Collection[UUID]]
"""People of other teams whose files the caller opened by breaking the glass."""


class Notary:
    """Writes a service's entries of the access log for what its routes answer."""

    def __init__(
        self, caller: Callable[[Asked], OrgScope], declared: Callable[[Any], Access | None], opened: Opened | None
    ) -> None:
        """Who calls, who may come in at a route, and where a service has it, which files stand open."""
        self._caller = caller
        self._declared = declared
        self._opened = opened

    async def note(self, request: Asked, content: Any) -> None:
        """Record what is about to be shown. Raises `Unavailable("access-unrecorded")`: then nothing is shown."""
        seen = _seen(request, content)
        if request.method != "GET" and not seen and showing.ACTION not in request.route_handler.opt:
            return  # a command that showed nobody
        try:
            await self._write(request, seen)
        except Refused:
            raise
        except Exception as fault:
            structlog.get_logger().error("what was asked could not be recorded, so it is not shown", exc_info=fault)
            raise Unavailable("access-unrecorded") from fault

    async def _write(self, request: Asked, seen: Sequence[Seen]) -> None:
        node: Node = request.scope["state"]["node"]
        scope = self._caller(request)
        by_glass: Collection[UUID] = ()
        if (opened := self._opened) is not None and scope.team is not None and seen:
            by_glass = await node.log.query(lambda connection: opened(connection, scope))
        accesses = tuple(showing.entries(self._done(request, scope), seen, by_glass))
        await node.log.write(Unit(by=scope.by, trace=trace.current(), accesses=accesses))

    def _done(self, request: Asked, scope: OrgScope) -> Accessed:
        handler = request.route_handler
        may = self._declared(handler)
        return Accessed(
            action=showing.action(_answer(handler), handler.opt),
            what=f"{request.method} {request.scope['path_template']}",
            by=scope.by,
            roles=",".join(sorted(scope.roles)),
            team=scope.team,
            client=showing.client(request.scope["scheme"], request.headers.get("user-agent")),
            organisation=scope.organisation,
            ground=showing.ground(scope, may.roles if may else ()),
        )


class Noted(Response[Any]):
    """Litestar's response, sent once it is noted. Its application's notary is asked: a route may belong to several applications."""

    def to_asgi_response(self, app: Any, request: Asked, **options: Any) -> ASGIResponse:
        """Raises `Unavailable("access-unrecorded")` when it is sent and cannot be noted."""
        answer, content = super().to_asgi_response(app, request, **options), self.content
        if not _recorded(request):
            return answer

        async def once_noted(scope: Scope, receive: Receive, send: Send) -> None:
            notary: Notary = request.app.state[NOTARY]
            await notary.note(request, content)
            await answer(scope, receive, send)

        return once_noted  # type: ignore[return-value]  # an ASGI application is all that Litestar needs


async def only_noted(response: Any) -> Any:
    """Litestar's `after_request`. Raises `TypeError`: a route made a response of its own that is no `Noted`, so nobody would note it."""
    if isinstance(response, Response) and not isinstance(response, Noted):
        msg = f"a route answers with a {type(response).__name__}, which is not noted"
        raise TypeError(msg)
    return response


def _recorded(request: Asked) -> bool:
    handler = request.route_handler
    return showing.recorded(request.method, request.scope["path_template"], _answer(handler), handler.opt)


def _answer(handler: Any) -> Any:
    """The type of what a route answers."""
    return handler.parsed_fn_signature.return_type.annotation


def _seen(request: Asked, content: Any) -> Sequence[Seen]:
    """Whom the answer shows, and whom the address is about."""
    shown = tuple(dict.fromkeys(showing.persons(content)))
    if not request.scope["path_template"].startswith(showing.OF_PERSON):
        return shown
    about: UUID = request.path_params["id"]
    return shown if any(one.subject == about for one in shown) else (Seen(about), *shown)
