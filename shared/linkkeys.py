"""The key with which an organisation's nodes let in who holds a link: it signs their tokens, and codes are computed with it.

It stands in `keys/links` of the organisation's folder, its public half in `links.pub` beside: every process, the gateway's too, reads that
itself and believes the tokens, in production as well. Nothing else is signed with it.
"""

import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import jwt
import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.identity import Holder
from shared.rules import Refused, Unavailable
from shared.signing import Signer, public_key, raw
from shared.tokens import Believed, Trusted, audience, usable

PRIVATE, PUBLIC = "links", "links.pub"
"""Files of the key, among the organisation's keys, and of its public half, in its folder."""
PARTICIPANT_STAYS = timedelta(minutes=30)
"""How long a participant's token holds; a new one takes a new code."""
_ALGORITHM = "EdDSA"
_Stamp: TypeAlias = tuple[int, int] | None


def issuer(organisation: str) -> str:
    """What these tokens say in `iss`."""
    return f"urn:kring:links:{organisation}"


class LinkKey:
    """One organisation's key."""

    def __init__(self, organisation: str, seed: str) -> None:
        self.organisation = organisation
        self._signer = Signer(seed)
        derived = HKDF(SHA256(), length=32, salt=None, info=b"kring codes of links")
        self._codes = derived.derive(raw(seed))

    @staticmethod
    def open(data: Path, organisation: str) -> "LinkKey":
        """The key in a data folder. Raises `Unavailable("links-key-missing")`."""
        path = data / organisation / "keys" / PRIVATE
        try:
            return LinkKey(organisation, path.read_text().strip())
        except OSError:
            raise Unavailable("links-key-missing", path=str(path), organisation=organisation) from None

    @property
    def public(self) -> str:
        """Its public half, as `links.pub` holds it."""
        return self._signer.public

    def token(self, holder: Holder, *, now: datetime, until: datetime) -> str:
        """A token for who holds a link."""
        claims: dict[str, Any] = {
            "iss": issuer(self.organisation),
            "aud": audience(self.organisation),
            "sub": f"link:{holder.link}",
            "iat": int(now.timestamp()),
            "exp": int(until.timestamp()),
            **{name: value for name, value in msgspec.to_builtins(holder).items() if value is not None},
        }
        return jwt.encode(claims, self._signer.private, algorithm=_ALGORITHM, headers={"kid": self.public[:8]})

    def code(self, digits: int, *about: object) -> str:
        """The code of so many digits that goes with a link (and a moment): nobody without the key finds it, also not in the log.

        Computed rather than drawn and kept: no hash of so few digits, which a thief of the log would try out in a second, is recorded.
        """
        said = "\0".join(map(str, about)).encode()
        number = int.from_bytes(hmac.digest(self._codes, said, "sha256")) % 10**digits
        return f"{number:0{digits}}"


def trusted(organisation: str, public: str) -> Believed:
    """To believe an organisation's links by the public half of its key. Raises `ValueError` when that is none."""
    key, said = usable(public_key(public), [_ALGORITHM]), audience(organisation)
    known = {public[:8]: key} if key else {}
    return {(issuer(organisation), said): Trusted(organisation=organisation, audience=said, keys=known, links=True)}


class LinkKeys:
    """The public halves in a data folder, as they are now."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._seen: dict[str, _Stamp] = {}
        self._each: dict[str, Believed] = {}
        self._publics: dict[str, str] = {}
        self.faults: Mapping[str, Refused] = {}
        """What is wrong with a file, by organisation."""

    @property
    def believed(self) -> Believed:
        """By issuer and audience."""
        return {name: one for each in self._each.values() for name, one in each.items()}

    @property
    def publics(self) -> Mapping[str, str]:
        """The public half of each organisation's key that is believed."""
        return {slug: public for slug, public in self._publics.items() if public}

    def look(self, organisations: Iterable[str]) -> None:
        """Read the files that have changed."""
        faults = dict(self.faults)
        for slug in organisations:
            path = self._data / slug / PUBLIC
            seen = _stamp(path)
            if seen == self._seen.get(slug) and slug not in faults:
                continue  # what could not be read is read again: who is let read it leaves no other stamp
            self._seen[slug] = seen
            faults.pop(slug, None)
            try:
                public = path.read_text().strip() if seen else ""
                self._each[slug] = trusted(slug, public) if seen else {}
            except (OSError, ValueError):
                self._each[slug], public = {}, ""
                faults[slug] = Refused("links-key-unreadable", path=str(path))
            self._publics[slug] = public
        self.faults = faults


def _stamp(path: Path) -> _Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino
