"""One real Fils for all browser tests, and what is asked of every page a person sees."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page

from tests.support.process import FilsProcess

PHONE_PX = 360
DESKTOP_PX = 1280

_SCREENSHOTS = "FILS_TEST_SCREENSHOTS"
"""Names a folder that screenshots are kept in; ``docs/images`` is made this way."""


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilsProcess]:
    with FilsProcess(tmp_path_factory.mktemp("fils"), environment={"FILS_REVERSAL_WINDOW": "6"}) as running:
        yield running


class Visitor:
    """A person at a browser, who looks closely at every page."""

    def __init__(self, page: Page, folder: Path | None) -> None:
        self.page = page
        self._folder = folder

    async def look(self, name: str) -> None:
        """Check the page as it stands: no accessibility violation, no sideways scrolling; keep a picture of it."""
        report = await Axe().run(self.page)
        assert report.violations_count == 0, report.generate_report()
        widths = await self.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert widths[0] <= widths[1], f"{name} scrolls sideways: {widths}"
        if self._folder is not None:
            await self.page.screenshot(path=self._folder / f"{name}.png", full_page=True)


async def open_visitor(browser: Browser, *, width: int) -> Visitor:
    """
    A visitor whose pages may be examined. Axe is a script, which our content security policy forbids, so only
    this visitor's browser ignores the policy; ``plain_context`` keeps it.
    """
    context = await browser.new_context(viewport={"width": width, "height": 800}, bypass_csp=True)
    chosen = os.environ.get(_SCREENSHOTS)
    folder = Path(chosen) if chosen else None
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    return Visitor(await context.new_page(), folder)


async def plain_context(browser: Browser) -> BrowserContext:
    """A browser without JavaScript that obeys every policy."""
    return await browser.new_context(java_script_enabled=False)
