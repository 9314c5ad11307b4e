"""A line to a broker that remembers all that passes, and reads it as the NATS protocol's messages."""

import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager

import msgspec

from tests.support.brokers import Line

_MESSAGE = re.compile(rb"(?m)^(H?)(PUB|MSG) ([^\r\n]+) (\d+)\r\n")


class Message(msgspec.Struct, frozen=True):
    """One message, to the broker or from it."""

    subject: str
    reply: str
    """Subject of its answer; nothing where none is wanted."""
    headers: bytes
    data: bytes


class Tap(Line):
    """One listening address in front of a broker, for any number of connections."""

    def __init__(self, to: int) -> None:
        super().__init__(to)
        self._kept: list[bytearray] = []

    def messages(self) -> Iterator[Message]:
        """All that passed until now."""
        for way in self._kept:
            yield from _messages(bytes(way))

    def everything(self) -> bytes:
        """All bytes, of the protocol's own lines too."""
        return b"\n".join(self._kept)

    def heard_by(self) -> bytearray:
        """Each way of each connection apart: messages of one do not lie between those of another."""
        self._kept.append(bytearray())
        return self._kept[-1]


@asynccontextmanager
async def tapped(port: int) -> AsyncGenerator[Tap]:
    """It leads to a broker on this port while the block lasts."""
    tap = Tap(port)
    await tap.mend()
    try:
        yield tap
    finally:
        await tap.cut()


def _messages(passed: bytes) -> Iterator[Message]:
    """`PUB subject [reply] size`, `MSG subject sid [reply] size`; with an H before it, the headers' size comes before the whole one."""
    at = 0
    while found := _MESSAGE.search(passed, at):
        begin, at = found.end(), found.end() + int(found[4])
        words = found[3].decode().split()
        head = begin + (int(words.pop()) if found[1] else 0)
        place = 1 if found[2] == b"PUB" else 2
        reply = words[place] if len(words) > place else ""
        yield Message(words[0], reply, passed[begin:head], passed[head:at])
