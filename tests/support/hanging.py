"""A real PostgreSQL that can be made to hang: connections stay as they are, and nothing passes any more.

async with hanging_postgres() as server:      # server.url, as postgres_url() gives it
    server.hang()
    server.go_on()
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.support.postgres import postgres_url


class HangingPostgres:
    """A door in front of the server, on 127.0.0.1."""

    def __init__(self, direct: str) -> None:
        self._address = urlsplit(direct)
        self._open = asyncio.Event()
        self._open.set()
        self._passing: set[asyncio.Task[None]] = set()
        self.url = ""

    def hang(self) -> None:
        """Let nothing pass from now on."""
        self._open.clear()

    def go_on(self) -> None:
        """Let pass what waits, and all that comes."""
        self._open.set()

    async def listen(self) -> asyncio.Server:
        """Take connections."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        self.url = f"postgresql://{self._address.username}@127.0.0.1:{port}{self._address.path}"
        return server

    async def close(self) -> None:
        """Break all connections."""
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        [folder] = parse_qs(self._address.query)["host"]
        inner, outer = await asyncio.open_unix_connection(str(Path(folder) / ".s.PGSQL.5432"))
        for source, sink in ((reader, outer), (inner, writer)):
            task = asyncio.create_task(self._pass(source, sink))
            self._passing.add(task)
            task.add_done_callback(self._passing.discard)

    async def _pass(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError):
                while data := await source.read(65536):
                    await self._open.wait()
                    sink.write(data)
                    await sink.drain()
        finally:
            sink.close()


@asynccontextmanager
async def hanging_postgres() -> AsyncGenerator[HangingPostgres]:
    """An empty database behind such a door, while the block lasts."""
    hanging = HangingPostgres(postgres_url())
    server = await hanging.listen()
    try:
        yield hanging
    finally:
        hanging.go_on()
        server.close()
        await hanging.close()
