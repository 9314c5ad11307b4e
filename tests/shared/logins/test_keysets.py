"""A provider's keys come and go, and the provider itself: what is believed meanwhile."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from shared import keysets
from tests.support.logins import CLAIMS, Site, token
from tests.support.provider import Provider, public


async def test_a_revoked_key_is_believed_no_longer_than_the_keys_are_kept(here: Site, login: Provider) -> None:
    await here.trusts("welzin", login.add("second"))
    old = token(login)
    login.revoke("first")
    await here.later(keysets.EVERY - 1)
    assert here.caller(old).user == "ann"
    await here.later(1)
    assert here.refused(old) == "token-key-unknown"
    assert here.caller(token(login, "second")).user == "ann"


async def test_a_new_key_is_fetched_when_a_token_names_it_and_at_most_once_a_minute(
    here: Site, login: Provider
) -> None:
    await here.trusts("welzin", login)
    login.add("second")
    for _ in range(5):
        assert here.refused(token(login, "second")) == "token-key-unknown"
        await here.later(1)
    assert login.asked == 1
    await here.later(keysets.AGAIN)
    assert here.caller(token(login, "second")).user == "ann"
    made_up = login.token({"iss": login.issuer, **CLAIMS}, key="first")
    login.keys["made up"] = login.keys["first"]
    assert here.refused(token(login, "made up")) == "token-key-unknown"
    await here.later(keysets.AGAIN - 1)
    assert (login.asked, here.caller(made_up).user) == (2, "ann")


WRONG: dict[str, tuple[int, bytes, dict[str, str]]] = {
    "it answers 500": (500, b"", {}),
    "it answers 302": (302, b"", {"location": "http://127.0.0.1:1/"}),
    "malformed": (200, b"<html>", {}),
    "Expected `object`": (200, b"[]", {}),
    "it holds no keys": (200, b"{}", {}),
    "no public key that can be used": (200, b'{"keys": [7, {"kid": "first", "kty": "oct", "k": "AAAA"}]}', {}),
    "recursion": (200, b'{"keys": ' + b"[" * 100_000, {}),
    "no public key": (
        200,
        b'{"keys": [{"kid": "first", "kty": "RSA", "n": "", "e": []}, {"kid": "x", "kty": "EC"}]}',
        {},
    ),
    "larger": (200, b" " * (keysets.LARGEST + 1), {}),
}


@pytest.mark.parametrize("reason", WRONG)
async def test_while_the_provider_is_away_its_last_keys_serve_for_some_hours(
    here: Site, login: Provider, reason: str
) -> None:
    await here.trusts("welzin", login)
    login.instead = WRONG[reason]
    await here.later(keysets.EVERY)
    assert here.caller(token(login)).user == "ann"
    [fault] = here.issuers.faults
    assert (fault.code, fault.parameters["place"]) == ("provider-keys", login.address)
    assert reason in fault.parameters["reason"]
    await here.later(keysets.KEPT - keysets.EVERY)
    assert here.caller(token(login)).user == "ann"
    await here.later(1)
    assert here.refused(token(login)) == "provider-away"
    login.instead = None
    await here.later(keysets.AGAIN)
    assert (here.caller(token(login)).user, here.issuers.faults) == ("ann", [])


async def test_a_provider_that_was_never_reached_is_said_to_be_away(here: Site, login: Provider) -> None:
    await here.trusts("welzin", login, keys="http://127.0.0.1:1/certs")
    assert here.refused(token(login)) == "provider-away"
    await here.trusts("welzin", login, keys="not-there.jwks")
    assert here.refused(token(login)) == "provider-away"


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")  # of the one who signs with it
async def test_keys_that_are_weak_secret_or_for_something_else_are_passed_over(here: Site, login: Provider) -> None:
    login.add("weak", rsa.generate_private_key(65537, 1024))  # noqa: S505  (it is what is refused)
    login.add("curve", ec.generate_private_key(ec.SECP384R1()))
    login.add("encrypts", use="enc").add("other", alg="PS256")
    login.shown.append({**public(login.add("secret").keys["secret"]), "kid": "secret2", "d": "AQAB"})
    login.keys["secret2"] = login.keys["secret"]
    await here.trusts("welzin", login, algorithms=["RS256", "PS256", "ES256"])
    for name in ("weak", "encrypts", "secret2"):
        assert here.refused(token(login, name)) == "token-key-unknown"
    assert here.refused(token(login, "curve", "ES384")) == "token-key-unknown"
    assert here.refused(token(login, "other")) == "token-invalid"
    assert here.caller(token(login, "other", "PS256")).user == "ann"
