"""`GET /metrics`: what all processes here tell Prometheus, as one text."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from gateway.doors import OPEN
from shared.metrics import MEDIA_TYPE, together
from shared.rules import Refused

Ask = Callable[[str], Awaitable[str]]
"""Asks a process by name for its metrics, as text. Raises `Refused` when it does not answer."""


def metrics(ask: Ask, processes: Sequence[str]) -> HTTPRouteHandler:
    """Make the route. A process that does not answer is a fact like any other: `kring_process_up` is 0."""

    @get("/metrics", opt=OPEN)
    async def exposed() -> Response[bytes]:
        texts = await asyncio.gather(*(_asked(ask, process) for process in processes))
        up = ["# HELP kring_process_up Whether a process answers.", "# TYPE kring_process_up gauge"]
        up += [
            f'kring_process_up{{service="{one}"}} {int(text != "")}.0'
            for one, text in zip(processes, texts, strict=True)
        ]
        return Response(together(["\n".join(up), *texts]).encode(), media_type=MEDIA_TYPE)

    return exposed


async def _asked(ask: Ask, process: str) -> str:
    try:
        return await ask(process)
    except Refused:
        return ""
