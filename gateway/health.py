"""`GET /healthz`: what is up, what is behind."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
from litestar import MediaType, Response, get
from litestar.handlers import HTTPRouteHandler

from gateway.doors import OPEN
from shared.rules import Refused

Ask = Callable[[str], Awaitable[Any]]
"""Asks a process by name how it is; its answer is an object with `ready`. Raises `Refused` when it does not answer."""


_SUPERVISOR = "supervisor"
"""Starts the processes anew under `kring up`; elsewhere something else does, and is not asked."""


def health(ask: Ask, processes: Sequence[str]) -> HTTPRouteHandler:
    """Make the route: 200 when every process is ready, else 503, with what each of them says.

    Beside them, where a supervisor answers, in which state it sees each process and the nats-server, and how often it started them.
    """

    @get("/healthz", media_type=MediaType.JSON, opt=OPEN)
    async def healthz() -> Response[bytes]:
        *answers, above = await asyncio.gather(*(_asked(ask, process) for process in (*processes, _SUPERVISOR)))
        ready = all(answer.get("ready") is True for answer in answers)
        body: dict[str, Any] = {"ready": ready, "processes": dict(zip(processes, answers, strict=True))}
        if "processes" in above:
            body[_SUPERVISOR] = above["processes"]
        return Response(msgspec.json.encode(body), status_code=200 if ready else 503)

    return healthz


async def _asked(ask: Ask, process: str) -> dict[str, Any]:
    try:
        answer = await ask(process)
    except Refused as refused:
        return {"ready": False, "code": refused.code}
    return answer if isinstance(answer, dict) else {"ready": False, "code": "health-malformed"}
