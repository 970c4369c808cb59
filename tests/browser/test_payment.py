"""A person pays in a real browser, from the demo shop to its outcome page, in English and Arabic."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.browser.conftest import DESKTOP_PX, PHONE_PX, open_visitor, plain_context
from tests.support.customer import DECLINING, Shop, link_of
from tests.support.process import FilsProcess

LANGUAGES = ("en", "ar")
NOT_TOLD_YET = {"en": "has not told us yet", "ar": "لم تصلنا النتيجة من كي نت بعد"}
DIRECTION = {"en": "ltr", "ar": "rtl"}


async def fill_in_card(page: Page, expiry: tuple[str, str] = ("9", "2030")) -> None:
    """Type a test card and submit it, with the hooks that KNET's own page has."""
    await page.locator("select.paymentselect").select_option(index=1)
    await page.locator("#dcprefix").select_option("888888")
    await page.locator("#debitNumber").fill("0000000001")
    await page.locator("#month").select_option(expiry[0])
    await page.locator("#year").select_option(expiry[1])
    await page.locator("#cardPin").fill("1234")
    await page.locator("#proceed").click()


@pytest.mark.parametrize("width", [DESKTOP_PX, PHONE_PX])
@pytest.mark.parametrize("language", LANGUAGES)
async def test_paid(process: FilsProcess, browser: Browser, language: str, width: int) -> None:
    visitor = await open_visitor(browser, width=width)
    page, name = visitor.page, f"{language}-{width}"

    await page.goto(f"{process.base_url}/shop?lang={language}")
    await expect(page.locator("html")).to_have_attribute("dir", DIRECTION[language])
    await visitor.look(f"shop-{name}")
    await page.locator("form button[type=submit]").click()

    await expect(page).to_have_url(re.compile(r"/kpg/paymentpage\.htm"))
    await expect(page.locator("html")).to_have_attribute("dir", DIRECTION[language])
    await visitor.look(f"knet-card-{name}")
    await fill_in_card(page)
    await visitor.look(f"knet-confirm-{name}")
    await page.locator("#proceedConfirm").click()

    await expect(page).to_have_url(re.compile(r"/shop/success\?"))
    await expect(page.locator("main")).to_contain_text("Captured")
    await visitor.look(f"paid-{name}")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_declined(process: FilsProcess, browser: Browser, language: str) -> None:
    visitor = await open_visitor(browser, width=PHONE_PX)
    page = visitor.page
    await page.goto(f"{process.base_url}/shop?lang={language}")
    await page.locator("form button[type=submit]").click()
    await fill_in_card(page, DECLINING)

    await page.locator("#proceedConfirm").click()

    await expect(page).to_have_url(re.compile(r"/shop/failure\?"))
    await expect(page.locator("main")).to_contain_text("Canceled")
    await visitor.look(f"declined-{language}-{PHONE_PX}")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_cancelled(process: FilsProcess, browser: Browser, language: str) -> None:
    visitor = await open_visitor(browser, width=PHONE_PX)
    page = visitor.page
    await page.goto(f"{process.base_url}/shop?lang={language}")
    await page.locator("form button[type=submit]").click()

    await page.locator("#cancel").click()

    await expect(page).to_have_url(re.compile(r"/shop/failure\?"))
    await visitor.look(f"cancelled-{language}-{PHONE_PX}")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_closed(process: FilsProcess, browser: Browser, language: str) -> None:
    """The browser is closed on the way back; the payment is settled without it, and the old link says so."""
    shop = Shop(process.base_url)
    success_url = f"{process.base_url}/shop/success"
    confirmed = shop.confirmed(
        payment_methods={"knet": {"language": language}},
        settings={"success_url": success_url, "failure_url": success_url},
    )
    context = await plain_context(browser)
    page = await context.new_page()
    await page.goto(link_of(confirmed))
    await fill_in_card(page)
    back: list[str] = []

    async def lose_the_way_back(route: Route) -> None:
        # The browser never asks for where a redirect leads, so it is caught at the answer that holds the redirect.
        answer = await route.fetch(max_redirects=0)
        back.append(answer.headers["location"])
        await route.abort()

    await page.route("**/kpg/paymentrouter.htm", lose_the_way_back)
    async with page.expect_event("requestfailed"):
        await page.locator("#proceedConfirm").click(no_wait_after=True)
    assert "/knet-external/return/" in back[0]
    await context.close()

    visitor = await open_visitor(browser, width=PHONE_PX)
    await visitor.page.goto(link_of(confirmed))
    await expect(visitor.page.locator("main")).to_contain_text(NOT_TOLD_YET[language])
    await visitor.look(f"waiting-{language}-{PHONE_PX}")

    await expect(visitor.page).to_have_url(re.compile(r"/shop/success\?"), timeout=30_000)
    assert shop.payment(confirmed["id"])["status"] == "Captured"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_without_javascript(process: FilsProcess, browser: Browser, language: str) -> None:
    page = await (await plain_context(browser)).new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))

    await page.goto(f"{process.base_url}/shop?lang={language}")
    await page.locator("form button[type=submit]").click()
    await fill_in_card(page)
    await page.locator("#proceedConfirm").click()

    await expect(page).to_have_url(re.compile(r"/shop/success\?"))
    assert complaints == []


async def test_with_the_keyboard_alone(process: FilsProcess, browser: Browser) -> None:
    page = await (await plain_context(browser)).new_page()
    await page.goto(link_of(Shop(process.base_url).confirmed()))

    keys = page.keyboard
    await focus_by_tab(page, "bank")
    await keys.press("ArrowDown")
    await focus_by_tab(page, "debitNumber")
    await keys.type("0000000001")
    await focus_by_tab(page, "month")
    await keys.type("09")
    await focus_by_tab(page, "year")
    await keys.type("2030")
    await focus_by_tab(page, "cardPin")
    await keys.type("1234")
    await keys.press("Enter")
    await focus_by_tab(page, "proceedConfirm")
    async with page.expect_request(
        lambda request: request.url.startswith("https://example.com/payments/success")
    ):
        await keys.press("Enter")


async def focus_by_tab(page: Page, element_id: str) -> None:
    """Press Tab until the element has the focus, as somebody without a mouse does."""
    for _ in range(40):
        if await page.locator(f"#{element_id}:focus").count():
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard never reaches {element_id}")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [DESKTOP_PX, PHONE_PX])
async def test_faults_on_the_card_page_are_told_beside_the_fields(
    process: FilsProcess, browser: Browser, language: str, width: int
) -> None:
    confirmed = Shop(process.base_url).confirmed(payment_methods={"knet": {"language": language}})
    visitor = await open_visitor(browser, width=width)
    await visitor.page.goto(link_of(confirmed))

    await visitor.page.locator("#proceed").click()

    await expect(visitor.page.locator("#debitNumber")).to_have_attribute("aria-invalid", "true")
    await visitor.look(f"knet-faults-{language}-{width}")


@pytest.mark.parametrize("width", [DESKTOP_PX, PHONE_PX])
async def test_the_sandbox_introduces_itself(process: FilsProcess, browser: Browser, width: int) -> None:
    Shop(process.base_url).confirmed()
    visitor = await open_visitor(browser, width=width)

    await visitor.page.goto(process.base_url)

    main = visitor.page.locator("main")
    await expect(main).to_contain_text("sk_sbox_filssandboxkeyforlocaltests")
    await expect(main).to_contain_text("pc_wzjki6hw5puepb5fnvqlizj2e4")
    await expect(main).to_contain_text("curl")
    await expect(main).to_contain_text("Pending")
    await visitor.look(f"home-{width}")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_old_link_tells_how_the_payment_ended(
    process: FilsProcess, browser: Browser, language: str
) -> None:
    confirmed = Shop(process.base_url).confirmed(payment_methods={"knet": {"language": language}})
    context = await plain_context(browser)
    page = await context.new_page()
    await context.route("https://example.com/**", lambda route: route.fulfill(body="the shop"))
    await page.goto(link_of(confirmed))
    await fill_in_card(page)
    await page.locator("#proceedConfirm").click()
    await expect(page).to_have_url(re.compile("https://example.com/"))
    visitor = await open_visitor(browser, width=PHONE_PX)

    await visitor.page.goto(link_of(confirmed))

    await expect(visitor.page.locator("html")).to_have_attribute("dir", DIRECTION[language])
    await visitor.look(f"already-paid-{language}-{PHONE_PX}")
