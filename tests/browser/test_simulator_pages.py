"""
The simulated bank's pages in a real browser: those that a plain payment never shows, looked at in both languages, and
whole payments by what a person finds there. One test is written as for KNET's test site: it knows KNET's hooks alone.
"""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, Page, expect

from fils.config import SANDBOX_BROWSER_CHANNEL, SANDBOX_CHANNEL
from fils.knet.simulator.faults import NotificationFault
from fils.knet.simulator.otp import ONE_TIME_PASSWORD, OtpFault
from fils.knet.simulator.outcomes import CardKind
from fils.knet.simulator.panel import CARD_ROWS
from fils.knet.simulator.texts import TEXTS
from fils.knet.wire import Language
from tests.browser.conftest import DESKTOP_PX, PHONE_PX, Visitor, open_visitor, plain_context
from tests.support.customer import FAILURE_URL, SUCCESS_URL, Shop, link_of
from tests.support.process import FilsProcess

TEXTS_OF = {"en": TEXTS[Language.ENGLISH], "ar": TEXTS[Language.ARABIC]}
PIN = "7391"


async def open_card_page(
    process: FilsProcess, page: Page, language: str = "en", *, channel: str = SANDBOX_CHANNEL
) -> None:
    """Confirm a payment and follow its link; the shop's site is an empty page."""
    confirmed = Shop(process.base_url).confirmed(
        processing_channel_id=channel, payment_methods={"knet": {"language": language}}
    )
    await page.context.route("https://example.com/**", lambda route: route.fulfill(body="the shop"))
    await page.goto(link_of(confirmed))
    await expect(page).to_have_url(re.compile(r"/kpg/paymentpage\.htm"))


async def choose_card(page: Page, kind: CardKind) -> None:
    """Fill in a card by its button in the panel, and submit it."""
    await page.locator("#panel summary").click()
    await page.locator(f'button[name="card"][value="{kind}"]').click()
    await page.locator("#cardPin").fill(PIN)
    await page.locator("#proceed").click()


@pytest.mark.parametrize("width", [DESKTOP_PX, PHONE_PX])
@pytest.mark.parametrize("language", ["en", "ar"])
async def test_pages_can_be_looked_at(
    process: FilsProcess, browser: Browser, language: str, width: int
) -> None:
    visitor = await open_visitor(browser, width=width)
    name = f"{language}-{width}"

    await look_at_the_panel(process, visitor, language, name)
    await look_at_the_one_time_password(visitor, name)
    await look_at_the_end(process, visitor, language, name)


async def look_at_the_panel(process: FilsProcess, visitor: Visitor, language: str, name: str) -> None:
    page, texts = visitor.page, TEXTS_OF[language]
    await open_card_page(process, page, language)
    await expect(page.locator("#panel")).not_to_have_attribute("open", "")
    await page.locator("#panel summary").click()
    await page.locator("#panel-notification").select_option(NotificationFault.REPEATED)
    await page.locator("#panel-set").click()
    await expect(page.locator("#panel summary")).to_contain_text(texts.panel_is_set)
    await expect(page.locator("#panel-notification")).to_have_value(NotificationFault.REPEATED)
    await visitor.look(f"knet-panel-{name}")


async def look_at_the_one_time_password(visitor: Visitor, name: str) -> None:
    page = visitor.page
    await page.locator(f'button[name="card"][value="{CardKind.OTP}"]').click()
    await page.locator("#cardPin").fill(PIN)
    await page.locator("#proceed").click()
    await visitor.look(f"knet-otp-{name}")
    await page.locator("#debitOTPtimer").fill("654321")
    await page.locator("#proceedConfirm").click()
    await expect(page.locator("#debitOTPtimer")).to_have_attribute("aria-invalid", "true")
    await visitor.look(f"knet-otp-faults-{name}")
    await page.locator("#back").click()
    await expect(page).to_have_url(re.compile(r"/kpg/paymentpage\.htm"))


async def look_at_the_end(process: FilsProcess, visitor: Visitor, language: str, name: str) -> None:
    page, texts = visitor.page, TEXTS_OF[language]
    await open_card_page(process, page, language, channel=SANDBOX_BROWSER_CHANNEL)
    card_page = page.url
    await choose_card(page, CardKind.ORDINARY)
    await page.locator("#proceedConfirm").click()
    await expect(page.locator("h1")).to_have_text(texts.handover_title)
    await visitor.look(f"knet-handover-{name}")
    await page.goto(card_page)
    await expect(page.locator("main")).to_contain_text("IPAY0100047")
    await visitor.look(f"knet-error-{name}")
    await open_card_page(process, page, language, channel=SANDBOX_BROWSER_CHANNEL)
    await choose_card(page, CardKind.UNDELIVERABLE)
    await page.locator("#proceedConfirm").click()
    await expect(page.locator("h1")).to_have_text(texts.closed_title)
    await visitor.look(f"knet-closed-{name}")


NOTHING_KNOWN_YET = re.compile(r"/knet-external/redirect/")
ENDS = {
    CardKind.ORDINARY: re.compile(re.escape(SUCCESS_URL)),
    CardKind.OTP: re.compile(re.escape(SUCCESS_URL)),
    CardKind.HOST_TIMEOUT: NOTHING_KNOWN_YET,
    CardKind.LATE_CAPTURE: NOTHING_KNOWN_YET,
    CardKind.UNDELIVERABLE: re.compile(r"/kpg/paymentrouter\.htm"),
}
"""Where the browser is after Confirm; any other card is declined."""
DECLINED = re.compile(re.escape(FAILURE_URL))


async def test_every_card_of_the_panel_leads_to_its_end(process: FilsProcess, browser: Browser) -> None:
    page = await (await plain_context(browser)).new_page()
    for kind, _ in CARD_ROWS:
        await open_card_page(process, page)
        await choose_card(page, kind)
        if kind is CardKind.OTP:
            await page.locator("#debitOTPtimer").fill(ONE_TIME_PASSWORD)
        await page.locator("#proceedConfirm").click()
        await expect(page).to_have_url(ENDS.get(kind, DECLINED))


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_browser_carries_the_news_when_the_button_is_pressed(
    process: FilsProcess, browser: Browser, language: str
) -> None:
    page = await (await plain_context(browser)).new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    await open_card_page(process, page, language, channel=SANDBOX_BROWSER_CHANNEL)
    await choose_card(page, CardKind.ORDINARY)
    await page.locator("#proceedConfirm").click()

    await page.get_by_role("button", name=TEXTS_OF[language].return_to_merchant).click()

    await expect(page).to_have_url(re.compile(re.escape(SUCCESS_URL)))
    assert complaints == []


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_one_time_password_is_asked_for_again_and_then_taken(
    process: FilsProcess, browser: Browser, language: str
) -> None:
    page, texts = await (await plain_context(browser)).new_page(), TEXTS_OF[language]
    await open_card_page(process, page, language)
    await choose_card(page, CardKind.OTP)
    await page.locator("#debitOTPtimer").fill("654321")
    await page.locator("#debitOTPtimer").press("Enter")
    await expect(page.locator("#debitOTPtimer-fault")).to_have_text(
        texts.otp_faults[OtpFault.WRONG].format(tries=2)
    )
    await page.get_by_role("button", name=texts.resend).click()
    await expect(page.locator(".faults")).to_have_count(0)

    await page.locator("#debitOTPtimer").fill(ONE_TIME_PASSWORD)
    await page.locator("#debitOTPtimer").press("Enter")

    await expect(page).to_have_url(re.compile(re.escape(SUCCESS_URL)))


async def test_panel_and_one_time_password_need_no_mouse(process: FilsProcess, browser: Browser) -> None:
    page = await (await plain_context(browser)).new_page()
    await open_card_page(process, page)
    keys = page.keyboard

    await tab_to(page, "#panel summary")
    await keys.press("Enter")
    await tab_to(page, 'button[name="card"][value="otp"]')
    await keys.press("Enter")
    # The button leads to the PIN, the only field that it leaves empty.
    await expect(page.locator("#cardPin")).to_be_focused()
    await keys.type(PIN)
    await keys.press("Enter")
    await tab_to(page, "#debitOTPtimer")
    await keys.type(ONE_TIME_PASSWORD)
    await keys.press("Enter")

    await expect(page).to_have_url(re.compile(re.escape(SUCCESS_URL)))


async def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus."""
    for _ in range(60):
        if await page.locator(f"{selector}:focus").count():
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard never reaches {selector}")


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without JavaScript"])
@pytest.mark.parametrize(("year", "end"), [("2030", SUCCESS_URL), ("2031", FAILURE_URL)])
async def test_written_for_knets_test_site(
    process: FilsProcess, browser: Browser, script: bool, year: str, end: str
) -> None:
    """Such a test picks the test bank by its words and everything else by KNET's hooks."""
    page = await (await browser.new_context(java_script_enabled=script)).new_page()
    await open_card_page(process, page)

    await page.select_option("select.paymentselect", value="201825717889145|Knet Test Card [KNET1]|0.000")
    await page.select_option("#dcprefix", label="888888")
    await page.fill("#debitNumber", "0000000001")
    await page.select_option("select[name=month]", value="9")
    await page.select_option("select[name=year]", value=year)
    await page.fill("#cardPin", "1234")
    await page.click("#proceed")
    await page.click("#proceedConfirm")

    await page.wait_for_url(f"{end}**")


async def test_buttons_of_knets_page_do_what_they_do_there(process: FilsProcess, browser: Browser) -> None:
    page = await (await browser.new_context()).new_page()
    await open_card_page(process, page)
    await page.fill("#debitNumber", "0000000001")
    await page.click("#proceedReset")
    await expect(page.locator("#debitNumber")).to_have_value("")
    await choose_card(page, CardKind.ORDINARY)
    await page.click("#back")
    await expect(page.locator("#proceed")).to_be_visible()
    await choose_card(page, CardKind.ORDINARY)

    await page.click("#confirmcancel")

    await page.wait_for_url(f"{FAILURE_URL}**")
