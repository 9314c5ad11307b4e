"""The demo network's own broker for a test: generated from its register, its users let in with their keys."""

import asyncio
import contextlib
import signal
import socket
import subprocess
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec

from deploy import demo
from deploy.natsconf import program, server
from deploy.registrar import Registrar
from shared.wire.connection import Connection, connect
from tests.support.nats import free_port


class Broker:
    """A running nats-server with a data folder's configuration."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.registrar = Registrar(data, self.reload)
        self._port = free_port()
        (data / "network" / "nats.conf").write_text(server(data / "network", self._port))
        self._process = subprocess.Popen(
            [program(), "-c", str(data / "network" / "nats.conf")], stderr=subprocess.DEVNULL
        )
        self._connections: list[Connection] = []
        self._asked = 0

    @property
    def url(self) -> str:
        """Where its clients connect."""
        return f"nats://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        """The server's process."""
        return self._process.pid

    def reload(self) -> None:
        self._process.send_signal(signal.SIGHUP)

    async def node(self, slug: str, service: str) -> Connection:
        """Connect as a node."""
        seed = (self.data / slug / "keys" / f"{service}.nk").read_text().strip()
        return await self._connect(seed, f"_INBOX.{slug}.{service}")

    async def gateway(self) -> Connection:
        return await self._connect((self.data / "gateway" / "gateway.nk").read_text().strip(), "_INBOX.gateway")

    async def connections(self) -> int:
        """How many it has taken since it started, this question's own not counted."""
        seed = (self.data / "network" / "sys.nk").read_text().strip()
        system = await self._connect(seed, "_INBOX")
        answer = await system.request("$SYS.REQ.SERVER.PING.STATSZ", timeout=5)
        self._asked += 1
        await system.close()
        taken: int = msgspec.json.decode(answer.data)["statsz"]["total_connections"]
        return taken - self._asked

    async def _connect(self, seed: str, inbox: str) -> Connection:
        self._connections.append(await connect(self.url, seed=seed, name=inbox, inbox_prefix=inbox))
        return self._connections[-1]

    async def listening(self) -> None:
        """Wait until it takes connections."""
        for _ in range(200):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self._port)).close()
                return
            await asyncio.sleep(0.02)

    async def close(self) -> None:
        for connection in self._connections:
            await connection.close()
        self._process.terminate()
        await asyncio.to_thread(self._process.wait)


async def settled(connection: Connection) -> None:
    """Wait until the server knows this connection's subscriptions: the client lets a first ping overtake them."""
    await connection.flush()
    await connection.flush()


@contextlib.asynccontextmanager
async def demo_broker() -> AsyncGenerator[Broker, None]:
    """The demo network while the block lasts."""
    with tempfile.TemporaryDirectory(prefix="kring-broker-") as folder:
        demo.prepare(Path(folder))
        broker = Broker(Path(folder))
        try:
            await broker.listening()
            yield broker
        finally:
            await broker.close()
