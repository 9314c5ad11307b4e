"""A whole referral over TLS: gateway, broker and services with certificates; what goes to the broker and to people is heard by nobody."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from msgspec.structs import replace
from playwright.async_api import async_playwright
from websockets.exceptions import InvalidStatus

from deploy import story
from services.events.main import SERVICE as EVENTS
from services.intake.main import SERVICE as INTAKE
from services.network.main import SERVICE as NETWORK
from shared.door import Door, leading
from shared.rules import Unavailable
from shared.wire.listener import listen
from shared.wire.tls import authority, believing, pair
from tests.flows.integrators import KEEPER, PUBLISHER, client, count, grant, tell
from tests.gateway.running import Running, kring
from tests.gateway.talking import INBOX, connected, heard, say, talking
from tests.gateway.test_portal import CHROMIUM, with_a_browser
from tests.support.brokers import Line
from tests.support.certificates import certificates
from tests.support.nats import free_port
from tests.support.network import network
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    data = tmp_path_factory.mktemp("kring")
    certificates(data / "network" / "tls")
    async with kring(data, [INTAKE, EVENTS, NETWORK]) as running:
        yield running


async def test_a_referral_goes_all_the_way_round_and_nobody_on_the_way_hears_it(
    running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    line = Line(running.settings.port)
    await line.mend()
    await asyncio.to_thread(story.referral, replace(running.settings, port=line.port))
    await line.cut()
    assert "steps went as told" in capsys.readouterr().out
    assert len(line.heard) > 10_000
    for word in (b"HTTP/1.1", b"authorization", b"graphql", b"referral", b"humanitas", b"welzin"):
        assert word not in line.heard.lower()


async def test_who_does_not_believe_the_gateway_says_nothing_to_it(running: Running) -> None:
    stranger = certificates(running.settings.data / "other")
    settings = replace(running.settings, tls=stranger.certificates)
    with pytest.raises(Unavailable) as refused:
        await asyncio.to_thread(story.referral, settings)
    assert refused.value.code == "tls-authority"
    assert refused.value.parameters["url"] == f"https://127.0.0.1:{running.settings.port}"


async def test_the_gateway_speaks_no_plain_http(running: Running) -> None:
    async with httpx.AsyncClient() as plain:
        with pytest.raises(httpx.TransportError):
            await plain.get(f"http://127.0.0.1:{running.settings.port}/healthz")


async def test_every_answer_over_tls_asks_for_tls_from_then_on(running: Running) -> None:
    for path in ("/", "/healthz", "/nothing"):
        answer = await running.http.get(path)
        assert answer.headers["strict-transport-security"].startswith("max-age=31536000")


async def test_a_socket_over_tls_is_for_the_pages_of_its_own_address(running: Running) -> None:
    here = f"127.0.0.1:{running.settings.port}"
    for origin in ("https://evil.example", f"http://{here}", "https://127.0.0.1"):
        with pytest.raises(InvalidStatus):
            async with connected(running, origin=origin):
                pass
    async with connected(running, origin=f"https://{here}"):
        pass
    async with talking(running) as socket:
        await say(socket, "subscribe", id="1", payload={"query": INBOX})
        assert (await heard(socket))["type"] == "next"


@with_a_browser
async def test_the_start_page_plays_its_story_over_https(running: Running) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(ignore_https_errors=True)  # it knows only its own list of authorities
        troubles: list[str] = []
        page.on("console", lambda said: troubles.append(said.text) if said.type in ("error", "warning") else None)
        await page.goto(f"https://127.0.0.1:{running.settings.port}/")
        await page.get_by_role("button", name="Run all steps").click()
        news = page.locator("#news").filter(has_text=re.compile("^(The loop|Stopped)"))
        assert await news.inner_text(timeout=40_000) == "The loop is closed: every step went as told."
        assert troubles == []
        await browser.close()


async def nothing(*_: Any) -> None:
    raise AssertionError


async def test_a_services_own_port_speaks_https_only(running: Running) -> None:
    settings, port = running.settings, free_port()
    door = Door(leading(nothing, {}), f"127.0.0.1:{port}", pair(settings, "services"))
    serving = asyncio.create_task(door.run())
    believed = believing(authority(settings))
    async with httpx.AsyncClient(verify=believed) as safe, httpx.AsyncClient() as plain:

        async def status() -> int | None:
            with suppress(httpx.TransportError):  # it is about to listen
                return (await safe.get(f"https://127.0.0.1:{port}/welzin/v1")).status_code
            return None

        await eventually(status, 404)
        with pytest.raises(httpx.TransportError):
            await plain.get(f"http://127.0.0.1:{port}/welzin/v1")
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving


async def test_an_integrator_follows_over_tls_with_the_authoritys_certificate_and_not_without(tmp_path: Path) -> None:
    settings = certificates(tmp_path / "data" / "network" / "tls")
    async with network(tmp_path, KEEPER, PUBLISHER) as net:
        await tell(net, 5)
        credentials = grant(net, "agenda-site")
        assert credentials.url.startswith("tls://")
        with pytest.raises(Unavailable, match="tls-authority"):
            await anext(listen(credentials))
        async with client(tmp_path, credentials, authority(settings)) as store:
            await eventually(lambda: count(store), 5, within=20)
