"""What every answer tells a browser, of the gateway's and of the services', over HTTP and over NATS."""

from collections.abc import Iterable, Mapping

from litestar.types import BeforeMessageSendHookHandler, Message, Scope

VERSION = "1.0.0"
"""Of the services' API."""
Headers = Iterable[tuple[bytes, bytes]]
"""As ASGI has them."""
SAFE: Mapping[bytes, bytes] = {
    b"content-security-policy": b"default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"cache-control": b"no-store",
}
"""On every answer that does not say otherwise: nothing from elsewhere or in line, in no frame, kept by nobody on the way."""
_HTTPS_ONLY = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
"""For browsers (RFC 6797): a year from now this address is asked over TLS only."""

_API = (b"api-version", VERSION.encode())


def completed(given: Headers, *, https: bool = False, api: bool = False) -> tuple[tuple[bytes, bytes], ...]:
    """An answer's headers with those that it has not said itself; `api`: the version too (API Design Rules, /core/version-header)."""
    had = tuple(given)
    said = {name.lower() for name, _ in had}
    wanted = (*SAFE.items(), *((_HTTPS_ONLY,) if https else ()), *((_API,) if api else ()))
    return (*had, *(one for one in wanted if one[0] not in said))


def guarded(*, production: bool = False, api: bool = False) -> BeforeMessageSendHookHandler:
    """Litestar's `before_send`: the headers on every answer, also where no route is. In production TLS stands before it, if not in it."""

    async def guard(message: Message, scope: Scope) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = completed(message["headers"], https=production or scope["scheme"] == "https", api=api)

    return guard
