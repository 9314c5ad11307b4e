"""Who is calling, and in which scope. Only this module makes an `OrgScope`; every query takes one."""

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, InitVar, dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import jwt
import msgspec

from shared.rules import NotFound, Refused, Unauthenticated
from shared.signing import Signer, public_key
from shared.tokens import Believed, Proved, Trusted, audience, proved, usable

_ALGORITHM = "EdDSA"
_MADE_HERE: Final = object()


class Role(StrEnum):
    """What somebody does in their organisation (trust.md, "Who may see what")."""

    COORDINATOR = "coordinator"
    HOST = "host"
    POLICY_OFFICER = "policy-officer"
    FINDER = "finder"
    ADMINISTRATOR = "administrator"
    PRIVACY_OFFICER = "privacy-officer"
    INTEGRATOR = "integrator"
    PARTICIPANT = "participant"
    """By a link and a one-time code, for the own records only."""
    EVENING_HOST = "evening-host"
    """By a link and its code, for one evening only."""


LINKED = frozenset({Role.PARTICIPANT, Role.EVENING_HOST})
"""Who comes by a link: no login provider can say these roles, for they mean nothing without whose or which."""
_ROLES: Mapping[str, str] = {role.value: role.value for role in Role}
IN_TEAMS = frozenset({Role.COORDINATOR, Role.HOST})
"""Who belongs to a team where an organisation has teams."""
TWO_FACTORS = frozenset({Role.COORDINATOR, Role.PRIVACY_OFFICER})
"""Who reads people's files, and so logs in with more than a password in production."""
ALL_TEAMS = "*"
"""What a provider's claim says of who works for every team."""


class Evening(msgspec.Struct, frozen=True):
    """One meeting of a series."""

    series: UUID
    date: date
    """Local date on which it starts."""


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """What a link's token says of who holds it: a participant, or the host of an evening."""

    link: UUID
    person: UUID | None = None
    evening: Evening | None = None

    @property
    def role(self) -> Role:
        """One of `LINKED`. Raises `Unauthenticated("token-invalid")` when it says both or neither."""
        if (self.person is None) == (self.evening is None):
            raise Unauthenticated("token-invalid")
        return Role.PARTICIPANT if self.person else Role.EVENING_HOST


@dataclass(frozen=True, slots=True)
class OrgScope:
    """A verified caller and what they may see: their organisation, and in it their team. Comes from `verify` only."""

    organisation: str
    """Slug."""
    user: str
    """The token's subject; `public` for a visitor without a token, `link:<id>` for who came by a link."""
    team: str | None
    roles: frozenset[Role]
    expires: datetime
    """From then on the scope is no longer valid, UTC."""
    _: KW_ONLY
    holder: Holder | None = None
    """Who came by a link, and sees nothing but what it is about."""
    looks: datetime | None = None
    """When they asked to see something and nothing else, UTC; None: they may want to change something."""
    proof: InitVar[object]

    def __post_init__(self, proof: object) -> None:
        """Refuse a scope that anybody else makes up."""
        if proof is not _MADE_HERE:
            msg = "an OrgScope comes from shared.identity.verify"
            raise TypeError(msg)

    @property
    def by(self) -> str:
        """How an event names this caller."""
        return f"user:{self.user}"

    @property
    def person(self) -> UUID | None:
        """The participant who came by their link, and sees their own records only."""
        return self.holder.person if self.holder else None

    @property
    def evening(self) -> Evening | None:
        """The meeting whose host came by its link, and sees nothing else."""
        return self.holder.evening if self.holder else None


def bearer(header: str | None) -> str:
    """The token in an `Authorization` header (RFC 6750). Raises `Unauthenticated("token-missing")`."""
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("token-missing")
    return token.strip()


def verify(token: str, believed: Believed, now: datetime, *, organisation: str | None = None) -> OrgScope:
    """The caller that a token proves; `organisation` is the only one accepted here.

    Raises what `shared.tokens.proved` raises, and `Unauthenticated`: `token-other-organisation`, `token-team-missing`,
    `token-second-factor`.
    """
    found = proved(token, believed, now)
    trusted = found.by
    if organisation not in (None, trusted.organisation):
        raise Unauthenticated("token-other-organisation")
    if trusted.links:
        return _linked(found)
    roles = _roles(found)
    team = _team(found, roles)
    if trusted.second_factor and roles & TWO_FACTORS and not trusted.second_factor & set(_texts(found.whole, ("amr",))):
        raise Unauthenticated("token-second-factor")
    return OrgScope(trusted.organisation, found.claims.sub, team, roles, found.expires, proof=_MADE_HERE)


def _linked(found: Proved) -> OrgScope:
    try:
        holder = msgspec.convert(found.whole, Holder)
    except msgspec.ValidationError:
        raise Unauthenticated("token-invalid") from None
    user, roles = f"link:{holder.link}", frozenset({holder.role})
    return OrgScope(found.by.organisation, user, None, roles, found.expires, holder=holder, proof=_MADE_HERE)


def looking(scope: OrgScope, now: datetime) -> OrgScope:
    """The same caller, who changes nothing: what is open in need is open to look at only, and for an hour."""
    return replace(scope, looks=now, proof=_MADE_HERE)


def visitor(organisation: str, expires: datetime) -> OrgScope:
    """Somebody without a token, who may see what is public of one organisation and nothing else."""
    return OrgScope(organisation, "public", None, frozenset(), expires, proof=_MADE_HERE)


def _roles(found: Proved) -> frozenset[Role]:
    """Roles that Kring does not know are another application's; those of a link are never a provider's to give."""
    words = found.by.words or _ROLES
    said = frozenset(Role(words[text]) for text in _texts(found.whole, found.by.roles) if text in words)
    return said - LINKED


def _team(found: Proved, roles: frozenset[Role]) -> str | None:
    named = _texts(found.whole, found.by.team)
    if len(named) > 1 or (not named and found.by.teams and roles & IN_TEAMS):
        raise Unauthenticated("token-team-missing")
    return named[0] if named and not (found.by.teams and named[0] == ALL_TEAMS) else None


def _texts(claims: Any, path: tuple[str, ...]) -> list[str]:
    """The texts of a claim that holds one or several; what is not a text says nothing."""
    for name in path:
        claims = claims.get(name) if isinstance(claims, dict) else None
    found = claims if isinstance(claims, list) else [claims]
    return [text for text in found if isinstance(text, str) and text.strip()]


def local(organisation: str, issuers: Mapping[str, Mapping[str, str]]) -> Believed:
    """To believe an organisation's local issuers by their public keys (text by key id)."""
    said, found = audience(organisation), dict[tuple[str, str], Trusted]()
    for name, keys in issuers.items():
        known = {id_: key for id_, text in keys.items() if (key := usable(public_key(text), [_ALGORITHM]))}
        found[name, said] = Trusted(organisation=organisation, audience=said, keys=known)
    return found


class Issuer:
    """The local issuer of one organisation's tokens, to try Kring out; production uses an OpenID Connect provider."""

    def __init__(self, organisation: str, signer: Signer, *, production: bool) -> None:
        """Raises `Refused("issuer-in-production")`."""
        if production:
            raise Refused("issuer-in-production")
        self.organisation = organisation
        self._signer = signer

    @staticmethod
    def open(data: Path, organisation: str, *, production: bool) -> "Issuer":
        """The issuer whose key stands in a data folder. Raises `Refused("issuer-missing")` too."""
        try:
            seed = (data / organisation / "keys" / "issuer").read_text().strip()
        except OSError:
            raise NotFound("issuer-missing", organisation=organisation) from None
        return Issuer(organisation, Signer(seed), production=production)

    @staticmethod
    def name(organisation: str) -> str:
        """What its tokens say in `iss`."""
        return f"urn:kring:issuer:{organisation}"

    def token(
        self, roles: Iterable[Role], *, user: str, now: datetime, hours: float = 8, team: str | None = None
    ) -> str:
        """A signed token for a made-up user, valid from `now` for so many hours."""
        claims: dict[str, Any] = {
            "iss": self.name(self.organisation),
            "aud": audience(self.organisation),
            "sub": user,
            "roles": sorted(roles),
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(hours=hours)).timestamp()),
        }
        named = claims if team is None else claims | {"team": team}
        return jwt.encode(named, self._signer.private, algorithm=_ALGORITHM, headers={"kid": self._signer.public[:8]})
