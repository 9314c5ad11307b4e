"""What a token proves (JWT, RFC 7519 and RFC 8725): that an issuer we chose signed it, for us, for now.

Keys come from configuration alone: what a token itself says about keys (`jwk`, `jku`, `x5u`, `x5c`) makes it refused.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeAlias

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from shared.rules import Unauthenticated, Unavailable

LEEWAY = timedelta(seconds=30)
"""How far the clocks of an issuer and a node may differ, unless an issuer's configuration says otherwise."""
LONGEST_TOKEN = 8192
"""Characters; a longer one is refused before it is read."""
LONGEST_SUBJECT = 255
"""Characters (OpenID Connect Core 1.0, section 2)."""
SMALLEST_RSA = 2048
"""Bits of an RSA key (RFC 7518, section 3.3)."""
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""Asymmetric ones only: whoever can check a token cannot make one."""
_KEYS_OF_ITS_OWN = frozenset({"jwk", "jku", "x5u", "x5c", "crit"})
_CHECKED_HERE = {f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")}


@dataclass(frozen=True, slots=True, eq=False)
class Key:
    """A public key, and the algorithms with which it may be used. One that is read again is another one."""

    public: Any
    algorithms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """An issuer of tokens that an organisation trusts, and how its tokens are read."""

    organisation: str
    """Slug."""
    audience: str
    """What its tokens for us say in `aud`."""
    keys: Mapping[str, Key]
    """By key id."""
    leeway: timedelta = LEEWAY
    roles: tuple[str, ...] = ("roles",)
    """The claim that holds roles; more than one name is a path into it."""
    words: Mapping[str, str] = field(default_factory=dict[str, str])
    """The issuer's names of roles -> Kring's; without any it uses Kring's."""
    team: tuple[str, ...] = ("team",)
    """The claim that names the team."""
    teams: bool = False
    """Whether everybody who sees people must have one."""
    second_factor: frozenset[str] = frozenset()
    """Ways to log in (`amr`) of which one must have been used by who sees people; none: not asked."""
    links: bool = False
    """Whether it is the organisation's own issuer for who holds a link: what such a token says is read in another way."""
    missed: Callable[[], None] = lambda: None
    """Called when a token names a key that is not among them: there may be a new one."""


Believed: TypeAlias = Mapping[tuple[str, str], Trusted]
"""Whose tokens are believed: by what they say in `iss` and `aud`."""


class Claims(msgspec.Struct, frozen=True):
    """The claims that every token must have."""

    iss: str
    sub: str
    aud: str | list[str]
    exp: float
    nbf: float = 0

    @property
    def audiences(self) -> Sequence[str]:
        """For whom it is."""
        return [self.aud] if isinstance(self.aud, str) else self.aud


class Proved(msgspec.Struct, frozen=True):
    """A token that holds."""

    by: Trusted
    claims: Claims
    whole: Mapping[str, Any]
    """Everything that the issuer says."""

    @property
    def expires(self) -> datetime:
        """UTC."""
        return _instant(self.claims.exp)


def audience(organisation: str) -> str:
    """A token's audience, unless an issuer's configuration says otherwise: one organisation's Kring."""
    return f"kring:{organisation}"


def usable(public: Any, algorithms: Sequence[str]) -> Key | None:
    """A public key for those of the algorithms that fit it; None when there are none, or it is too weak."""
    match public:
        case RSAPublicKey() if public.key_size >= SMALLEST_RSA:
            fitting = {"RS256", "PS256"}
        case EllipticCurvePublicKey() if isinstance(public.curve, SECP256R1):
            fitting = {"ES256"}
        case Ed25519PublicKey():
            fitting = {"EdDSA"}
        case _:
            return None
    chosen = tuple(one for one in algorithms if one in fitting)
    return Key(public, chosen) if chosen else None


def proved(token: str, believed: Believed, now: datetime) -> Proved:
    """Check a token's issuer, audience, signature and times.

    Raises `Unauthenticated`: `token-missing`, `token-invalid`, `token-issuer-unknown`, `token-other-organisation`, `token-key-unknown`,
    `token-expired`, `token-not-yet-valid`; `Unavailable("provider-away")` while the issuer's keys are not known.
    """
    if not token:
        raise Unauthenticated("token-missing")
    try:
        trusted = _issuer(_unverified(token), believed)
        whole = _signed(token, trusted)
        claims = msgspec.convert(whole, Claims)
    except (jwt.PyJWTError, msgspec.ValidationError, ValueError, TypeError, RecursionError):
        raise Unauthenticated("token-invalid") from None
    if not (0 < len(claims.sub) <= LONGEST_SUBJECT and claims.sub.isprintable()):
        raise Unauthenticated("token-invalid")
    if now >= _instant(claims.exp) + trusted.leeway:
        raise Unauthenticated("token-expired")
    if now < _instant(claims.nbf) - trusted.leeway:
        raise Unauthenticated("token-not-yet-valid")
    return Proved(trusted, claims, whole)


def _unverified(token: str) -> Claims:
    """Claims that prove nothing yet: they only say whose key to try."""
    if len(token) > LONGEST_TOKEN:
        raise Unauthenticated("token-invalid")
    return msgspec.convert(jwt.decode(token, options={"verify_signature": False}), Claims)


def _issuer(said: Claims, believed: Believed) -> Trusted:
    found = [one for name in said.audiences if (one := believed.get((said.iss, name)))]
    if not found and all(issuer != said.iss for issuer, _ in believed):
        raise Unauthenticated("token-issuer-unknown")
    others = (
        [name for name in said.audiences if name.startswith("kring:") and name != found[0].audience] if found else []
    )
    if len(found) != 1 or others:
        raise Unauthenticated("token-other-organisation")
    return found[0]


def _signed(token: str, trusted: Trusted) -> Mapping[str, Any]:
    """What the issuer's key proves; times and audience are compared elsewhere, with the caller's clock."""
    header = jwt.get_unverified_header(token)
    name = header.get("kid")
    if header.keys() & _KEYS_OF_ITS_OWN or not isinstance(name, str):
        raise Unauthenticated("token-invalid")
    key = trusted.keys.get(name)
    if key is None:
        trusted.missed()
        raise Unauthenticated("token-key-unknown") if trusted.keys else Unavailable("provider-away")
    return _opened(token, key)


@lru_cache(maxsize=1_000)
def _opened(token: str, key: Key) -> Mapping[str, Any]:
    """What a key proves of a token never changes, so it is looked at once; a token that is not proved is looked at each time."""
    options: Any = {"require": ["iss", "aud", "exp", "sub"], **_CHECKED_HERE}
    return jwt.decode(token, key.public, algorithms=key.algorithms, options=options)


def _instant(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise Unauthenticated("token-invalid") from None
