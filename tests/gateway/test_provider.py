"""In production people log in at their organisation's own provider: gateway and nodes each check its tokens themselves."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.intake.main import SERVICE as INTAKE
from shared import control, keysets
from shared.settings import Environment
from tests.gateway.running import Running, kring
from tests.support.provider import Provider, provider
from tests.support.waiting import eventually

PEOPLE = "{ me { user team } participants { nodes { id } } }"


def _token(login: Provider, key: str, **more: Any) -> str:
    expires = int(datetime.now(UTC).timestamp()) + 600
    claims = {"iss": login.issuer, "aud": "kring:humanitas", "sub": "ann", "exp": expires, "roles": ["coordinator"]}
    return login.token({**claims, "amr": ["pwd", "mfa"], "team": "noord", **more}, key=key)


async def _codes(running: Running, token: str) -> list[str]:
    """Of a problem, or of a question's errors."""
    answer = await running.ask(PEOPLE, token)
    return [answer["code"]] if "code" in answer else [error["extensions"]["code"] for error in answer.get("errors", [])]


async def test_a_provider_changes_its_keys_while_people_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keysets, "AGAIN", 0.0)
    with provider() as login:
        login.add("first")
        (tmp_path / "humanitas").mkdir()
        (tmp_path / "humanitas" / "identity.toml").write_text(
            f'[[providers]]\nissuer = "{login.issuer}"\nkeys = "{login.address}"\nteam_claim = "team"\n'
        )
        async with kring(tmp_path, [INTAKE], Environment.PRODUCTION) as running:
            first = _token(login, "first")
            await eventually(lambda: _codes(running, first), [])
            found = await running.done(PEOPLE, first)
            assert found == {"me": {"user": "ann", "team": "noord"}, "participants": {"nodes": []}}
            assert await _codes(running, _token(login, "first", amr=["pwd"])) == ["token-second-factor"]
            assert await _codes(running, running.token("humanitas")) == ["token-issuer-unknown"]
            login.add("second").revoke("first")
            second = _token(login, "second")
            await eventually(lambda: _codes(running, second), [])
            assert await _codes(running, first) == ["token-key-unknown"]


async def test_kring_doctor_names_keys_that_cannot_be_had(tmp_path: Path) -> None:
    (tmp_path / "welzin").mkdir()
    stated = '[[providers]]\nissuer = "https://login.example.nl"\nkeys = "not-there.jwks"\n'
    (tmp_path / "welzin" / "identity.toml").write_text(stated)
    async with kring(tmp_path, [INTAKE]):
        found: list[str] = await control.ask(tmp_path, "intake", "doctor")
    place = tmp_path / "welzin" / "not-there.jwks"
    assert any(one.startswith(f"The keys of the login provider at {place} cannot be had") for one in found)
