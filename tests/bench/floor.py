"""The least a letter can cost, in bare code: the sender's commit, sign and seal, one request, open and verify, the receiver's commit.

The same cryptography, the same `synchronous=FULL` and the same broker as Kring's letters, and nothing else.
"""

import time
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import ed25519, mlkem, x25519
from nats.aio.msg import Msg

from shared.wire.connection import Connection

try:
    from pysqlite3 import dbapi2 as sqlite
except ImportError:  # as the log does where there is no wheel
    import sqlite3 as sqlite

SQLITE: str = sqlite.sqlite_version
SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
OUTSIDE = b"kring.letter.v1|humanitas.intake|log 5f3a|welzin.intake|7|key 2"
LETTER = b'{"kind":"referral-accepted.v1"}'.ljust(2048)
SIGNATURE = 64


class Floor:
    """A sender and a receiver, each with a SQLite file and a connection to the broker."""

    def __init__(self, folder: Path, sender: Connection, receiver: Connection) -> None:
        self._sender, self._receiver = sender, receiver
        self._out, self._in = _database(folder / "floor-out.db"), _database(folder / "floor-in.db")
        self._signing = ed25519.Ed25519PrivateKey.generate()
        self._opening = hpke.MLKEM768X25519PrivateKey(
            mlkem.MLKEM768PrivateKey.generate(), x25519.X25519PrivateKey.generate()
        )
        self._verifying, self._sealing = self._signing.public_key(), self._opening.public_key()
        self._visible = 0.0

    async def open(self) -> None:
        """Listen as the receiver."""
        await self._receiver.subscribe("floor.letters", cb=self._receive)
        await self._receiver.flush()

    async def letter(self) -> float:
        """Seconds from the sender's reply to committed at the receiver, for one letter."""
        begin = time.perf_counter()
        self._out.execute("INSERT INTO letters (body) VALUES (?)", (b"handed",))
        sealed = SUITE.encrypt(self._signing.sign(OUTSIDE + LETTER) + LETTER, self._sealing, info=OUTSIDE)
        await self._sender.request("floor.letters", sealed, timeout=2)
        return self._visible - begin

    async def _receive(self, message: Msg) -> None:
        opened = SUITE.decrypt(message.data, self._opening, info=OUTSIDE)
        self._verifying.verify(opened[:SIGNATURE], OUTSIDE + opened[SIGNATURE:])
        self._in.execute("INSERT INTO letters (body) VALUES (?)", (opened[SIGNATURE:],))
        self._visible = time.perf_counter()
        await message.respond(b"1")


def _database(path: Path) -> Any:
    connection = sqlite.connect(str(path), isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE letters (number INTEGER PRIMARY KEY, body BLOB NOT NULL)")
    return connection
