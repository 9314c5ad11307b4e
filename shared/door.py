"""A service's API over HTTP for local systems, only where a port is configured: `http://127.0.0.1:<port>/<organisation>/v1/…`.

With a certificate (`services.crt`) it speaks https, and only that.
"""

import asyncio
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import uvicorn

from shared.headers import completed
from shared.node import Node
from shared.rules import Unavailable
from shared.wire import tls
from shared.wire.answering import Application, problem
from shared.wire.listening import listening

_STOP = 3


class _Quiet(uvicorn.Server):
    """The process has its own way with signals."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


class Door:
    """Leads each request to the node of the organisation that its address names; the node sees who may come in."""

    def __init__(self, app: Application, nodes: Mapping[str, Node], port: int, files: tls.Pair | None = None) -> None:
        """Take the port. Raises `Unavailable("service-port-busy")`, `Refused`: `tls-unreadable`, `tls-key-differs`."""
        self._shown = shown = tls.Shown(files) if files else None
        try:
            self._socket = listening(port)
        except OSError as taken:
            raise Unavailable("service-port-busy", port=port, reason=taken.strerror or "?") from None
        self._app = app
        self._nodes = nodes
        config = uvicorn.Config(
            self._lead,
            log_config=None,
            access_log=False,  # addresses may name a record
            interface="asgi3",
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=_STOP,
            ssl_context_factory=shown.given if shown else None,
        )
        self._server = _Quiet(config)

    async def run(self) -> None:
        """Serve until cancelled."""
        looking = [asyncio.create_task(self._shown.run())] if self._shown else []
        try:
            await self._server.serve([self._socket])
        finally:
            for task in looking:
                task.cancel()
            await self._server.shutdown([self._socket])
            self._socket.close()

    async def _lead(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        _, organisation, *rest = scope["path"].split("/", 2)
        node = self._nodes.get(organisation)
        if node is None:
            await _send(scope, send, 404, "node-not-here")
            return
        path = "/" + "/".join(rest)
        root = f"/{organisation}"
        raw = scope["raw_path"].removeprefix(root.encode())
        await self._app(
            {**scope, "path": path, "raw_path": raw, "root_path": "", "state": {"node": node}}, receive, send
        )


async def _send(scope: Any, send: Any, status: int, code: str) -> None:
    answer = problem(status, code)
    headers = completed(answer.headers, https=scope["scheme"] == "https", api=True)
    await send({"type": "http.response.start", "status": answer.status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": answer.body})
