"""The signed register of organisations: who they are, their public keys, and the agreements that let them exchange.

One JSON file, `{"contents": …, "signature": …}`. The registrar signs the contents' exact bytes; each party signs its
agreements. Every process knows the registrar's public key from `network/registrar.pub`, never from the register itself.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import chain, groupby, permutations
from operator import itemgetter
from pathlib import Path
from typing import Annotated

import msgspec

from shared.agreements import Agreement, Covenant, Slug
from shared.grants import Grant
from shared.identity import local
from shared.rules import NotFound, Refused
from shared.signing import Signer, verified
from shared.succession import NodeKeys, Renewal, chained
from shared.tokens import Believed

Source = Annotated[str, msgspec.Meta(pattern=r"^urn:nld:(kvknr:\d{8}|oin:\d{20})$")]
Area = Annotated[str, msgspec.Meta(pattern=r"^GM\d{4}$")]
SERVICES = ("intake", "events", "network")


class Organisation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A partner."""

    slug: Slug
    name: str
    area: Area
    """Municipality, by its CBS code."""
    source: Source
    """Its official number as a URN: KvK for organisations, OIN for government (NL GOV profile for CloudEvents)."""
    key: str
    """Public key with which it signs agreements."""
    issuers: Mapping[str, Mapping[str, str]]
    """Issuers of its people's tokens: their `iss` -> public keys by key id."""
    nodes: Mapping[str, NodeKeys]
    """By service."""
    demo: bool = False
    """Made up, for trying Kring out."""
    leaf: str | None = None
    """Public key with which its own nats-server (a leaf node) connects to ours; None: its nodes connect to ours themselves."""
    renewal: Renewal | None = None
    """That its keys follow earlier ones; None: these are its first."""


class Contents(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the registrar signs."""

    number: int
    """Grows with every change: an older register is never taken for a newer one."""
    gateway: str
    """The gateway's public NATS key."""
    sys: str
    """The public NATS key of the operator's system user."""
    organisations: tuple[Organisation, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    covenants: tuple[Covenant, ...] = ()
    grants: tuple[Grant, ...] = ()


class _File(msgspec.Struct, frozen=True):
    contents: msgspec.Raw
    signature: str


class Register:
    """The register as verified. Errors: `register-missing`, `register-unreadable`, `register-forged`."""

    def __init__(self, contents: Contents, file: bytes = b"") -> None:
        """Check every organisation's, agreement's and covenant's signatures. `file` is what it was read from, signed as it is."""
        self.contents, self.file = contents, file
        self.organisations: Mapping[str, Organisation] = {one.slug: one for one in contents.organisations}
        _check(self)

    @staticmethod
    def load(path: Path, registrar: str) -> "Register":
        """Read it and check that the holder of `registrar` (public key) signed it."""
        try:
            written = path.read_bytes()
            file = msgspec.json.decode(written, type=_File)
            contents = msgspec.json.decode(file.contents, type=Contents)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as fault:
            code = "register-missing" if isinstance(fault, FileNotFoundError) else "register-unreadable"
            raise Refused(code, path=str(path)) from None
        if not verified(registrar, file.signature, bytes(file.contents)):
            raise Refused("register-forged", path=str(path))
        return Register(contents, written)

    @staticmethod
    def open(data: Path) -> "Register":
        """The register of a data folder, under the registrar's key pinned there."""
        return Register.load(path(data), pinned(data))

    def organisation(self, slug: str) -> Organisation:
        """Raises `NotFound("organisation-unknown")` with the known slugs."""
        try:
            return self.organisations[slug]
        except KeyError:
            raise NotFound("organisation-unknown", organisation=slug, known=", ".join(self.organisations)) from None

    def node(self, node: str) -> NodeKeys:
        """Public keys of `<slug>.<service>`. Raises `NotFound`: `organisation-unknown` or `node-unknown`."""
        slug, _, service = node.partition(".")
        keys = self.organisation(slug).nodes.get(service)
        if keys is None:
            raise NotFound("node-unknown", node=node)
        return keys

    def may_refer(self, sender: str, receiver: str) -> bool:
        """Whether an agreement or covenant in force lets one organisation refer to another (never to itself)."""
        return sender != receiver and (sender, receiver) in self._permitted

    def receivers(self, sender: str) -> tuple[str, ...]:
        """Organisations that this one may refer to, by slug, in order."""
        return self._receivers.get(sender, ())

    def partners(self, slug: str) -> tuple[str, ...]:
        """Organisations with which this one exchanges letters, in either direction, by slug, in order."""
        return self._partners.get(slug, ())

    @cached_property
    def routes(self) -> frozenset[tuple[str, str]]:
        """(from, to) of every way a letter may go: always both, and under what was ended or left for what is still open."""
        agreed = {(one.sender, one.receiver) for one in self.contents.agreements if one.signed}
        pairs = agreed | set(self._covenanted()) | set(self._left())
        return frozenset(pairs | {(receiver, sender) for sender, receiver in pairs})

    @cached_property
    def issuers(self) -> Believed:
        """The organisations' local issuers of tokens; believed outside production only."""
        return dict(chain.from_iterable(local(one.slug, one.issuers).items() for one in self.organisations.values()))

    @property
    def demo(self) -> bool:
        """Whether it has organisations, all of them made up."""
        return bool(self.organisations) and all(one.demo for one in self.organisations.values())

    @cached_property
    def _permitted(self) -> frozenset[tuple[str, str]]:
        in_force = (one for one in self.contents.agreements if one.signed and one.ended is None)
        return frozenset({(one.sender, one.receiver) for one in in_force} | set(self._covenanted()))

    @cached_property
    def _receivers(self) -> Mapping[str, tuple[str, ...]]:
        return _by_sender(self._permitted)

    @cached_property
    def _partners(self) -> Mapping[str, tuple[str, ...]]:
        return _by_sender(self.routes)

    def _covenanted(self) -> Iterable[tuple[str, str]]:
        return (pair for covenant in self.contents.covenants for pair in permutations(covenant.members, 2))

    def _left(self) -> Iterable[tuple[str, str]]:
        gone = (one for covenant in self.contents.covenants for one in covenant.left)
        return ((one.by, other) for one in gone for other in one.among)


def _by_sender(pairs: Iterable[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    """Each one's receivers, in order: looked up for every call and every event, by a thousand nodes."""
    return {sender: tuple(receiver for _, receiver in some) for sender, some in groupby(sorted(pairs), itemgetter(0))}


def path(data: Path) -> Path:
    """Where the register stands in a data folder."""
    return data / "register.json"


def pinned(data: Path) -> str:
    """The registrar's public key that this machine was given. Raises `Refused("register-missing")`."""
    try:
        return (data / "network" / "registrar.pub").read_text().strip()
    except OSError:
        raise Refused("register-missing", path=str(data / "network" / "registrar.pub")) from None


def sealed(contents: Contents, registrar: Signer) -> bytes:
    """The register's file: contents readable for people, and the registrar's signature over exactly those bytes."""
    written = msgspec.json.format(msgspec.json.encode(contents, order="deterministic"), indent=1)
    return msgspec.json.encode(_File(msgspec.Raw(written), registrar.sign(written)))


def _check(register: Register) -> None:
    """Every party is known and every signature holds."""
    if not all(map(chained, register.contents.organisations)):
        raise Refused("register-forged", path="keys of an organisation")
    for agreement in register.contents.agreements:
        for slug, signature in agreement.signatures.items():
            _signed(register, slug, signature, agreement.words())
        if agreement.ended:
            _signed(register, agreement.ended.by, agreement.ended.signature, agreement.words(agreement.ended.at))
    for covenant in register.contents.covenants:
        for slug, signature in covenant.members.items():
            _signed(register, slug, signature, covenant.words(slug))
        for left in covenant.left:
            _signed(register, left.by, left.signature, covenant.words(left.by, left))


def _signed(register: Register, slug: str, signature: str, words: bytes) -> None:
    organisation = register.organisations.get(slug)
    if organisation is None or not verified(organisation.key, signature, words):
        raise Refused("register-forged", path=f"agreement of {slug}")
