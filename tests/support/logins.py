"""A machine whose organisations trust a login provider, with a clock that is moved by hand."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shared.identity import OrgScope, verify
from shared.providers import Issuers
from shared.register import Register
from shared.rules import Refused
from shared.settings import Environment, Settings
from tests.support.provider import Provider
from tests.support.registers import contents

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
NOW = int(NOON.timestamp())
CLAIMS: dict[str, Any] = {"aud": "kring:welzin", "sub": "ann", "exp": NOW + 60, "roles": ["coordinator"]}
REGISTER = Register(contents())


class Site:
    """A machine with organisations' folders, and a clock that is moved by hand."""

    def __init__(self, data: Path, *, production: bool = False) -> None:
        self.seconds = 0.0
        self.data = data
        env = Environment.PRODUCTION if production else Environment.DEVELOPMENT
        self.issuers = Issuers(Settings(data=data, env=env), lambda: REGISTER, clock=lambda: self.seconds)

    async def trusts(self, slug: str, one: Provider, keys: str = "", **more: Any) -> "Site":
        """An organisation names a provider."""
        stated = {"issuer": one.issuer, "keys": keys or one.address, **more}
        lines = "\n".join(f"{name} = {msgspec.json.encode(value).decode()}" for name, value in stated.items())
        return await self.says(slug, f"[[providers]]\n{lines}\n")

    async def says(self, slug: str, text: str) -> "Site":
        (self.data / slug).mkdir(exist_ok=True)
        (self.data / slug / "identity.toml").write_text(text)
        await self.issuers.refresh()
        return self

    async def later(self, seconds: float) -> None:
        self.seconds += seconds
        await self.issuers.refresh()

    def caller(self, token: str, organisation: str | None = "welzin") -> OrgScope:
        return verify(token, self.issuers(), NOON, organisation=organisation)

    def refused(self, token: str, organisation: str | None = "welzin") -> str:
        with pytest.raises(Refused) as raised:
            self.caller(token, organisation)
        return raised.value.code


@asynccontextmanager
async def site(data: Path, *, production: bool = False) -> AsyncGenerator[Site]:
    one = Site(data, production=production)
    yield one
    await one.issuers.close()


def token(one: Provider, key: str = "first", algorithm: str = "RS256", **changes: Any) -> str:
    claims = {"iss": one.issuer, **CLAIMS, **changes}
    return one.token({name: value for name, value in claims.items() if value is not None}, key=key, algorithm=algorithm)
