"""New keys for an organisation: what it signs with, and what its nodes' letters are signed with and sealed for (ADR 16).

Where everything is asked, also what its nodes connect with, and its local issuer's.
"""

from collections.abc import Iterable
from pathlib import Path

from msgspec.structs import replace

from deploy.keys import exchanged, nkey_public, nkey_seed
from shared.agreements import Agreement, Covenant
from shared.identity import Issuer
from shared.register import Organisation, Register
from shared.rules import Refused, Unavailable
from shared.signing import Signer
from shared.succession import renewed, words
from shared.wire.seal import LetterKeys

PARTY = "organisation"
"""File of the key that an organisation signs with, among its keys. It holds the one before too, while a change is under way."""


def rotated(data: Path, register: Register, slug: str, *, everything: bool = False) -> dict[str, object]:
    """The parts of the register that change with an organisation's keys. The secrets are in their files then, beside the old ones.

    Raises `Refused`: `organisation-unknown`, `keys-missing`, `secret-unreadable`.
    """
    one, folder = register.organisation(slug), data / slug / "keys"
    old, new = signer(_secret(folder / PARTY), one.key), Signer.generate()
    fresh = {service: LetterKeys.generate() for service in one.nodes}
    for service, keys in fresh.items():
        path = folder / f"{service}.letters"
        exchanged(path, (keys.seed, _named(_secret(path), one.nodes[service].id)))
    exchanged(folder / PARTY, (new.seed, old.seed))
    changed = _signed(_connecting(folder, one) if everything else one, fresh, old, new)
    contents = register.contents
    return {
        "organisations": tuple(changed if other.slug == slug else other for other in contents.organisations),
        "agreements": tuple(_agreed(agreement, slug, new) for agreement in contents.agreements),
        "covenants": tuple(_joined(covenant, slug, new) for covenant in contents.covenants),
    }


def signer(secrets: str, key: str) -> Signer:
    """Of the keys in an organisation's file the one with this public half; the first when there is none."""
    held = [Signer(seed) for seed in secrets.split()]
    return next((one for one in held if one.public == key), held[0])


def _connecting(folder: Path, one: Organisation) -> Organisation:
    """With other keys for NATS, its own server's too, and another local issuer. Who holds the old ones is disconnected.

    They have no place beside the old ones: interrupted, it is done again.
    """
    seeds, issuer = {service: nkey_seed() for service in one.nodes}, Signer.generate()
    files = {f"{service}.nk": seed for service, seed in seeds.items()} | {"issuer": issuer.seed}
    if one.leaf is not None:
        files["leaf.nk"] = nkey_seed()
    for name, secret in files.items():
        exchanged(folder / name, (secret,))
    nodes = {service: replace(one.nodes[service], nkey=nkey_public(seed)) for service, seed in seeds.items()}
    issuers = {Issuer.name(one.slug): {issuer.public[:8]: issuer.public}}
    return replace(one, nodes=nodes, issuers=issuers, leaf=one.leaf and nkey_public(files["leaf.nk"]))


def _signed(one: Organisation, fresh: dict[str, LetterKeys], old: Signer, new: Signer) -> Organisation:
    nodes = {
        service: replace(one.nodes[service], sign=keys.sign, seal=keys.seal, id=keys.id)
        for service, keys in fresh.items()
    }
    renewal = renewed(one, old, new)
    draft = replace(one, key=new.public, nodes=nodes, renewal=renewal)
    return replace(draft, renewal=replace(renewal, signature=new.sign(words(draft))))


def _agreed(agreement: Agreement, slug: str, new: Signer) -> Agreement:
    """What the organisation signed before stands under its new key: a stolen old one can sign nothing any more."""
    ended = agreement.ended
    if ended and ended.by == slug:
        ended = replace(ended, signature=new.sign(agreement.words(ended.at)))
    return replace(
        agreement, signatures=_again(agreement.signatures.items(), slug, new, agreement.words()), ended=ended
    )


def _joined(covenant: Covenant, slug: str, new: Signer) -> Covenant:
    left = (
        replace(one, signature=new.sign(covenant.words(slug, one))) if one.by == slug else one for one in covenant.left
    )
    members = _again(covenant.members.items(), slug, new, covenant.words(slug))
    return replace(covenant, members=members, left=tuple(left))


def _again(signatures: Iterable[tuple[str, str]], slug: str, new: Signer, said: bytes) -> dict[str, str]:
    return {party: new.sign(said) if party == slug else signature for party, signature in signatures}


def _named(secrets: str, identifier: str) -> str:
    held = [LetterKeys(seed) for seed in secrets.split()]
    return next((one.seed for one in held if one.id == identifier), held[0].seed)


def _secret(path: Path) -> str:
    """Raises `Refused`: `keys-missing` (they are on the organisation's own machine), `secret-invalid`."""
    try:
        found = path.read_text()
    except OSError:
        raise Unavailable("keys-missing", path=str(path)) from None
    if not found.strip():
        raise Refused("secret-invalid", path=str(path))
    return found
