"""Ed25519 keys and signatures as text (base64url without padding), the same in files, tokens and the register."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


def text(raw: bytes) -> str:
    """Raw bytes as they stand in a file."""
    return urlsafe_b64encode(raw).decode().rstrip("=")


def raw(written: str) -> bytes:
    """The bytes that `text` wrote. Raises `ValueError` when it is not such a text."""
    return urlsafe_b64decode(written + "=" * (-len(written) % 4))


MASTER = "master"
"""File of an organisation's master key, among its keys."""
MASTER_BYTES = 32
"""Length of a master key."""


class Signer:
    """A private key that signs; `seed` is the text kept in a secret file."""

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self.private = Ed25519PrivateKey.from_private_bytes(raw(seed))
        self.public = text(self.private.public_key().public_bytes_raw())
        """The public key, as others know it."""

    @staticmethod
    def generate() -> "Signer":
        """A new key."""
        return Signer(text(Ed25519PrivateKey.generate().private_bytes_raw()))

    def sign(self, message: bytes) -> str:
        """The signature over a message."""
        return text(self.private.sign(message))


def public_key(written: str) -> Ed25519PublicKey:
    """The key that a public text names. Raises `ValueError` when it is none."""
    return Ed25519PublicKey.from_public_bytes(raw(written))


def verified(public: str, signature: str, message: bytes) -> bool:
    """Whether the holder of `public` signed exactly this message."""
    try:
        public_key(public).verify(raw(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True
