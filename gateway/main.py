"""Composition root of the gateway: settings, register, NATS, web application; runs until it is told to stop."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import uvicorn
import uvloop
from litestar import Litestar
from litestar.types import ControllerRouterHandler

from gateway.allowance import Allowances, Seats
from gateway.app import application
from gateway.bounds import LARGEST_BODY
from gateway.documents.registered import registered
from gateway.errors import told
from gateway.file.route import participant_file
from gateway.graphql import endpoint
from gateway.health import health
from gateway.inquiry import Gateway
from gateway.metrics import metrics
from gateway.portal.pages import DemoTokens, pages
from gateway.schema.schema import schema
from shared import control, logs, tracing
from shared.identity import Issuer, Role
from shared.providers import Issuers
from shared.register import SERVICES
from shared.rules import NotFound, Refused
from shared.running import begin
from shared.sentences import LANGUAGES
from shared.settings import Settings, load
from shared.signing import Signer
from shared.watcher import Watcher
from shared.wire import tls
from shared.wire.calls import Caller
from shared.wire.connection import Connection, connect
from shared.wire.listening import listening, refusal

PROCESS = "gateway"
_ROLES = (Role.COORDINATOR, Role.HOST)


def main() -> None:
    """Run it. What is wrong with the surroundings is one coded line and exit code 1."""
    os.umask(0o077)  # what it writes is nobody else's, however it was started
    try:
        settings = load(os.environ)
        logs.configure(PROCESS, settings.log_level)
        begin()
        with (
            tracing.exporting(settings.otlp_url, PROCESS),
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            runner.run(_until_told(settings))
    except Refused as refused:
        sentence, _ = told(refused, LANGUAGES[0])
        sys.exit(f"{refused.code}: {sentence}\n{refused if refused.code == 'invalid' else ''}".rstrip())


async def _until_told(settings: Settings) -> None:
    told_to_stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told_to_stop.set)
    await run(settings, told_to_stop)


async def run(settings: Settings, until: asyncio.Event) -> None:
    """Answer until told to stop. Raises `Refused`: settings, register, NATS, port or certificate."""
    watcher = Watcher(settings.data)
    if settings.nats_url is None:
        raise NotFound("nats-url-missing")
    seed = _secret(settings.data / PROCESS / "gateway.nk")
    with _port(settings.port) as port:
        shown, url, believed = _shown(settings), settings.nats_url, tls.authority(settings)
        connection = await connect(url, seed=seed, name=PROCESS, inbox_prefix="_INBOX.gateway", authority=believed)
        issuers = Issuers(settings, lambda: watcher.register)
        server = _server(compose(settings, watcher, issuers, connection), shown)
        parts = [watcher.run(), issuers.run(), _stop(server, until), *([shown.run()] if shown else [])]
        others = [asyncio.create_task(part) for part in parts]

        async def health() -> object:
            return {"ready": server.started and connection.is_connected, "nats": connection.is_connected}

        try:
            async with control.serve(settings.data, PROCESS, {"health": health}):
                await server.serve(sockets=[port])
        finally:
            for task in others:
                task.cancel()
            await connection.close()


def compose(settings: Settings, watcher: Watcher, issuers: Issuers, connection: Connection) -> Litestar:
    """Put the web application together."""
    gateway = Gateway(
        connection=connection,
        road=Caller(connection),
        issuers=issuers,
        organisations=lambda: watcher.register.organisations,
        clock=_now,
        production=settings.production,
        documents=registered(),
        allowances=Allowances(),
        seats=Seats(),
    )
    return application(routes(gateway, settings, watcher), production=settings.production)


def routes(gateway: Gateway, settings: Settings, watcher: Watcher) -> list[ControllerRouterHandler]:
    """Everything that can be asked for at an address."""
    return [
        endpoint(gateway, schema(production=settings.production)),
        participant_file(gateway),
        health(partial(_ask, settings.data), (*SERVICES, PROCESS)),
        metrics(partial(_metrics, settings.data), SERVICES),
        *([] if settings.production else pages(partial(_demo_tokens, settings.data, watcher))),
    ]


def _shown(settings: Settings) -> tls.Shown | None:
    """With a certificate it speaks https, and only that."""
    files = tls.pair(settings, PROCESS)
    return tls.Shown(files) if files else None


def _server(app: Litestar, shown: tls.Shown | None) -> "_Server":
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=LARGEST_BODY,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
        ssl_context_factory=shown.given if shown else None,
    )
    return _Server(config)


class _Server(uvicorn.Server):
    """Signals are not its business: after its last answer the rest is closed in order too."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _stop(server: _Server, until: asyncio.Event) -> None:
    await until.wait()
    server.should_exit = True


async def _ask(data: Path, process: str) -> object:
    return await control.ask(data, process, "health", timeout=1.0)


async def _metrics(data: Path, process: str) -> str:
    return str(await control.ask(data, process, "metrics", timeout=5.0))


def _demo_tokens(data: Path, watcher: Watcher) -> list[DemoTokens]:
    """Tokens of every organisation's local issuer, as long as the whole network is made up."""
    register = watcher.register
    if not register.demo:
        return []
    return [
        DemoTokens(
            one.slug,
            one.name,
            {role: _issuer(data, one.slug).token([role], user=f"demo-{role}", now=_now()) for role in _ROLES},
        )
        for one in register.organisations.values()
    ]


def _issuer(data: Path, slug: str) -> Issuer:
    return Issuer(slug, Signer(_secret(data / slug / "keys" / "issuer")), production=False)


def _secret(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except OSError:
        raise NotFound("keys-missing", path=str(path)) from None


def _port(port: int) -> socket.socket:
    try:
        return listening(port)
    except OSError as fault:
        raise refusal(fault, port, "KRING_PORT=8081") from None


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    main()
