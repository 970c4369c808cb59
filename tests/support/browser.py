"""A real Chromium for tests, driven by Playwright. Each test gets a browser of its own."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from typing import Final

import pytest
from playwright.async_api import Browser, Playwright, async_playwright

INSTALL_LINE: Final = (
    "apt-get update && apt-get install -y --no-install-recommends chromium fonts-dejavu-core"
)

_ARGUMENTS: Final = (
    "--no-sandbox",  # Chromium refuses to run as root with it; the tests open only our own pages
    "--disable-gpu",
    # Nothing may leave the machine, and nothing may keep the network or the disk busy while we measure.
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",  # a container's /dev/shm is too small for a page's memory
)


class ChromiumMissing(Exception):
    """Chromium is not installed; the message holds the line that installs it."""


def find_chromium() -> str:
    """
    Find the browser that the system ships.

    Raises:
        ChromiumMissing: If there is none. Tests fail then; they are never skipped.
    """
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        raise ChromiumMissing(f"Chromium is not installed. As root on Debian run: {INSTALL_LINE}")
    return found


async def launch_chromium(playwright: Playwright) -> Browser:
    """Start the system's Chromium without a window. The caller closes it."""
    return await playwright.chromium.launch(executable_path=find_chromium(), args=list(_ARGUMENTS))


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A browser of this test's own. ``browser.new_context(locale=..., java_script_enabled=...)`` opens a visitor."""
    async with async_playwright() as playwright:
        launched = await launch_chromium(playwright)
        yield launched
        await launched.close()
