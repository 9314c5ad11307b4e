"""A line between a service's nodes and the broker that reads what passes, and holds letters back when it is told to."""

import asyncio
import re
import socket
import struct
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from random import Random

from shared.wire.post import ANSWERS_WITHIN
from tests.soak.plan import LATE

_PUBLISHED = re.compile(rb"H?PUB (\S+) .*?(\d+)\r\n")
"""`PUB subject [reply] size`, `HPUB subject [reply] headers size` (NATS client protocol)."""
_LETTERS = re.compile(rb"(to\.[^.]+\.)?letters\.")
_SHORT, _LONG = (0.0, 1.0), (ANSWERS_WITHIN + 1, ANSWERS_WITHIN + 4)
"""Seconds that a batch is held back: its sender has given it up before the second are over, and hands it over again."""
_BROKEN = (OSError, EOFError)


class Holding:
    """Batches of letters, each held back by itself."""

    def __init__(self, chance: Random) -> None:
        self.came = Counter[str]()
        self._chance = chance
        self._number = 0
        self._passed = Counter[tuple[int, bytes]]()
        self._held: set[asyncio.Task[None]] = set()

    def take(self, subject: bytes, message: bytes, there: asyncio.StreamWriter) -> None:
        """Hold one back."""
        self._number += 1
        held = self._chance.uniform(*self._chance.choice((_SHORT, _LONG)))
        task = asyncio.create_task(self._pass_on(self._number, held, subject, message, there))
        self._held.add(task)
        task.add_done_callback(self._held.discard)

    async def end(self) -> None:
        """Wait until all are on their way."""
        while self._held:
            await asyncio.wait(self._held)

    async def _pass_on(
        self, number: int, held: float, subject: bytes, message: bytes, there: asyncio.StreamWriter
    ) -> None:
        await asyncio.sleep(held)
        if there.is_closing():
            return
        there.write(message)
        self.came["batches held back"] += 1
        self.came[LATE] += held > ANSWERS_WITHIN
        link = id(there), subject
        self.came["of them after a later one of the same link"] += number < self._passed[link]
        self._passed[link] = max(number, self._passed[link])


class Line:
    """One address in front of the broker."""

    def __init__(self, to: int) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._to = to
        self._holding: Holding | None = None
        self._one = asyncio.Lock()
        self._open: set[asyncio.StreamWriter] = set()
        self._carried: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def carrying(self) -> AsyncGenerator[None]:
        """It leads to the broker while the block lasts."""

        def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(self._carry(reader, writer))
            self._carried.add(task)
            task.add_done_callback(self._carried.discard)

        server = await asyncio.start_server(carry, sock=self._socket)
        try:
            yield
        finally:
            server.close()
            for end in self._open:
                end.transport.abort()
            await asyncio.gather(*self._carried)

    @asynccontextmanager
    async def holding(self, chance: Random) -> AsyncGenerator[Holding]:
        """Hold letters back while the block lasts, one block after the other; at its end wait until all have gone on."""
        async with self._one:
            self._holding = holding = Holding(chance)
            try:
                yield holding
            finally:
                self._holding = None
                await holding.end()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            from_there, there = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            _refuse(writer)
            return
        ends = {writer, there}
        self._open |= ends
        await asyncio.gather(self._up(reader, there), _down(from_there, writer))
        self._open -= ends

    async def _up(self, reader: asyncio.StreamReader, there: asyncio.StreamWriter) -> None:
        with suppress(*_BROKEN):
            while message := await reader.readline():
                if published := _PUBLISHED.fullmatch(message):
                    message += await reader.readexactly(int(published[2]) + 2)
                    if self._holding is not None and _LETTERS.match(published[1]):
                        self._holding.take(published[1], message, there)
                        continue
                there.write(message)
                await there.drain()
        there.transport.abort()


async def _down(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(*_BROKEN):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()


def _refuse(writer: asyncio.StreamWriter) -> None:
    """Reset the connection: one that only ends looks like a server that waits for TLS."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
