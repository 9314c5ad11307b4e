"""One GraphQL operation: who asks, in which language, and the way to the nodes of their own organisation."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from gateway.allowance import KNOWN, VISITOR, Allowances, Seats
from gateway.clients.accesses import Accesses
from gateway.clients.counts import Counts
from gateway.clients.erasures import Erasures
from gateway.clients.events import Events
from gateway.clients.file import Files
from gateway.clients.intake import People, Programmes, Referrals
from gateway.clients.links import Links
from gateway.clients.network import Network
from gateway.clients.node import Node
from gateway.clients.openings import Openings
from gateway.documents.registered import Documents
from gateway.loaders import Nodes
from shared import trace
from shared.identity import OrgScope, bearer, verify
from shared.rules import Invalid, NotFound, Unauthenticated, Unavailable
from shared.tokens import Believed
from shared.wire.calls import Caller
from shared.wire.connection import Connection


class Named(Protocol):
    """An organisation."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...


class Gateway(msgspec.Struct, frozen=True, kw_only=True):
    """What all operations share. It holds no data but how often who asks: kill it, double it."""

    connection: Connection
    road: Caller
    issuers: Callable[[], Believed]
    """Whose tokens are believed now."""
    organisations: Callable[[], Mapping[str, Named]]
    """The network's organisations by slug, from the register as it is now."""
    clock: Callable[[], datetime]
    production: bool
    documents: Documents
    allowances: Allowances
    seats: Seats


class Inquiry(msgspec.Struct, kw_only=True):
    """The context that resolvers get. The token is verified when something needs it: what is public does not."""

    gateway: Gateway
    authorization: str | None
    address: str
    """Whence it is asked: all visitors from one address share an allowance."""
    language: str
    program: str = ""
    """What the caller's program calls itself: the nodes' access logs name it."""
    idempotency_key: str | None
    """Names this operation (a UUID): sent again, its changes are done once."""
    connection_params: Mapping[str, Any] | None = None
    """What a websocket said at its start (`connection_init`): `{"authorization": "Bearer …"}`."""
    nodes: Nodes
    verified: OrgScope | None = None
    """The caller, as the last request or message proved."""
    seat: str | None = None
    """Whose this websocket is, once they said so."""

    @property
    def has_token(self) -> bool:
        """Whether the caller says who they are; `scope` verifies it."""
        return self._authorization is not None

    def spend(self) -> None:
        """Take one request of the caller's allowance: the person's with a token that holds, else the address's. Raises `TooMany`."""
        self.verified = None
        try:
            self.verified = self.scope
        except (Unauthenticated, Unavailable):
            self.gateway.allowances.spend(f"address {self.address}", VISITOR)
        else:
            self.gateway.allowances.spend(_named(self.verified), KNOWN)

    def sit(self) -> None:
        """Take a place among the caller's websockets. Raises `TooMany`, and what `scope` raises."""
        caller = _named(self.scope)
        self.gateway.seats.sit(caller)
        self.seat = caller

    @property
    def scope(self) -> OrgScope:
        """The verified caller: proved once for all fields of a question. Raises `Unauthenticated`."""
        if self.verified is not None and self.gateway.clock() < self.verified.expires:
            return self.verified
        return verify(bearer(self._authorization), self.gateway.issuers(), self.gateway.clock())

    @property
    def people(self) -> People:
        """Participants at the caller's own intake. Raises `Unauthenticated`."""
        return People(self._own("intake"))

    @property
    def programmes(self) -> Programmes:
        """Programmes and the directory at the caller's own intake. Raises `Unauthenticated`."""
        return Programmes(self._own("intake"))

    @property
    def referrals(self) -> Referrals:
        """Referrals at the caller's own intake. Raises `Unauthenticated`."""
        return Referrals(self._own("intake"))

    @property
    def erasures(self) -> Erasures:
        """Who is to be forgotten, at the caller's own intake. Raises `Unauthenticated`."""
        return Erasures(self._own("intake"))

    @property
    def counts(self) -> Counts:
        """Numbers and closed files at the caller's own intake. Raises `Unauthenticated`."""
        return Counts(self._own("intake"))

    @property
    def openings(self) -> Openings:
        """Files of other teams that were opened, at the caller's own intake. Raises `Unauthenticated`."""
        return Openings(self._own("intake"))

    def accesses(self, service: str) -> Accesses:
        """The access log of one of the caller's own services. Raises `Unauthenticated`."""
        return Accesses(self._own(service))

    @property
    def files(self) -> Files:
        """What the caller's own services keep of one person. Raises `Unauthenticated`."""
        return Files(self._own("intake"), self._own("network"), self._own("events"))

    @property
    def links(self) -> Links:
        """Links of the caller's own organisation. Raises `Unauthenticated`."""
        return Links(self._own("intake"), self._own("events"))

    def links_of(self, organisation: str) -> Links:
        """Those of any organisation, for who comes by one without a token. Raises `NotFound("organisation-unknown")`."""
        return Links(self._visited(organisation, "intake"), self._visited(organisation, "events"))

    @property
    def events(self) -> Events:
        """The caller's own events service. Raises `Unauthenticated`."""
        return Events(self._own("events"))

    @property
    def network(self) -> Network:
        """The caller's own network service. Raises `Unauthenticated`."""
        return Network(self._own("network"))

    def visiting(self, organisation: str) -> Events:
        """The events service of any organisation, without a token: only what is public. Raises `NotFound("organisation-unknown")`."""
        return Events(self._visited(organisation, "events"))

    @property
    def _authorization(self) -> str | None:
        said = (self.connection_params or {}).get("authorization")
        return self.authorization or (said if isinstance(said, str) else None)

    def _visited(self, organisation: str, service: str) -> Node:
        known = self.gateway.organisations()
        if organisation not in known:
            raise NotFound("organisation-unknown", organisation=organisation, known=", ".join(known))
        return Node(self.nodes, organisation, service, self._open_headers)

    def _own(self, service: str) -> Node:
        return Node(self.nodes, self.scope.organisation, service, self._headers, self._key)

    @property
    def _key(self) -> UUID | None:
        try:
            return UUID(self.idempotency_key) if self.idempotency_key else None
        except ValueError:
            raise Invalid([("Idempotency-Key", "idempotency-key-invalid", {})]) from None

    def _headers(self) -> tuple[tuple[bytes, bytes], ...]:
        return (*self._open_headers(), (b"authorization", (self._authorization or "").encode()))

    def _open_headers(self) -> tuple[tuple[bytes, bytes], ...]:
        said = ((b"accept-language", self.language.encode()), (b"traceparent", trace.traceparent().encode()))
        return (*said, (b"user-agent", self.program.encode())) if self.program else said


def _named(scope: OrgScope) -> str:
    return f"user {scope.organisation} {scope.user}"
