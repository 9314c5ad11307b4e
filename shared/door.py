"""What a service's process answers over HTTP, only where that is configured.

Its API for local systems at `http://127.0.0.1:<port>/<organisation>/v1/…`, and how it is, for who watches over it (`shared/watched.py`).
With a certificate (`services.crt`) it speaks https, and only that; outside this machine it has one.
"""

import asyncio
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import uvicorn

from shared.headers import completed
from shared.node import Node
from shared.rules import Refused, Unavailable
from shared.settings import Settings
from shared.wire import tls
from shared.wire.answering import Application, problem
from shared.wire.listening import listening

_STOP = 3


class _Quiet(uvicorn.Server):
    """The process has its own way with signals."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def doors(settings: Settings, service: str, api: Application, watched: Application) -> list["Door"]:
    """Those that are configured. Raises `Refused`: what `Door` refuses, `tls-half`, `metrics-need-tls`."""
    files = tls.pair(settings, "services")
    port, address = (getattr(settings, f"{service}_{what}") for what in ("port", "metrics"))
    if address and files is None and any(tls.abroad(address)):
        raise Refused("metrics-need-tls", address=address)
    local = [Door(api, f"127.0.0.1:{port}", files)] if port else []
    return local + ([Door(watched, address, files)] if address else [])


class Door:
    """A port, and the application that answers there."""

    def __init__(self, app: Application, address: str, files: tls.Pair | None = None) -> None:
        """Take HOST:PORT. Raises `Unavailable("service-port-busy")`, `Refused`: `tls-unreadable`, `tls-key-differs`."""
        self._shown = shown = tls.Shown(files) if files else None
        host, port = address.split(":")
        try:
            self._socket = listening(int(port), host)
        except OSError as taken:
            raise Unavailable("service-port-busy", port=port, reason=taken.strerror or "?") from None
        config = uvicorn.Config(
            app,
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


def leading(app: Application, nodes: Mapping[str, Node]) -> Application:
    """Leads each request to the node of the organisation that its address names; the node sees who may come in."""

    async def lead(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        _, organisation, *rest = scope["path"].split("/", 2)
        node = nodes.get(organisation)
        if node is None:
            await _send(scope, send, 404, "node-not-here")
            return
        path = "/" + "/".join(rest)
        root = f"/{organisation}"
        raw = scope["raw_path"].removeprefix(root.encode())
        await app({**scope, "path": path, "raw_path": raw, "root_path": "", "state": {"node": node}}, receive, send)

    return lead


async def _send(scope: Any, send: Any, status: int, code: str) -> None:
    answer = problem(status, code)
    headers = completed(answer.headers, https=scope["scheme"] == "https", api=True)
    await send({"type": "http.response.start", "status": answer.status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": answer.body})
