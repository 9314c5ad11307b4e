"""What every answer tells a browser."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from shared.settings import Environment
from tests.gateway.running import Running, kring

pytestmark = pytest.mark.asyncio(loop_scope="module")
ASKED = [
    ("GET", "/", 200),
    ("GET", "/portal/start.js", 200),
    ("GET", "/demo/tokens", 200),
    ("GET", "/graphql", 200),
    ("POST", "/graphql", 400),
    ("PUT", "/graphql", 405),
    ("GET", "/nothing", 404),
    ("GET", "/healthz", 503),
    ("GET", "/metrics", 200),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with kring(tmp_path_factory.mktemp("kring"), []) as running:
        yield running


@pytest.mark.parametrize(("method", "path", "status"), ASKED)
async def test_every_page_and_answer_says_what_a_browser_may_do_with_it(
    running: Running, method: str, path: str, status: int
) -> None:
    answer = await running.http.request(method, path)
    assert answer.status_code == status
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert ("unsafe-inline" in policy) == ((method, path) == ("GET", "/graphql")), "GraphiQL only, for trying out"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in answer.headers
    assert "server" not in answer.headers


async def test_what_came_over_tls_is_asked_over_tls_from_then_on(running: Running) -> None:
    answer = await running.http.get("/", headers={"x-forwarded-proto": "https"})
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")


async def test_production_is_asked_over_tls_only(tmp_path_factory: pytest.TempPathFactory) -> None:
    async with kring(tmp_path_factory.mktemp("kring"), [], Environment.PRODUCTION) as running:
        for path in ("/graphql", "/healthz", "/nothing"):
            answer = await running.http.get(path)
            assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
