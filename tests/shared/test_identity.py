import hmac
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import jwt
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.identity import Issuer, OrgScope, Role, bearer, local, verify, visitor
from shared.rules import NotFound, Refused, Unauthenticated
from shared.signing import Signer, raw
from shared.tokens import LEEWAY

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SIGNER = Signer.generate()
ISSUER = Issuer("welzin", SIGNER, production=False)
TRUSTED = {
    **local("welzin", {Issuer.name("welzin"): {SIGNER.public[:8]: SIGNER.public}}),
    **local("humanitas", {Issuer.name("humanitas"): {"other": Signer.generate().public}}),
}
CLAIMS: dict[str, Any] = {
    "iss": Issuer.name("welzin"),
    "aud": "kring:welzin",
    "sub": "ann",
    "exp": int(NOON.timestamp()) + 60,
}


def signed(claims: dict[str, Any], signer: Signer = SIGNER, kid: str = SIGNER.public[:8]) -> str:
    return jwt.encode(claims, signer.private, algorithm="EdDSA", headers={"kid": kid})


def refused(token: str, *, now: datetime = NOON, organisation: str | None = None) -> str:
    with pytest.raises(Unauthenticated) as raised:
        verify(token, TRUSTED, now, organisation=organisation)
    return raised.value.code


def test_a_token_gives_its_bearers_scope() -> None:
    token = ISSUER.token([Role.COORDINATOR, Role.HOST], user="ann", now=NOON, hours=1, team="centrum")
    scope = verify(token, TRUSTED, NOON, organisation="welzin")
    assert (scope.organisation, scope.user, scope.team) == ("welzin", "ann", "centrum")
    assert scope.roles == {Role.COORDINATOR, Role.HOST}
    assert scope.expires == NOON + timedelta(hours=1)
    assert scope.by == "user:ann"


def test_nobody_makes_up_a_scope() -> None:
    with pytest.raises(TypeError):
        OrgScope("welzin", "ann", None, frozenset(Role), NOON, proof=object())


def test_a_visitor_has_no_role() -> None:
    scope = visitor("welzin", NOON)
    assert (scope.organisation, scope.roles, scope.user) == ("welzin", frozenset(), "public")


def test_a_token_ends() -> None:
    token = ISSUER.token([Role.HOST], user="ann", now=NOON, hours=1)
    end = NOON + timedelta(hours=1)
    assert verify(token, TRUSTED, end + LEEWAY - timedelta(seconds=1)).user == "ann"
    assert refused(token, now=end + LEEWAY) == "token-expired"


def test_a_token_begins() -> None:
    token = signed(CLAIMS | {"nbf": int(NOON.timestamp()) + 31})
    assert refused(token) == "token-not-yet-valid"
    assert verify(token, TRUSTED, NOON + timedelta(seconds=1)).user == "ann"


@pytest.mark.parametrize("claim", ["iss", "aud", "exp", "sub"])
def test_a_token_that_leaves_out_what_is_required_is_refused(claim: str) -> None:
    assert refused(signed({name: value for name, value in CLAIMS.items() if name != claim})) == "token-invalid"


def test_a_token_is_valid_in_its_own_organisation_only() -> None:
    assert refused(signed(CLAIMS), organisation="humanitas") == "token-other-organisation"
    assert refused(signed(CLAIMS | {"aud": "kring:humanitas"})) == "token-other-organisation"
    assert refused(signed(CLAIMS | {"aud": ["kring:welzin", "kring:humanitas"]})) == "token-other-organisation"


def test_an_issuer_cannot_speak_for_another_organisation() -> None:
    forged = CLAIMS | {"iss": Issuer.name("humanitas"), "aud": "kring:humanitas"}
    assert refused(signed(forged)) == "token-key-unknown"
    assert refused(signed(forged, kid="other")) == "token-invalid"
    assert refused(signed(CLAIMS | {"iss": Issuer.name("humanitas")})) == "token-other-organisation"


@pytest.mark.parametrize(
    "token",
    [
        signed(CLAIMS, Signer.generate()),
        signed(CLAIMS | {"sub": ""}),
        signed(CLAIMS | {"exp": 1e300}),
        jwt.encode(CLAIMS, "", algorithm="none"),
        jwt.encode(CLAIMS, "k" * 64, algorithm="HS256", headers={"kid": SIGNER.public[:8]}),
        jwt.encode(CLAIMS, SIGNER.private, algorithm="EdDSA"),
        "x" * 9000,
        "a.b.c",
        f"e30.{urlsafe_b64encode(b'[' * 6000).decode()}.e30",
        signed(CLAIMS | {"sub": "a" * 256}),
        signed(CLAIMS | {"sub": "a\nb"}),
    ],
)
def test_a_token_that_its_organisation_did_not_give_is_refused(token: str) -> None:
    assert refused(token) == "token-invalid"


def test_an_issuer_or_a_key_that_nobody_chose_is_named_as_such() -> None:
    assert refused(signed(CLAIMS | {"iss": "https://elsewhere"})) == "token-issuer-unknown"
    assert refused(signed(CLAIMS, kid="unknown")) == "token-key-unknown"


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c", "crit"])
def test_a_token_that_brings_a_key_of_its_own_is_refused(name: str) -> None:
    thief = Signer.generate()
    own = {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": thief.public}, "x5c": ["AA=="], "crit": ["exp"]}
    headers = {"kid": SIGNER.public[:8], name: own.get(name, "https://thief.example/keys")}
    assert refused(jwt.encode(CLAIMS, thief.private, algorithm="EdDSA", headers=headers)) == "token-invalid"
    assert refused(jwt.encode(CLAIMS, SIGNER.private, algorithm="EdDSA", headers=headers)) == "token-invalid"


@pytest.mark.parametrize("secret", [SIGNER.public.encode(), raw(SIGNER.public)], ids=["text", "bytes"])
def test_a_public_key_cannot_be_used_as_a_shared_secret(secret: bytes) -> None:
    header = urlsafe_b64encode(msgspec.json.encode({"alg": "HS256", "kid": SIGNER.public[:8]})).decode().rstrip("=")
    confused = f"{header}.{signed(CLAIMS).split('.')[1]}"
    mac = urlsafe_b64encode(hmac.new(secret, confused.encode(), sha256).digest()).decode().rstrip("=")
    assert refused(f"{confused}.{mac}") == "token-invalid"


@given(st.text())
def test_any_text_is_refused_as_a_token(text: str) -> None:
    assert refused(text) in {"token-missing", "token-invalid"}


@given(st.integers(0, 10_000), st.characters(codec="ascii"))
def test_a_token_of_which_anything_was_altered_is_refused(place: int, letter: str) -> None:
    token = ISSUER.token([Role.HOST], user="ann", now=NOON, hours=1)
    place %= len(token) - 1  # the last letter of base64 has bits that mean nothing
    altered = token[:place] + letter + token[place + 1 :]
    if altered != token:
        assert refused(altered) in {
            "token-invalid",
            "token-issuer-unknown",
            "token-other-organisation",
            "token-key-unknown",
        }


def test_roles_of_another_application_are_passed_over() -> None:
    assert verify(signed(CLAIMS | {"roles": ["host", "boss"]}), TRUSTED, NOON).roles == {Role.HOST}


def test_the_token_stands_in_the_authorization_header() -> None:
    assert bearer("Bearer abc") == "abc"
    for header in (None, "", "Bearer", "Bearer ", "Basic abc"):
        with pytest.raises(Unauthenticated, match="token-missing"):
            bearer(header)


def test_there_is_no_local_issuer_in_production(tmp_path: Path) -> None:
    keys = tmp_path / "welzin" / "keys"
    keys.mkdir(parents=True)
    (keys / "issuer").write_text(SIGNER.seed + "\n")
    with pytest.raises(Refused, match="issuer-in-production"):
        Issuer.open(tmp_path, "welzin", production=True)
    token = Issuer.open(tmp_path, "welzin", production=False).token([Role.HOST], user="ann", now=NOON)
    assert verify(token, TRUSTED, NOON).user == "ann"
    with pytest.raises(NotFound, match="issuer-missing"):
        Issuer.open(tmp_path, "elsewhere", production=False)
