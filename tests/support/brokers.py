"""Real nats-servers with the configuration that Kring writes for them: in a cluster, as a hub, as an organisation's own."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from msgspec.structs import replace

from deploy.brokers import Server, write
from tests.support.nats import NatsServer, free_port


class Configured(NatsServer):
    """A server of a data folder whose accounts stand there already."""

    def __init__(self, data: Path, server: Server) -> None:
        self._data = data
        self._server = server
        super().__init__(data / "network", "")
        self.storage = data / "network" / "nats"

    @property
    def url(self) -> str:
        return super().url.replace("nats://", "tls://") if self._server.tls else super().url

    @property
    def authority(self) -> Path | None:
        """Who vouches for it."""
        return self._server.tls.authority if self._server.tls else None

    def configure(self, accounts: str) -> None:
        write(self._data, replace(self._server, listen=f"127.0.0.1:{self.port}"))


@asynccontextmanager
async def configured(data: Path, server: Server) -> AsyncGenerator[Configured]:
    """It runs while the block lasts."""
    made = Configured(data, server)
    try:
        await made.start()
        yield made
    finally:
        made.kill()


class Line:
    """A line between two servers that can be cut, and listened to."""

    def __init__(self, to: int) -> None:
        self.port = free_port()
        self.to = to
        self.heard = bytearray()
        """All that went over it, in both directions."""
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)

    async def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for end in self._open:
            end.transport.abort()
        while self._open:  # noqa: ASYNC110  (until all have noticed)
            await asyncio.sleep(0)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self.to)
        ends = {writer, there_writer}
        self._open |= ends
        await asyncio.gather(self._pump(reader, there_writer), self._pump(there_reader, writer))
        self._open -= ends

    def heard_by(self) -> bytearray:
        """Where one way of a connection is kept."""
        return self.heard

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard = self.heard_by()
        with contextlib.suppress(OSError), contextlib.closing(writer):
            while data := await reader.read(65536):
                heard += data
                writer.write(data)
                await writer.drain()
