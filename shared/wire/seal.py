"""A letter's seal: signed by the sending node (Ed25519), then sealed for the receiving one (HPKE, RFC 9180).

The key exchange is hybrid: ML-KEM-768 with X25519, so that what is copied today cannot be opened by a later quantum computer. HPKE
alone proves no sender, hence the signature; it covers the route too, so that a receiver cannot pass the letter off as sent to another.
"""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Protocol
from uuid import UUID

import msgspec
import structlog
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from shared.rules import Refused
from shared.signing import public_key, raw, text

_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
_SIGNATURE = 64
_X25519 = 32
_PAGE = 2048
"""Bytes. Contents are filled up to whole pages: an empty letter is then as large as nearly all others."""


class Unauthentic(Exception):  # noqa: N818  (a finding about a letter, not a fault)
    """The letter is not what its outside says. `code`: `key` (sealed for other keys) or `signature` (altered, or another's)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Route(msgspec.Struct, frozen=True, array_like=True):
    """What stands outside a letter, readable by the broker; bound to the letter by seal and signature."""

    sender: str
    """Sending node, `<slug>.<service>`."""
    log: UUID
    """Identity of the sending node's log under which the letter was numbered."""
    receiver: str
    """Receiving node."""
    number: int
    """Number on the link, from 1."""
    key: str
    """Which of the receiver's keys it is sealed for."""


class PublicKeys(Protocol):
    """A node's public letter keys, as the register of organisations holds them."""

    @property
    def id(self) -> str:
        """Names this pair."""
        ...

    @property
    def sign(self) -> str:
        """Checks its signatures."""
        ...

    @property
    def seal(self) -> str:
        """Seals for it."""
        ...


class LetterKeys:
    """A node's private letter keys. `seed` is the text kept in its secret file; `id`, `sign` and `seal` go into the register."""

    def __init__(self, seed: str) -> None:
        """Read the keys back. Raises `ValueError` when the text does not hold them."""
        self.seed = seed
        self.signing, exchange, classic = _private(raw(seed.strip()))
        self.opening = hpke.MLKEM768X25519PrivateKey(exchange, classic)
        self.sign = text(self.signing.public_key().public_bytes_raw())
        self.seal = text(exchange.public_key().public_bytes_raw() + classic.public_key().public_bytes_raw())
        self.id = hashlib.sha256(f"{self.sign}|{self.seal}".encode()).hexdigest()[:16]

    @staticmethod
    def generate() -> "LetterKeys":
        """New keys."""
        signing, exchange, classic = (
            Ed25519PrivateKey.generate(),
            MLKEM768PrivateKey.generate(),
            X25519PrivateKey.generate(),
        )
        return LetterKeys(
            text(signing.private_bytes_raw() + classic.private_bytes_raw() + exchange.private_bytes_raw())
        )


class Ring:
    """A node's private letter keys: those that the register names, and the ones before them, as letters under way may be sealed for these.

    `secret` gives what stands in the secret file: one pair a line.
    """

    def __init__(self, secret: Callable[[], str]) -> None:
        """Raises `ValueError` when a line holds no keys, and what `secret` raises."""
        self._secret = secret
        self._keys: dict[str, LetterKeys] = {}
        self.renew()

    def renew(self) -> None:
        """Read the file again. Raises as at first; the present keys stay then."""
        self._keys = {one.id: one for one in map(LetterKeys, self._secret().split() or [""])}

    def follow(self, named: PublicKeys) -> None:
        """Read the file again when the register names keys that are not here. Where that fails the present ones stay."""
        if named.id not in self._keys:
            try:
                self.renew()
            except (Refused, ValueError) as fault:
                structlog.get_logger().error("new letter keys cannot be read", error=type(fault).__name__)

    def opening(self, identifier: str) -> LetterKeys:
        """To open a letter with that is sealed for these keys. Raises `Unauthentic`."""
        try:
            return self._keys[identifier]
        except KeyError:
            raise Unauthentic("key") from None

    def signing(self, named: PublicKeys) -> LetterKeys:
        """To sign with, as the register names them. Raises `Refused("letter-keys-missing")`."""
        try:
            return self._keys[named.id]
        except KeyError:
            raise Refused("letter-keys-missing") from None


def seal(content: bytes, route: Route, sender: LetterKeys, receiver: PublicKeys) -> bytes:
    """Sign the route and the content, then seal signature and content for the receiver. `content` is JSON: it may end in spaces."""
    bound = _bound(route)
    filled = content.ljust(-(-len(content) // _PAGE) * _PAGE)
    return _SUITE.encrypt(sender.signing.sign(bound + filled) + filled, _sealing(receiver.seal), info=bound)


def unseal(box: bytes, route: Route, receiver: LetterKeys, sender: PublicKeys) -> bytes:
    """Open a letter and check its sender; the content may end in spaces. Raises `Unauthentic`."""
    if route.key != receiver.id:
        raise Unauthentic("key")
    bound = _bound(route)
    try:
        opened = _SUITE.decrypt(box, receiver.opening, info=bound)
        public_key(sender.sign).verify(opened[:_SIGNATURE], bound + opened[_SIGNATURE:])
    except (InvalidTag, InvalidSignature, ValueError):
        raise Unauthentic("signature") from None
    return opened[_SIGNATURE:]


def _bound(route: Route) -> bytes:
    return b"kring.letter.v1" + msgspec.msgpack.encode(route)


@lru_cache(maxsize=4096)
def _sealing(written: str) -> hpke.MLKEM768X25519PublicKey:
    keys = raw(written)
    exchange, classic = keys[:-_X25519], keys[-_X25519:]
    return hpke.MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(exchange), X25519PublicKey.from_public_bytes(classic)
    )


def _private(seeds: bytes) -> tuple[Ed25519PrivateKey, MLKEM768PrivateKey, X25519PrivateKey]:
    signing, classic, exchange = seeds[:32], seeds[32:64], seeds[64:]
    return (
        Ed25519PrivateKey.from_private_bytes(signing),
        MLKEM768PrivateKey.from_seed_bytes(exchange),
        X25519PrivateKey.from_private_bytes(classic),
    )
