"""The receipt in a whole payment: between KNET's page and the shop, without JavaScript, at every door the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.conftest import plain_context
from tests.browser.test_payment import fill_in_card
from tests.support.customer import DECLINING, SUCCESS_URL, Shop, link_of
from tests.support.process import FilsProcess

RECEIPT = re.compile(r"/knet-external/redirect/tok_\w+$")
APPROVING = ("9", "2030")


@pytest.fixture(scope="module")
def telling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilsProcess]:
    """A Fils that shows how a payment ended."""
    with FilsProcess(tmp_path_factory.mktemp("fils"), environment={"FILS_RESULT_PAGE": "on"}) as running:
        yield running


async def context_beside_the_shop(browser: Browser) -> tuple[BrowserContext, list[str]]:
    """A browser without JavaScript for which the shop's site exists, and the referrers that site was told."""
    context = await plain_context(browser)
    referrers: list[str] = []

    async def answer(route: Route) -> None:
        referrers.append(await route.request.header_value("referer") or "")
        await route.fulfill(body="the shop")

    await context.route("https://example.com/**", answer)
    return context, referrers


async def pay(page: Page, link: str, expiry: tuple[str, str] = APPROVING) -> None:
    await page.goto(link)
    await fill_in_card(page, expiry)
    await page.locator("#proceedConfirm").click()


async def fact(page: Page, label: str) -> str:
    """The value of one line."""
    return (await page.locator(f'dt:text-is("{label}") + dd').inner_text()).strip()


async def test_a_customer_reads_the_receipt_and_goes_on_to_the_shop(
    telling: FilsProcess, browser: Browser
) -> None:
    shop = Shop(telling.base_url)
    confirmed = shop.confirmed()
    context, referrers = await context_beside_the_shop(browser)
    page = await context.new_page()

    await pay(page, link_of(confirmed))

    await expect(page).to_have_url(RECEIPT)
    await expect(page.locator("h1")).to_have_text("Paid")
    source = shop.payment(confirmed["id"])["source"]
    assert isinstance(source, dict)
    assert await fact(page, "KNET's result") == "CAPTURED"
    assert await fact(page, "KNET payment id") == source["knet_payment_id"]
    assert await fact(page, "Track id") == source["knet_track_id"]
    assert await fact(page, "Bank reference") == source["bank_reference"]
    assert await fact(page, "Transaction id") == source["knet_transaction_id"]
    assert await fact(page, "Authorisation code") == source["auth_code"]
    assert await fact(page, "Amount") == "KD 1.000"

    shown = await page.locator("main").inner_text()
    await page.reload()
    assert await page.locator("main").inner_text() == shown
    await page.goto(link_of(confirmed))
    assert await page.locator("main").inner_text() == shown

    await page.locator("a.button").click()
    await expect(page).to_have_url(re.compile(re.escape(SUCCESS_URL) + r"\?cko-session-id=sid_"))
    assert referrers == [""]


async def test_a_declined_customer_reads_it_in_arabic(telling: FilsProcess, browser: Browser) -> None:
    confirmed = Shop(telling.base_url).confirmed(payment_methods={"knet": {"language": "ar"}})
    context, _ = await context_beside_the_shop(browser)
    page = await context.new_page()

    await pay(page, link_of(confirmed), DECLINING)

    await expect(page).to_have_url(RECEIPT)
    await expect(page.locator("html")).to_have_attribute("dir", "rtl")
    assert await fact(page, "النتيجة من كي نت") == "فشلت (NOT CAPTURED)"
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(r"https://example\.com/payments/failure\?"))


async def test_a_customer_who_cancelled_has_a_receipt_too(telling: FilsProcess, browser: Browser) -> None:
    confirmed = Shop(telling.base_url).confirmed()
    context, _ = await context_beside_the_shop(browser)
    page = await context.new_page()
    await page.goto(link_of(confirmed))

    await page.locator("#cancel").click()

    await expect(page).to_have_url(RECEIPT)
    await expect(page.locator("h1")).to_have_text("Payment cancelled")
    assert await fact(page, "KNET's result") == "CANCELED"
