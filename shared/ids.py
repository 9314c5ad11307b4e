"""Identifiers: UUIDv7 (RFC 9562, section 5.7), made by the caller; they sort by time, so new rows fall side by side."""

import os
import time
from typing import cast
from uuid import UUID

import msgspec


def uuid7() -> UUID:
    """A new identifier: 48 bits of Unix time in milliseconds, 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & 0xFFFFFFFFFFFF) << 80 | random
    value = value & ~(0xF << 76) | 0x7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def text(id_: UUID) -> str:
    """An identifier as it is written everywhere: what `str` gives, in a quarter of the time."""
    return cast("str", msgspec.to_builtins(id_))
