"""
Every page of ``fils.pages`` in a real browser: accessible, no wider than a phone, and usable by keyboard.

``FILS_TEST_SCREENSHOTS=folder`` keeps a picture of each, to be looked at.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Literal

import pytest
import uvicorn
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page
from starlette.applications import Starlette

from fils.domain.evidence import Outcome
from fils.domain.payment_setup import Language
from fils.pages.assets import assets_routes
from fils.pages.home import sandbox_routes
from fils.pages.routes import payment_page_routes
from tests.support.application_ports import ACCOUNT, CHANNEL, SECRET_KEY
from tests.support.payment_states import DECIDED, SUCCESS_URL, UNDECIDED, Counter

WIDTHS: Final = (1280, 390, 360)


@asynccontextmanager
async def serve(counter: Counter, *, shows_result: bool = False) -> AsyncIterator[str]:
    """The pages on a free port of loopback; yields their base url."""
    listener = socket.create_server(("127.0.0.1", 0))
    base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    sandbox = sandbox_routes(
        counter.ports, base_url=base_url, account_id=ACCOUNT.id, secret_key=SECRET_KEY, channel_id=CHANNEL.id
    )
    doors = payment_page_routes(counter.ports, base_url=base_url, shows_result=shows_result)
    routes = [*doors, *sandbox, *assets_routes()]
    config = uvicorn.Config(Starlette(routes=routes), log_config=None, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield base_url
    finally:
        server.should_exit = True
        await serving
        listener.close()


async def check(browser: Browser, url: str, *, name: str, language: str, scheme: str = "light") -> None:
    """Open *url* at each width; it must pass axe, fit its width, and show where the keyboard is."""
    for width in WIDTHS:
        context = await browser.new_context(
            viewport={"width": width, "height": 800},
            locale=language,
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
        )
        page = await context.new_page()
        await page.goto(url)
        await keep_picture(page, f"{name}-{language}-{width}-{scheme}.png")
        report = await Axe().run(page)
        assert report.violations_count == 0, report.generate_report()
        page_width = await page.evaluate("document.documentElement.scrollWidth")
        assert page_width <= width, f"{name} is {page_width} px wide at {width} px"
        await check_keyboard(page)
        await context.close()


async def keep_picture(page: Page, name: str) -> None:
    folder = os.environ.get("FILS_TEST_SCREENSHOTS")
    if folder:
        await page.screenshot(path=Path(folder) / name, full_page=True)


async def check_keyboard(page: Page) -> None:
    """Tab reaches every link in turn, and each shows that it has the focus."""
    stops = await page.locator("a[href], [tabindex='0']").count()
    for _ in range(stops):
        await page.keyboard.press("Tab")
        outline = await page.evaluate(
            "(({outlineStyle, outlineWidth}) => outlineStyle + ' ' + outlineWidth)"
            "(getComputedStyle(document.activeElement))"
        )
        assert outline == "solid 3px", await page.evaluate("document.activeElement.outerHTML")


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("state", DECIDED)
async def test_a_receipt_is_fit_for_everyone(browser: Browser, state: str, language: Language) -> None:
    counter = await Counter.open()
    payment = await counter.confirm(language, description="Roasted coffee beans, 250 g")
    await DECIDED[state](counter, payment)
    async with serve(counter, shows_result=True) as base_url:
        url = f"{base_url}/knet-external/redirect/{counter.token(payment)}"
        await check(browser, url, name=f"receipt-{state}", language=language)


@pytest.mark.parametrize("state", ["paid", "declined"])
async def test_a_receipt_is_fit_in_the_dark(browser: Browser, state: str) -> None:
    counter = await Counter.open()
    payment = await counter.confirm(Language.ARABIC)
    await DECIDED[state](counter, payment)
    async with serve(counter, shows_result=True) as base_url:
        url = f"{base_url}/knet-external/redirect/{counter.token(payment)}"
        await check(browser, url, name=f"receipt-{state}", language=Language.ARABIC, scheme="dark")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", Language)
async def test_a_receipt_prints_on_one_sheet_in_ink_on_white(
    browser: Browser, language: Language, scheme: Literal["light", "dark"]
) -> None:
    counter = await Counter.open()
    payment = await counter.confirm(language, description="Roasted coffee beans, 250 g")
    await counter.end(payment, Outcome.CAPTURED)
    page = await (await browser.new_context(color_scheme=scheme)).new_page()
    async with serve(counter, shows_result=True) as base_url:
        await page.goto(f"{base_url}/knet-external/redirect/{counter.token(payment)}")
        await page.emulate_media(media="print", color_scheme=scheme)
        await keep_picture(page, f"receipt-printed-{language}-{scheme}.png")
        for unprinted in (".way", ".note", ".skip-link", ".colophon"):
            assert not await page.locator(unprinted).is_visible()
        assert await page.locator("dd").count() == 12
        for part in ("body", ".brand", "h1", "dd"):
            assert (
                await page.locator(part).first.evaluate("part => getComputedStyle(part).color")
                == "rgb(0, 0, 0)"
            )
        ground = await page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
        assert ground == "rgb(255, 255, 255)"
        sheets = re.findall(rb"/Type\s*/Page\b", await page.pdf(format="A4"))
    assert len(sheets) == 1


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("state", UNDECIDED)
async def test_the_page_of_an_undecided_payment_is_fit_for_everyone(
    browser: Browser, state: str, language: Language
) -> None:
    counter = await Counter.open()
    payment = await counter.confirm(language, description="Roasted coffee beans, 250 g")
    await UNDECIDED[state](counter, payment)
    async with serve(counter) as base_url:
        url = f"{base_url}/knet-external/redirect/{counter.token(payment)}"
        await check(browser, url, name=state, language=language)


@pytest.mark.parametrize("language", ["en", "ar", "fr"])
async def test_the_page_of_an_unknown_payment_is_fit_for_everyone(browser: Browser, language: str) -> None:
    async with serve(await Counter.open()) as base_url:
        await check(browser, f"{base_url}/knet-external/redirect/tok_x", name="not-found", language=language)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_sandbox_home_is_fit_for_everyone(browser: Browser, scheme: str) -> None:
    counter = await Counter.open()
    async with serve(counter) as base_url:
        await check(browser, base_url, name="home-empty", language="en", scheme=scheme)
        for outcome in (Outcome.CAPTURED, Outcome.NOT_CAPTURED, Outcome.CANCELED):
            await counter.end(await counter.confirm(), outcome)
        await counter.confirm(reference="طلب 12")
        await check(browser, base_url, name="home", language="en", scheme=scheme)


async def test_a_page_that_waits_leads_to_the_shop_without_javascript(browser: Browser) -> None:
    counter = await Counter.open()
    payment = await counter.confirm()
    await counter.wait(payment)
    counter.bank.answers.append(counter.statement(Outcome.CAPTURED))
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    async with serve(counter) as base_url:
        await page.goto(f"{base_url}/knet-external/redirect/{counter.token(payment)}")
        assert "KNET has not told us yet" in await page.content()
        # No shop answers there, so it is enough that the browser asks for it.
        async with page.expect_request(lambda request: request.url.startswith(SUCCESS_URL)):
            await counter.settle(payment)
