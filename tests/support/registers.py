"""Registers for tests: made in memory, signed for real."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from uuid import UUID

from msgspec.structs import replace

from shared.agreements import Agreement, Covenant, Ended
from shared.identity import Issuer
from shared.linkkeys import LinkKey
from shared.register import SERVICES, Contents, Organisation, path, sealed
from shared.signing import Signer
from shared.succession import NodeKeys

SINCE = date(2026, 1, 1)
REGISTRAR = Signer.generate()
PARTIES = {slug: Signer.generate() for slug in ("humanitas", "welzin", "carrefour")}


def links(slug: str) -> LinkKey:
    """What lets in who holds a link of an organisation."""
    return LinkKey(slug, PARTIES[slug].seed)


def organisation(slug: str) -> Organisation:
    nodes = {service: NodeKeys(f"U{slug}{service}", "sign", "seal", "1") for service in SERVICES}
    key = PARTIES[slug].public
    source = "urn:nld:kvknr:00000001"
    return Organisation(slug, slug, "GM0361", source, key, {Issuer.name(slug): {key[:8]: key}}, nodes, demo=True)


def agreement(number: int, sender: str, receiver: str, *, signers: Sequence[str] = ()) -> Agreement:
    draft = Agreement(UUID(int=number), sender, receiver, SINCE, {})
    by = signers or (sender, receiver)
    return replace(draft, signatures={slug: PARTIES[slug].sign(draft.words()) for slug in by})


def ended(agreed: Agreement, by: str, signer: str | None = None) -> Agreement:
    at = date(2026, 6, 1)
    return replace(agreed, ended=Ended(at, by, PARTIES[signer or by].sign(agreed.words(at))))


def covenant(number: int, *members: str) -> Covenant:
    draft = Covenant(UUID(int=number), "all of us", SINCE, {})
    return replace(draft, members={slug: PARTIES[slug].sign(draft.words(slug)) for slug in members})


def contents(*agreements: Agreement, covenants: Sequence[Covenant] = (), number: int = 1) -> Contents:
    organisations = tuple(organisation(slug) for slug in PARTIES)
    return Contents(number, "Ugateway", "Usys", organisations, agreements, tuple(covenants))


def write(data: Path, stated: Contents, registrar: Signer = REGISTRAR) -> None:
    (data / "network").mkdir(parents=True, exist_ok=True)
    (data / "network" / "registrar.pub").write_text(REGISTRAR.public + "\n")
    path(data).write_bytes(sealed(stated, registrar))
