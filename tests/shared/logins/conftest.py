"""A login provider, and a machine that trusts it."""

from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.logins import Site, site
from tests.support.provider import Provider, provider


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def login(key: rsa.RSAPrivateKey) -> Generator[Provider]:
    with provider() as one:
        yield one.add("first", key)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncGenerator[Site]:
    async with site(tmp_path) as one:
        yield one


@pytest.fixture
async def live(tmp_path: Path) -> AsyncGenerator[Site]:
    async with site(tmp_path, production=True) as one:
        yield one
