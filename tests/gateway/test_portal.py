"""The start page in a real browser: each step runs with one press, and nothing is loaded from elsewhere."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, async_playwright

from services.events.main import SERVICE as EVENTS
from services.intake.main import SERVICE as INTAKE
from services.network.main import SERVICE as NETWORK
from shared.settings import Environment
from tests.gateway.running import Running, kring

CHROMIUM = shutil.which("chromium")
with_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium: apt-get install chromium")


pytestmark = pytest.mark.asyncio(loop_scope="module")


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


async def _opened(running: Running, browser: Browser, width: int) -> tuple[Page, list[str]]:
    page = await browser.new_page(viewport={"width": width, "height": 900})
    troubles: list[str] = []
    page.on("console", lambda said: troubles.append(said.text) if said.type in ("error", "warning") else None)
    page.on("request", lambda asked: None if "127.0.0.1" in asked.url else troubles.append(asked.url))
    await page.goto(f"http://127.0.0.1:{running.settings.port}/")
    await page.get_by_role("button", name="Run this step").first.wait_for()
    return page, troubles


@with_a_browser
async def test_the_whole_story_runs_with_one_press_and_loads_nothing_from_elsewhere(
    running: Running, browser: Browser
) -> None:
    page, troubles = await _opened(running, browser, 1280)
    await page.get_by_role("button", name="Run all steps").dblclick()
    news = page.locator("#news").filter(has_text=re.compile("^(The loop|Stopped)"))
    assert await news.inner_text(timeout=40_000) == "The loop is closed: every step went as told."
    assert await page.evaluate("document.getElementById('news').getBoundingClientRect().bottom <= window.innerHeight")
    assert await page.evaluate("window.scrollY") > 0, "it is said where the reader is"
    assert troubles == []
    assert await page.locator(".step .good").count() == await page.locator(".step").count()


@with_a_browser
async def test_the_story_cannot_be_begun_before_it_is_there(running: Running, browser: Browser) -> None:
    page, waiting = await browser.new_page(), asyncio.Event()

    async def late(route: Route) -> None:
        await waiting.wait()
        await route.continue_()

    await page.route("**/portal/story.json", late)
    await page.goto(f"http://127.0.0.1:{running.settings.port}/")
    everything = page.get_by_role("button", name="Run all steps")
    assert await everything.is_disabled()
    waiting.set()
    await everything.click()
    await page.locator("#news").filter(has_text="Step 1").or_(page.locator(".step .good").first).first.wait_for()


@with_a_browser
async def test_a_step_is_run_by_keyboard_and_fits_a_phone(running: Running, browser: Browser) -> None:
    page, troubles = await _opened(running, browser, 360)
    await page.get_by_role("button", name="Run this step").first.focus()
    await page.keyboard.press("Enter")
    await page.locator(".step").first.get_by_text("✓ Done").wait_for()
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing runs off the side"
    assert troubles == []


@with_a_browser
@pytest.mark.parametrize(
    ("step", "old", "new"),
    [
        (1, '"offerProgramme.status":"OPEN"', '"offerProgramme.status":"STOP"'),
        (7, '"hides":["Maria"', '"hides":["after a move"'),
        (13, '"refused":"no-agreement"', '"refused":"no-consent"'),
    ],
)
async def test_a_step_that_is_not_as_told_stops_the_story(
    running: Running, browser: Browser, step: int, old: str, new: str
) -> None:
    told = (await running.http.get("/portal/story.json")).text
    assert old in told
    page = await browser.new_page()
    await page.route("**/portal/story.json", lambda route: route.fulfill(body=told.replace(old, new)))
    await page.goto(f"http://127.0.0.1:{running.settings.port}/")
    await page.get_by_role("button", name="Run all steps").click()
    news = page.locator("#news").filter(has_text=re.compile("^(The loop|Stopped)"))
    assert (await news.inner_text(timeout=40_000)).startswith(f"Stopped at step {step}: ")


async def test_in_production_there_is_no_page_no_demo_token_and_no_graphiql(tmp_path: Path) -> None:
    async with kring(tmp_path, [], Environment.PRODUCTION) as running:
        for path in ("/", "/portal/start.js", "/demo/tokens"):
            answer = await running.http.get(path)
            assert (answer.status_code, answer.json()["code"]) == (404, "route-unknown")
        answer = await running.http.get("/graphql", headers={"accept": "text/html"})
        assert answer.headers["content-type"] == "application/problem+json"


async def test_the_page_says_what_it_may_load(running: Running) -> None:
    start = await running.http.get("/")
    assert start.headers["content-type"] == "text/html; charset=utf-8"
    assert start.headers["content-security-policy"].startswith("default-src 'self';")
    graphiql = await running.http.get("/graphql", headers={"accept": "text/html"})
    assert "https://unpkg.com" in graphiql.headers["content-security-policy"]
    assert (await running.http.get("/demo/tokens")).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b'{"query": 7}', "application/json"),
        (b"query={me}", "text/plain"),
    ],
)
async def test_what_is_no_graphql_request_is_refused_as_a_problem(running: Running, body: bytes, kind: str) -> None:
    answer = await running.http.post("/graphql", content=body, headers={"content-type": kind})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["code"] == "question-malformed"


async def test_a_question_by_get_is_refused(running: Running) -> None:
    answer = await running.http.get("/graphql", params={"query": "{ me { user } }"})
    assert (answer.status_code, answer.json()["code"]) == (405, "not-allowed-here")
