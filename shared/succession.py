"""An organisation's public keys, and how new ones follow: each change is signed with the key that was there before."""

import hashlib
from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Protocol

import msgspec

from shared.signing import Signer, verified

MOST = 100
"""Changes of keys that the register remembers of one organisation."""


class NodeKeys(msgspec.Struct, frozen=True):
    """Public keys of one node."""

    nkey: str
    """With which it connects to NATS."""
    sign: str
    """With which its letters are signed (as `shared.wire.seal` writes it)."""
    seal: str
    """For which letters to it are sealed."""
    id: str
    """Names this pair of letter keys."""


class Former(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key that an organisation signed with before."""

    key: str
    signature: str
    """With it, over the key that followed."""


class Renewal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an organisation adds to its keys when it changes them."""

    number: Annotated[int, msgspec.Meta(ge=1)]
    """Grows with each change: earlier keys are never taken for new ones."""
    former: Annotated[tuple[Former, ...], msgspec.Meta(min_length=1, max_length=MOST)]
    """From the first key that it signed with to the last before the present one."""
    signature: str = ""
    """With the present key, over all its keys."""


class Keyed(Protocol):
    """An organisation, as far as its keys go."""

    @property
    def slug(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def issuers(self) -> Mapping[str, Mapping[str, str]]: ...
    @property
    def nodes(self) -> Mapping[str, NodeKeys]: ...
    @property
    def renewal(self) -> Renewal | None: ...


class Pin(msgspec.Struct, frozen=True):
    """What is remembered of an organisation's keys."""

    key: str
    number: int
    digest: str
    """SHA-256 of all that it says of itself."""


def pin(one: Keyed) -> Pin:
    """To remember an organisation by."""
    return Pin(one.key, _number(one), hashlib.sha256(words(one)).hexdigest())


def words(one: Keyed) -> bytes:
    """What an organisation says of itself: all its keys, and those of before."""
    former = one.renewal.former if one.renewal else ()
    said = [one.slug, _number(one), one.key, former, one.issuers, one.nodes]
    return b"kring.keys.v1|" + msgspec.json.encode(said, order="deterministic")


def renewed(one: Keyed, old: Signer, new: Signer) -> Renewal:
    """The proof that the holder of the old key changes to a new one; still to be signed with that (`Renewal.signature`)."""
    before = one.renewal.former if one.renewal else ()
    return Renewal(_number(one) + 1, (*before, Former(old.public, old.sign(_handed_on(one.slug, new.public)))))


def chained(one: Keyed) -> bool:
    """Whether each of an organisation's keys signed the next, and the present one all that it says of itself."""
    if one.renewal is None:
        return True
    former = one.renewal.former
    followed = [*pairwise([*(key.key for key in former), one.key])]
    return verified(one.key, one.renewal.signature, words(one)) and all(
        verified(old, key.signature, _handed_on(one.slug, new))
        for key, (old, new) in zip(former, followed, strict=True)
    )


def follows(one: Keyed, before: Pin) -> bool:
    """Whether an organisation (that is `chained`) is the one that was remembered: unchanged, or changed by itself."""
    if pin(one).digest == before.digest:
        return True
    former = one.renewal.former if one.renewal else ()
    return _number(one) > before.number and before.key in (key.key for key in former)


def _handed_on(slug: str, key: str) -> bytes:
    return f"kring.key.v1|{slug}|{key}".encode()


def _number(one: Keyed) -> int:
    return one.renewal.number if one.renewal else 0
