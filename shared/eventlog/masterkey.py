"""AES-GCM boxes, and the one key of an organisation that wraps all others."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.rules import Unavailable
from shared.signing import raw

_NONCE = 12


class Master:
    """An organisation's master key: 32 bytes. It wraps keys, and nothing else."""

    def __init__(self, secret: str) -> None:
        """`secret`: as it stands in its file or setting; while it is renewed, the new one before the old one.

        Raises:
            Unavailable: `master-key-wrong`.
        """
        try:
            self._ciphers = [AESGCM(raw(one)) for one in secret.replace(",", " ").split()]
        except ValueError:
            self._ciphers = []
        if not self._ciphers:
            raise Unavailable("master-key-wrong")

    def wrap(self, key: bytes, name: bytes) -> bytes:
        """Encrypt a key, bound to its name."""
        return boxed(self._ciphers[0], key, name)

    def unwrap(self, wrapped: bytes, name: bytes) -> bytes:
        """Decrypt a key. Raises `Unavailable("master-key-wrong")`."""
        for cipher in self._ciphers:
            try:
                return opened(cipher, wrapped, name)
            except InvalidTag:  # not this one's
                continue
        raise Unavailable("master-key-wrong")


def boxed(cipher: AESGCM, plain: bytes, place: bytes) -> bytes:
    """Encrypt under a nonce of its own, bound to a place."""
    nonce = os.urandom(_NONCE)
    return nonce + cipher.encrypt(nonce, plain, place)


def opened(cipher: AESGCM, box: bytes, place: bytes) -> bytes:
    """Decrypt. Raises `InvalidTag`."""
    if len(box) < _NONCE:
        raise InvalidTag
    return cipher.decrypt(box[:_NONCE], box[_NONCE:], place)
