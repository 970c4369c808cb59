"""The page about the API in a real browser: accessible, no wider than a phone, whole without JavaScript."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import DESKTOP_PX, PHONE_PX, open_visitor, plain_context
from tests.support.process import FilsProcess


@pytest.mark.parametrize("width", [DESKTOP_PX, PHONE_PX])
async def test_the_reference_passes_axe_at_every_width(
    browser: Browser, process: FilsProcess, width: int
) -> None:
    visitor = await open_visitor(browser, width=width)
    await visitor.page.goto(f"{process.base_url}/docs")
    await visitor.look(f"api-reference-en-{width}")


async def test_the_reference_is_reached_from_home_and_whole_without_javascript(
    browser: Browser, process: FilsProcess
) -> None:
    asked: list[str] = []
    page = await (await plain_context(browser)).new_page()
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(process.base_url)
    await page.get_by_role("link", name="The API's reference").click()
    await page.get_by_role("link", name="Confirm a payment setup").click()
    await expect(page.get_by_role("heading", name="Confirm a payment setup")).to_be_in_viewport()
    await page.get_by_text("error codes").first.click()
    await expect(page.get_by_text("amount_required").first).to_be_visible()
    assert all(url.startswith(process.base_url) for url in asked), asked
