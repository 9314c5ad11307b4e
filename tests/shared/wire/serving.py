"""A broker that shows a certificate, and what its clients see of it."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from deploy.brokers import Server
from shared.wire.connection import Connection, connect
from tests.support.brokers import Configured, configured

OPEN = "accounts { ALL { jetstream: enabled, users: [{user: all, password: all}] }, SYS {} }\nno_auth_user: all\n"


@asynccontextmanager
async def serving(folder: Path, server: Server) -> AsyncGenerator[Configured]:
    """It takes everybody."""
    (folder / "network").mkdir(parents=True, exist_ok=True)
    (folder / "network" / "accounts.conf").write_text(OPEN)
    async with configured(folder, server) as running:
        yield running


async def connected(url: str, authority: Path | None, patience: float = 5.0) -> Connection:
    return await connect(
        url, seed=None, name="test", inbox_prefix="_INBOX.test", authority=authority, patience=patience
    )


@asynccontextmanager
async def opened(port: int, believing: ssl.SSLContext) -> AsyncGenerator[asyncio.StreamWriter]:
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=believing)
    yield writer
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


async def number(port: int, authority: Path) -> str:
    """The certificate's, as a client sees it that connects now."""
    believing = ssl.create_default_context(cafile=authority)
    async with opened(port, believing) as writer:
        found: str = writer.get_extra_info("peercert")["serialNumber"]
        return found
