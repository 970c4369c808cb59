"""Text and addresses that attack, in a real browser that would run a script if one got through."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import cycle
from urllib.parse import quote

import pytest
from playwright.async_api import Browser, BrowserContext, Page
from playwright.async_api import Error as PlaywrightError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.support.customer import Customer, Shop, call, link_of
from tests.support.hostile import EVIL, FORWARDED_FIELDS, GOOD_RETURN_URLS, REQUEST_TARGETS, TEXTS
from tests.support.process import FilsProcess
from tests.support.serving import serving

TERMINAL = "trm_filstestkuwaitknetsandbox2"


class Watch:
    """A page, and what happened on it that must not."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.base_url = base_url
        self.happened: list[str] = []
        self.asked: list[str] = []
        self._look_at(page)

    def _look_at(self, page: Page) -> None:
        self.page = page
        page.on("dialog", lambda dialog: self.happened.append(f"dialog {dialog.message}"))
        page.on("console", lambda line: self.happened.append(line.text) if _is_blocked(line.text) else None)
        page.on("pageerror", lambda error: self.happened.append(str(error)))
        page.on("request", lambda request: self._note(request.url))

    async def open(self, url: str) -> str:
        """Open *url* and give time to what would run; returns the page's text."""
        try:
            await self.page.goto(url)
        except PlaywrightError as error:
            # An error without a body: the browser shows a page of its own.
            if "ERR_HTTP_RESPONSE_CODE_FAILURE" not in str(error):
                raise
            await self.page.wait_for_timeout(50)
            assert self.happened == [], url
            context = self.page.context
            await self.page.close()
            self._look_at(await context.new_page())
            return ""
        await self.page.wait_for_timeout(50)
        assert "owned" not in await self.page.title()
        assert await self.page.locator("main script, body script, svg[onload], img[onerror]").count() == 0
        assert self.happened == [], url
        return await self.page.locator("body").inner_text()

    def _note(self, url: str) -> None:
        self.asked.append(url)
        if not url.startswith((self.base_url, "https://example.com/", "data:")):
            self.happened.append(f"asked for {url}")


def _is_blocked(line: str) -> bool:
    """Whether the policy had to stop something: it is the second line of defence, never the first."""
    return "Content Security Policy" in line or "Refused to" in line


@asynccontextmanager
async def watched(
    browser: Browser, base_url: str, *, fields: dict[str, str] | None = None
) -> AsyncIterator[Watch]:
    """A page that is looked at; *fields* go with each of its requests."""
    context = await browser.new_context(extra_http_headers=fields)
    # The shop's site is not there; an empty page stands in for it.
    await context.route("https://example.com/**", lambda route: route.fulfill(status=200, body="the shop"))
    yield Watch(await context.new_page(), base_url)
    await context.close()


async def test_text_of_the_shop_runs_nowhere(process: FilsProcess, browser: Browser) -> None:
    shop = Shop(process.base_url)
    async with watched(browser, process.base_url) as watch:
        for attack, language in zip(TEXTS, cycle(("en", "ar")), strict=False):
            confirmed = shop.confirmed(
                reference=attack[:80], description=attack, payment_methods={"knet": {"language": language}}
            )
            link = link_of(confirmed)
            text = await watch.open(link.removesuffix("/pay"))
            assert visible(attack) in text
            customer = Customer()
            customer.open(link)
            customer.cancel()
            await watch.open(link)
            await watch.open(
                f"{process.base_url}/shop/failure?cko-payment-id={confirmed['id']}&lang={language}"
            )
        await watch.open(process.base_url)


def visible(text: str) -> str:
    """What is left of *text* for eyes: nothing that controls, formats or turns the direction of writing."""
    return "".join(
        letter for letter in " ".join(text.split()) if unicodedata.category(letter)[0] != "C"
    ).strip()


async def test_no_target_and_no_field_of_a_request_moves_the_browser(
    process: FilsProcess, browser: Browser
) -> None:
    """A page that careless software would lead elsewhere, asked for with every field that could lead it there."""
    base = process.base_url
    link = link_of(Shop(base).confirmed())
    fields = dict(field.split(": ", 1) for field in FORWARDED_FIELDS)
    async with watched(browser, base, fields=fields) as watch:
        for target in REQUEST_TARGETS:
            if target.startswith("/"):
                await watch.open(base + target)
                assert watch.asked[-1].startswith(base + "/"), target
        for url in (base, f"{base}/shop", link.removesuffix("/pay"), link):
            await watch.open(url)
            leads = await watch.page.eval_on_selector_all(
                "a[href], form, link, img", "all => all.map(e => e.href || e.action || e.src)"
            )
            assert [lead for lead in leads if EVIL in lead or not lead.startswith(base)] == []


async def test_whatever_a_return_url_looks_like_it_leads_to_its_host(
    process: FilsProcess, browser: Browser
) -> None:
    shop = Shop(process.base_url)
    async with watched(browser, process.base_url) as watch:
        for url in GOOD_RETURN_URLS:
            confirmed = shop.confirmed(settings={"success_url": url, "failure_url": "https://a.example/"})
            customer = Customer()
            customer.open(link_of(confirmed))
            customer.fill_in_card()
            call("GET", customer.confirm_and_leave())
            # Nobody is at home there, and what a redirect leads to cannot be stood in for.
            with pytest.raises(PlaywrightError, match="ERR_NAME_NOT_RESOLVED"):
                await watch.page.goto(link_of(confirmed).removesuffix("/pay") + "/shop")
            assert [url for url in watch.asked if EVIL in url.partition("shop.invalid")[0]] == []
            assert watch.asked[-1].startswith("https://shop.invalid/"), url
            assert watch.asked[-1].count("cko-payment-id=pay_") == 1
            assert "forged" not in watch.asked[-1]


async def test_text_in_addresses_runs_nowhere(process: FilsProcess, browser: Browser) -> None:
    base = process.base_url
    async with watched(browser, base) as watch:
        attack = quote("".join(TEXTS))
        for url in (
            f"{base}/shop?lang={attack}",
            f"{base}/shop/success?cko-payment-id={attack}&lang={attack}&looks={attack}",
            f"{base}/shop/failure?cko-session-id={attack}",
            f"{base}/knet-external/redirect/{attack}",
            f"{base}/knet-external/return/{attack}",
            f"{base}/kpg/paymentpage.htm?PaymentID={attack}",
            f"{base}/kpg/PaymentHTTP.htm?param=paymentInit&errorURL={attack}&responseURL={attack}&trandata={attack}",
            f"{base}/knet/errors/{TERMINAL}?trackid={attack}&ErrorText={attack}&Error={attack}&result={attack}",
        ):
            await watch.open(url)


async def test_what_is_typed_into_the_card_page_runs_nowhere(process: FilsProcess, browser: Browser) -> None:
    async with watched(browser, process.base_url) as watch:
        await watch.open(link_of(Shop(process.base_url).confirmed()))
        for attack in (TEXTS[1], "".join(TEXTS)):
            await watch.page.locator("#debitNumber").evaluate("(field, text) => field.value = text", attack)
            async with watch.page.expect_navigation():
                await watch.page.locator("#proceed").click()
            await watch.page.wait_for_timeout(50)
            assert "owned" not in await watch.page.title()
            assert watch.happened == []


@asynccontextmanager
async def foreign_site(pages: dict[str, str]) -> AsyncIterator[str]:
    """A site of somebody else, at an address that is another site to a browser."""

    async def show(request: Request) -> Response:
        return HTMLResponse(pages[request.url.path])

    async with serving(Starlette(routes=[Route(path, show) for path in pages])) as base_url:
        yield base_url.replace("127.0.0.1", "localhost")


async def test_another_site_can_neither_press_our_buttons_nor_frame_our_pages(
    process: FilsProcess, browser: Browser
) -> None:
    base = process.base_url
    confirmed = Shop(base).confirmed()
    customer = Customer()
    customer.open(link_of(confirmed))
    url, body = customer.form({"cancel": "1"})
    fields = "".join(
        f'<input name="{name}" value="{value}">'
        for name, value in (pair.split("=") for pair in body.decode().split("&"))
    )
    frames = "".join(f'<iframe src="{framed}"></iframe>' for framed in (base, f"{base}/shop", customer.url))
    pages = {
        "/shop": f'<form method="post" action="{base}/shop/pay"><button></form>',
        "/cancel": f'<form method="post" action="{url}">{fields}<button></form>',
        "/api": f'<form method="post" enctype="text/plain" action="{base}/payments/setups">'
        '<input name="{}"><button></form>',
        "/frames": frames,
    }
    before = payments(process)
    async with foreign_site(pages) as elsewhere:
        context = await browser.new_context()
        page = await context.new_page()
        for path, status in (("/shop", 403), ("/cancel", 403), ("/api", 401)):
            await page.goto(elsewhere + path)
            async with page.expect_response(lambda answer: answer.request.method == "POST") as arrival:
                await page.locator("button").click()
            answer = await arrival.value
            assert answer.status == status, path
        page = await context.new_page()
        await page.goto(elsewhere + "/frames")
        await asyncio.sleep(0.5)
        assert [frame.url for frame in page.frames[1:]] == ["chrome-error://chromewebdata/"] * 3
        await read_across(context, elsewhere, base)
    assert payments(process) == before
    assert Shop(base).payment(confirmed["id"])["status"] == "Pending"
    assert customer.pay(link_of(confirmed)).startswith("https://example.com/")


async def read_across(context: BrowserContext, elsewhere: str, base: str) -> None:
    """A script of another site asks for our pages and the API and may read none of them."""
    page = await context.new_page()
    await page.goto(elsewhere + "/shop")
    for path in ("/", "/shop", "/health", "/payments/setups", "/kpg/paymentpage.htm", "/assets/base.css"):
        script = "url => fetch(url, {credentials: 'include'}).then(r => r.text(), () => 'refused')"
        assert await page.evaluate(script, base + path) == "refused", path


def payments(process: FilsProcess) -> int:
    """How many the home lists."""
    return call("GET", process.base_url).text.count("/knet-external/redirect/")


HTML_PATHS = (
    *(
        "/",
        "/shop",
        "/shop?lang=ar",
        "/shop/success",
        "/shop/failure?cko-payment-id=pay_" + "a" * 26,
        "/shop/pay",
    ),
    *(
        "/knet-external/redirect/tok_x",
        "/knet-external/redirect/tok_x/pay",
        "/knet-external/redirect/tok_x/shop",
        "/knet-external/return/x",
    ),
    *("/kpg/paymentpage.htm", "/kpg/paymentconfirm.htm", "/kpg/PaymentHTTP.htm", "/kpg/paymentrouter.htm"),
    *(
        "/kpg/nothing",
        "/nothing",
        f"/knet/errors/{TERMINAL}",
        f"/knet/notifications/{TERMINAL}",
        "/kpg/tranPipe.htm",
    ),
    *(
        "/payments",
        "/payments/pay_x",
        "/payments/setups",
        "/health",
        "/ready",
        "/openapi.json",
        "/assets/base.css",
        "/favicon.ico",
        "/robots.txt",
    ),
)


def test_every_page_of_every_route_forbids_scripts_frames_and_guessing(process: FilsProcess) -> None:
    confirmed = Shop(process.base_url).confirmed()
    customer = Customer()
    customer.open(link_of(confirmed))
    open_card = customer.url
    customer.fill_in_card()
    pages = [open_card, customer.url, link_of(confirmed), link_of(confirmed).removesuffix("/pay")]
    pages += [process.base_url + path for path in HTML_PATHS]
    seen = 0
    for url in pages:
        for method in ("GET", "POST"):
            answer = call(method, url, body=b"" if method == "POST" else None)
            if "text/html" in str(answer.headers["Content-Type"]):
                seen += 1
                check_page(url, answer.headers["Content-Security-Policy"], answer.text)
            is_static = "max-age" in str(answer.headers["Cache-Control"])
            if answer.status == 200 and not is_static and "/health" not in url:
                assert answer.headers["Cache-Control"] == "no-store", url
            if "text/html" in str(answer.headers["Content-Type"]) or answer.headers["Location"]:
                assert answer.headers["Referrer-Policy"] in ("no-referrer", "same-origin"), url
                assert answer.headers["Cache-Control"] == "no-store", url
            if answer.text and answer.status not in (404, 405):
                assert answer.headers["X-Content-Type-Options"] == "nosniff", url
    assert seen >= 15


def check_page(url: str, policy: str | None, text: str) -> None:
    rules = [rule.strip() for rule in str(policy).split(";")]
    assert {"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} <= set(rules), url
    assert "unsafe" not in str(policy), url
    assert (
        re.search(r"<script|<style|<[^>]* (on\w+|style)=|=[\"']?javascript:", text, re.IGNORECASE) is None
    ), url


def test_the_api_lets_no_cache_keep_what_holds_a_link(process: FilsProcess) -> None:
    shop = Shop(process.base_url)
    setup = shop.post("/payments/setups", {"amount": 1})
    confirmed = shop.get(f"/payments/{shop.confirmed()['id']}")
    for answer in (setup, confirmed):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
