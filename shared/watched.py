"""How one process is, over HTTP, for who watches over it: `/metrics` for Prometheus, `/healthz` for what keeps it running."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from litestar import Litestar, MediaType, Response, get

from shared.metrics import MEDIA_TYPE


def watched(health: Callable[[], Awaitable[Mapping[str, Any]]], metrics: Callable[[], Awaitable[str]]) -> Litestar:
    """Make the application. `/healthz` is 200 when the process is ready, else 503; a standby never is. It names no organisation."""

    @get("/healthz", media_type=MediaType.JSON)
    async def healthz() -> Response[bytes]:
        found = await health()
        body = {"ready": found["ready"], "held": len(found["nodes"]), "failed": len(found["failures"])}
        return Response(msgspec.json.encode(body), status_code=200 if found["ready"] else 503)

    @get("/metrics")
    async def exposed() -> Response[bytes]:
        return Response((await metrics()).encode(), media_type=MEDIA_TYPE)

    return Litestar([healthz, exposed], openapi_config=None, logging_config=None)
