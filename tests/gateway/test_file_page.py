"""The file's page in a real browser: it carries all it needs, fits a phone, and can be read with the keyboard."""

import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from services.events.main import SERVICE as EVENTS
from services.intake.main import SERVICE as INTAKE
from services.network.main import SERVICE as NETWORK
from tests.gateway.running import Running, kring
from tests.gateway.test_participant_file import agreed, registered, whole

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium: apt-get install chromium"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with kring(tmp_path_factory.mktemp("kring"), [INTAKE, EVENTS, NETWORK]) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def opened(running: Running, browser: Browser, width: int) -> tuple[Page, list[str]]:
    person = await registered(running, "Rosa")
    await agreed(running, person)
    await whole(running, person)
    headers = {"authorization": f"Bearer {running.token('humanitas')}", "accept-language": "nl"}
    page = await browser.new_page(viewport={"width": width, "height": 900}, extra_http_headers=headers)
    troubles, address = list[str](), f"http://127.0.0.1:{running.settings.port}/participants/{person}/file"
    page.on("console", lambda said: troubles.append(said.text) if said.type in ("error", "warning") else None)
    page.on("request", lambda asked: None if asked.url == address else troubles.append(asked.url))
    await page.goto(address)
    return page, troubles


async def test_the_page_has_its_style_and_asks_for_nothing_more(running: Running, browser: Browser) -> None:
    page, troubles = await opened(running, browser, 1280)
    assert troubles == []
    assert await page.evaluate("getComputedStyle(document.querySelector('dl')).display") == "grid"
    assert await page.get_by_role("heading", level=1).inner_text() == "Uw dossier bij Humanitas"
    await page.get_by_role("link", name="Waar u toestemming voor gaf").click()
    assert page.url.endswith("#consents")
    assert await page.get_by_role("heading", name="Waar u toestemming voor gaf").is_visible()


async def test_it_fits_a_phone_and_its_tables_scroll_by_keyboard(running: Running, browser: Browser) -> None:
    page, _ = await opened(running, browser, 360)
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing runs off the side"
    table = page.get_by_role("region", name="Wat er is vastgelegd")
    await table.focus()
    assert await table.evaluate("one => one === document.activeElement")
