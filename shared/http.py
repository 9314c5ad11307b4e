"""A service's Litestar application: one for all nodes of a process; the node and the caller come with each request."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID, uuid5

from litestar import Litestar, Request, Router, get
from litestar.config.app import AppConfig
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from shared import trace
from shared.access import PUBLIC, Access, Whose, access
from shared.eventlog.types import Decider, Outcome, Recorded, Step, Unit
from shared.headers import VERSION, guarded
from shared.identity import OrgScope, Role, bearer, looking, verify, visitor
from shared.linkkeys import LinkKey
from shared.mail import Post
from shared.noting import NOTARY, Notary, Noted, only_noted
from shared.openapi import document
from shared.problems import Fault, exception_handlers
from shared.rules import Invalid
from shared.sentences import COMMON, Sentences
from shared.service import Service

if TYPE_CHECKING:
    from shared.node import Node

T = TypeVar("T")
VISIT = timedelta(minutes=5)
"""How long a visitor's scope holds."""


class Context:
    """What a handler works with: the caller's scope, the node's clock, and three verbs."""

    def __init__(self, node: "Node", scope: OrgScope, command: UUID | None) -> None:
        self._node = node
        self._command = command
        self.scope = scope
        self.now: datetime = node.log.clock()
        """The node's clock at the request, UTC."""

    @property
    def partners(self) -> tuple[str, ...]:
        """Organisations that an agreement lets this one refer to, by slug."""
        return self._node.register.receivers(self.scope.organisation)

    @property
    def organisations(self) -> tuple[str, ...]:
        """Every organisation of the network, by slug."""
        return tuple(self._node.register.organisations)

    @property
    def names(self) -> Mapping[str, str]:
        """What the organisations of the network are called, by slug."""
        return {slug: one.name for slug, one in self._node.register.organisations.items()}

    @property
    def government(self) -> bool:
        """Whether the own organisation is a government body: known by an OIN, not by a number of the chamber of commerce."""
        return self._node.register.organisation(self.scope.organisation).source.startswith("urn:nld:oin:")

    @property
    def position(self) -> int:
        """How far the node's log has come."""
        return self._node.log.position

    @property
    def link_key(self) -> LinkKey:
        """What lets in who holds a link of the organisation. Raises `Unavailable("links-key-missing")`."""
        return self._node.link_key

    @property
    def post(self) -> Post | None:
        """What sends e-mail, where a mail server is configured."""
        return self._node.post

    def later(self, errand: Callable[[], Awaitable[None]]) -> None:
        """Have something done after the answer, which does not tell how it went. Raises `Unavailable("node-busy")`."""
        self._node.errands.begin(errand)

    async def run(self, decider: Decider, stream: UUID, command: Any, *, anew: bool = False) -> Outcome:
        """Run one command as the caller; asked twice (header `Idempotency-Key`), done once, unless it is `anew` each time.

        Who was answered so may not see what there is now: what is told afterwards comes from a `query`, which knows the scope.

        Raises `Refused`.
        """
        id_ = None if anew else self._command
        return await self._node.log.run(decider, stream, command, by=self.scope.by, id=id_, trace=trace.current())

    async def write(self, steps: Sequence[Step]) -> Outcome:
        """Run several commands as the caller, whole or not at all. Raises `Refused`."""
        unit = Unit(steps=steps, by=self.scope.by, id=self._command, trace=trace.current())
        return await self._node.log.write(unit)

    async def query(self, question: Callable[..., T], *arguments: Any) -> T:
        """Answer `question(connection, scope, *arguments)` from the views."""
        return await self._node.log.query(lambda connection: question(connection, self.scope, *arguments))

    async def read(self, stream: UUID, *, until: datetime | None = None) -> list[Recorded[Any]]:
        """One record's events, as recorded until then."""
        return await self._node.log.read(stream, until=until)


_CALLER = "kring.caller"
LARGEST = 1024 * 1024
"""Bytes of a request's body, at most."""


class Guard:
    """A route's declaration of who may come in, as a Litestar guard. Every route has one."""

    def __init__(self, declared: Access) -> None:
        self.declared = declared

    async def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        """Raises `Refused`: what `verify` says of the token, and `role-missing`."""
        self.declared.check(_scope(connection))


OPEN = Guard(PUBLIC)
"""For everybody, without a token too."""


def allows(*roles: Role, whose: Whose = Whose.ORGANISATION, over: Iterable[Role] = ()) -> Guard:
    """For who has one of these roles in the node's own organisation."""
    return Guard(access(*roles, whose=whose, over=over))


def declared(handler: BaseRouteHandler) -> Access | None:
    """Who may come in at a route; None when it forgot to say."""
    return next((guard.declared for guard in handler.resolve_guards() if isinstance(guard, Guard)), None)


def _scope(connection: ASGIConnection[Any, Any, Any, Any]) -> OrgScope:
    """The caller: proved by the token, once a request, or a visitor where no token is sent."""
    if _CALLER not in connection.scope:
        connection.scope[_CALLER] = _proved(connection)  # type: ignore[literal-required]  # an ASGI scope takes names of one's own
    known: OrgScope = connection.scope[_CALLER]  # type: ignore[literal-required]
    return known


def _proved(connection: ASGIConnection[Any, Any, Any, Any]) -> OrgScope:
    node: Node = connection.scope["state"]["node"]
    now = node.log.clock()
    header = connection.headers.get("authorization")
    if header is None and declared(connection.route_handler) == PUBLIC:
        return visitor(node.organisation, now.astimezone(UTC) + VISIT)
    return verify(bearer(header), node.issuers, now, organisation=node.organisation)


async def _command(request: Request[Any, Any, Any], scope: OrgScope) -> UUID | None:
    """The id of a command that is done once: a key holds for one caller and one request only, and with another it names another command."""
    key = request.headers.get("idempotency-key")
    try:
        said = UUID(key) if key else None
    except ValueError:
        raise Invalid([("Idempotency-Key", "idempotency-key-invalid", {})]) from None
    if said is None:
        return None
    asked = request.method, request.scope["path"], request.scope["query_string"], await request.body()
    return uuid5(said, ascii((scope.by, scope.team, *asked)))


def _check_address(request: Request[Any, Any, Any]) -> None:
    """No database keeps a NUL in a text, so none is looked for: refused as `text-unprintable`."""
    given = (*request.query_params.multi_items(), *request.path_params.items())
    faults: list[Fault] = [(name, "text-unprintable", {}) for name, value in given if "\0" in str(value)]
    if faults:
        raise Invalid(faults)


async def _context(request: Request[Any, Any, Any]) -> Context:
    _check_address(request)
    node: Node = request.scope["state"]["node"]
    scope = looking(_scope(request), node.log.clock()) if request.method == "GET" else _scope(request)
    return Context(node, scope, await _command(request, scope))


@get("/v1/openapi.json", include_in_schema=False, sync_to_thread=False, guards=[OPEN])
def openapi(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """The service's OpenAPI document.

    Litestar's own routes for it answer every unknown address beside them with a page of HTML: they stand apart.
    """
    return document(request.app, declared)


def application(service: Service) -> Litestar:
    """The ASGI application of a service. Each request's scope has its node in `state["node"]`."""
    sentences = Sentences(COMMON, service.words)
    documented = OpenAPIConfig(
        title=f"Kring {service.name}",
        version=VERSION,
        openapi_router=Router("/openapi", route_handlers=(), guards=[OPEN], include_in_schema=False),
        render_plugins=[JsonRenderPlugin()],
    )
    return Litestar.from_config(
        AppConfig(
            route_handlers=[Router("/", route_handlers=service.routes, after_request=only_noted), openapi],
            dependencies={"context": Provide(_context)},
            exception_handlers=exception_handlers(sentences),
            openapi_config=documented,
            request_max_body_size=LARGEST,
            response_headers=[],
            before_send=[guarded(api=True)],
            response_class=Noted,
            state=State({NOTARY: Notary(_scope, declared, service.opened)}),
        )
    )
