"""Who asks the gateway something over HTTP or a websocket, whatever it is."""

import ipaddress
from typing import Any

from litestar.connection import ASGIConnection

from gateway.inquiry import Gateway, Inquiry
from gateway.loaders import Nodes
from shared.sentences import preferred

LONGEST_PROGRAM = 100
"""Characters of what a program calls itself that a node is told."""


def begun(gateway: Gateway, connection: ASGIConnection[Any, Any, Any, Any]) -> Inquiry:
    """The inquiry that a request or a websocket begins."""
    return Inquiry(
        gateway=gateway,
        authorization=connection.headers.get("authorization"),
        address=_address(connection.client.host if connection.client else ""),
        language=preferred(connection.headers.get("accept-language")),
        program=(connection.headers.get("user-agent") or "")[:LONGEST_PROGRAM],
        idempotency_key=connection.headers.get("idempotency-key"),
        nodes=Nodes(gateway.road),
    )


def _address(host: str) -> str:
    """Whom an address stands for: one household or office has a whole /64 of IPv6 (RFC 6177)."""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(found) if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))  # noqa: PLR2004
