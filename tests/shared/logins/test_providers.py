"""Who logs in at a provider of their organisation's is known by it; nobody else is, whatever they send."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared import keysets
from shared.identity import Issuer, Role
from tests.support.logins import CLAIMS, NOON, NOW, Site, token
from tests.support.provider import Provider, provider
from tests.support.registers import PARTIES

KINDS: dict[str, Callable[[], Any]] = {
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
    "PS256": lambda: rsa.generate_private_key(65537, 2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}


@pytest.mark.parametrize("algorithm", KINDS)
async def test_who_logs_in_at_the_provider_is_known_by_its_token(here: Site, login: Provider, algorithm: str) -> None:
    login.add("own", KINDS[algorithm]())
    await here.trusts("welzin", login, algorithms=[algorithm])
    scope = here.caller(token(login, "own", algorithm))
    assert (scope.organisation, scope.user, scope.team, scope.roles) == (
        "welzin",
        "ann",
        None,
        frozenset([Role.COORDINATOR]),
    )


async def test_keys_may_stand_in_a_file_beside(here: Site, login: Provider) -> None:
    (here.data / "welzin").mkdir()
    (here.data / "welzin" / "login.jwks").write_bytes(login.jwks())
    await here.trusts("welzin", login, keys="login.jwks")
    assert here.caller(token(login)).user == "ann"
    assert login.asked == 0


async def test_roles_and_team_are_read_from_the_providers_own_claims(here: Site, login: Provider) -> None:
    await here.trusts("welzin", login, roles_claim=["realm", "roles"], team_claim="https://example.nl/team")
    text = (here.data / "welzin" / "identity.toml").read_text()
    await here.says("welzin", f'{text}[providers.roles]\n"kring begeleider" = "coordinator"\n')
    own: dict[str, Any] = {
        "realm": {"roles": ["kring begeleider", "administrator", 7]},
        "https://example.nl/team": "noord",
    }
    scope = here.caller(token(login, **own))
    assert (scope.roles, scope.team) == (frozenset([Role.COORDINATOR]), "noord")
    assert here.caller(token(login, realm="x", **{"https://example.nl/team": "noord"})).roles == frozenset()


async def test_where_there_are_teams_everybody_who_meets_people_is_in_one(here: Site, login: Provider) -> None:
    await here.trusts("welzin", login, team_claim="team")
    assert here.refused(token(login)) == "token-team-missing"
    assert here.refused(token(login, team=" ")) == "token-team-missing"
    assert here.refused(token(login, team=["noord", "zuid"])) == "token-team-missing"
    assert here.caller(token(login, team="noord")).team == "noord"
    assert here.caller(token(login, team="*")).team is None
    assert here.caller(token(login, roles=["administrator"])).team is None


async def test_nobody_else_can_make_a_token(here: Site, login: Provider, key: rsa.RSAPrivateKey) -> None:
    await here.trusts("welzin", login)
    header, payload, signature = token(login).split(".")
    login.add("thief").revoke("thief")
    login.keys["first"] = login.keys["thief"]
    assert here.refused(token(login)) == "token-invalid"
    assert here.refused(token(login, "thief")) == "token-key-unknown"
    assert here.refused(f"{header}.{payload}.") == "token-invalid"
    for told in ({"alg": "none"}, {"alg": "None", "kid": "first"}, {"alg": "none", "kid": "first"}):
        assert here.refused(f"{coded(told)}.{payload}.") == "token-invalid"
    shared = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    confused = f"{coded({'alg': 'HS256', 'kid': 'first'})}.{payload}"
    mac = urlsafe_b64encode(hmac.new(shared, confused.encode(), sha256).digest()).decode().rstrip("=")
    assert here.refused(f"{confused}.{mac}") == "token-invalid"
    assert here.refused(f"{header}.{payload}.{signature}" + "x" * 9000) == "token-invalid"


def coded(header: dict[str, str]) -> str:
    return urlsafe_b64encode(msgspec.json.encode(header)).decode().rstrip("=")


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c", "crit"])
async def test_a_token_that_brings_its_own_key_is_refused_and_nothing_is_fetched(
    here: Site, login: Provider, name: str
) -> None:
    await here.trusts("welzin", login)
    with provider() as thief:
        thief.add("first")
        own: dict[str, Any] = {
            "jwk": thief.shown[0],
            "jku": thief.address,
            "x5u": thief.address,
            "x5c": ["AA=="],
            "crit": ["exp"],
        }
        for signer in (thief, login):
            claims = {"iss": login.issuer, **CLAIMS}
            assert here.refused(signer.token(claims, key="first", **{name: own[name]})) == "token-invalid"
        await here.later(keysets.AGAIN)
        assert (thief.asked, login.asked) == (0, 1)


async def test_a_token_for_another_time_organisation_or_application_is_refused(here: Site, login: Provider) -> None:
    await here.trusts("welzin", login, leeway=10)
    assert here.refused(token(login, exp=NOW - 10)) == "token-expired"
    assert here.caller(token(login, exp=NOW - 9)).user == "ann"
    assert here.refused(token(login, nbf=NOW + 11)) == "token-not-yet-valid"
    assert here.refused(token(login, aud="account")) == "token-other-organisation"
    assert here.refused(token(login, aud="kring:humanitas")) == "token-other-organisation"
    assert here.refused(token(login), "humanitas") == "token-other-organisation"
    assert here.refused(token(login, iss="https://login.example.nl/realms/elders")) == "token-issuer-unknown"
    without: list[dict[str, Any]] = [{"aud": None}, {"exp": None}, {"sub": None}]
    for missing in without:
        assert here.refused(token(login, **missing)) == "token-invalid"


async def test_organisations_that_share_a_provider_are_told_apart_by_audience(here: Site, login: Provider) -> None:
    await here.trusts("welzin", login)
    await here.trusts("humanitas", login)
    assert here.caller(token(login, aud="kring:humanitas"), None).organisation == "humanitas"
    assert here.caller(token(login, aud=["kring:welzin", "account"]), None).organisation == "welzin"
    assert here.refused(token(login, aud=["kring:welzin", "kring:humanitas"])) == "token-other-organisation"
    await here.trusts("humanitas", login, audience="kring:welzin")
    assert here.refused(token(login)) == "token-issuer-unknown"
    assert {fault.code for fault in here.issuers.faults} == {"identity-shared"}
    await here.trusts("humanitas", login)
    assert (here.caller(token(login)).organisation, here.issuers.faults) == ("welzin", [])


async def test_an_algorithm_that_was_not_chosen_is_refused(here: Site, login: Provider) -> None:
    await here.trusts("welzin", login, algorithms=["PS256"])
    assert here.refused(token(login)) == "token-invalid"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x", "Expected '='"),
        ("", "missing required field `providers`"),
        ('[[providers]]\nissuer = "a"\n', "missing required field `keys`"),
        ('[[providers]]\nissuer = "a"\nkeys = "http://login.example.nl/certs"\n', "$.providers[0].keys"),
        ('[[providers]]\nissuer = "a"\nkeys = "../welzin/login.jwks"\n', "$.providers[0].keys"),
        ('[[providers]]\nissuer = "a"\nkeys = "k"\nalgorithms = ["HS256"]\n', "$.providers[0].algorithms[0]"),
        ('[[providers]]\nissuer = "a"\nkeys = "k"\nsecond_factor = []\n', "$.providers[0].second_factor"),
        ('[[providers]]\nissuer = "a"\nkeys = "k"\nleeway = 121\n', "$.providers[0].leeway"),
        ('[[providers]]\nissuer = "a"\nkeys = "k"\nroles = {x = "boss"}\n', "boss"),
        ('[[providers]]\nissuer = "a"\nkeys = "k"\nsecret = "s"\n', "secret"),
    ],
)
async def test_a_file_that_cannot_be_used_is_named_and_costs_its_own_organisation_only(
    here: Site, login: Provider, text: str, reason: str
) -> None:
    await here.trusts("humanitas", login)
    await here.says("welzin", text)
    [fault] = here.issuers.faults
    assert (fault.code, fault.parameters["path"]) == ("identity-invalid", str(here.data / "welzin" / "identity.toml"))
    assert reason in fault.parameters["reason"]
    assert here.caller(token(login, aud="kring:humanitas"), "humanitas").user == "ann"
    await here.trusts("welzin", login)
    assert (here.caller(token(login)).user, here.issuers.faults) == ("ann", [])


async def test_in_production_no_local_issuer_is_believed(live: Site, login: Provider) -> None:
    await live.trusts("welzin", login)
    own = Issuer("welzin", PARTIES["welzin"], production=False).token([Role.HOST], user="ann", now=NOON)
    assert live.refused(own) == "token-issuer-unknown"
    assert live.caller(token(login, roles=["host"])).roles == {Role.HOST}


async def test_in_production_who_reads_files_logs_in_with_a_second_factor(live: Site, login: Provider) -> None:
    await live.trusts("welzin", login, second_factor=["mfa", "hwk"])
    for amr in (None, [], ["pwd"], "pwd", {"mfa": True}):
        for role in ("coordinator", "privacy-officer"):
            assert live.refused(token(login, roles=[role], amr=amr)) == "token-second-factor"
    for ways in (["pwd", "mfa"], ["hwk"], "mfa"):
        assert live.caller(token(login, amr=ways)).roles == {Role.COORDINATOR}
