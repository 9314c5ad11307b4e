"""Talking to the gateway over a websocket, as a client of graphql-transport-ws does."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError
from websockets.typing import Origin, Subprotocol

from shared.wire.tls import authority, believing
from tests.gateway.running import Running

INBOX = "subscription { inboxChanged { nodes { reference } } }"
OURS = "graphql-transport-ws"


def connected(running: Running, protocol: str = OURS, origin: str | None = None) -> connect:
    scheme, believed = running.http.base_url.scheme.replace("http", "ws"), authority(running.settings)
    address, said = f"{scheme}://127.0.0.1:{running.settings.port}/graphql", None if origin is None else Origin(origin)
    safely = believing(believed) if believed else None
    return connect(address, subprotocols=[Subprotocol(protocol)], origin=said, max_size=None, ssl=safely)


@contextlib.asynccontextmanager
async def talking(running: Running, user: str = "ann") -> AsyncIterator[ClientConnection]:
    async with connected(running) as socket:
        await say(socket, "connection_init", payload={"authorization": f"Bearer {running.token('welzin', user=user)}"})
        assert (await heard(socket))["type"] == "connection_ack"
        yield socket


async def say(socket: ClientConnection, kind: str, **more: object) -> None:
    await socket.send(json.dumps({"type": kind, **more}))


async def heard(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(10):
        found: dict[str, Any] = json.loads(await socket.recv())
        return found


async def closed(socket: ClientConnection) -> tuple[int | None, str | None]:
    async with asyncio.timeout(10):
        with contextlib.suppress(ConnectionClosedError):
            async for _ in socket:  # what was under way comes first
                pass
    return socket.close_code, socket.close_reason
