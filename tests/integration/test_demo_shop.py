"""The demo shop over real HTTP, against a server that answers as the payment API is documented to."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import aiohttp
import msgspec
import pytest
import uvicorn

from fils.demo_shop import DemoShop, DemoShopSettings
from fils.demo_shop.texts import ARABIC, ENGLISH, Problem, Texts
from tests.support.documented_api import (
    PAYMENT_ID,
    REDIRECT,
    REQUEST_ID,
    SESSION_ID,
    SETUP_ID,
    Answer,
    DocumentedApi,
    confirmed_setup,
    documented_payment,
    pending_payment,
    refusal,
    serve_documented_api,
    told,
)
from tests.support.ports import free_port

CHANNEL = "pc_wzjki6hw5puepb5fnvqlizj2e4"
SECRET_KEY = "sk_sbox_filssandboxkeyforlocaltests"
RETURNED = f"cko-session-id={SESSION_ID}&cko-payment-id={PAYMENT_ID}"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
LANGUAGES = pytest.mark.parametrize("texts", [ENGLISH, ARABIC], ids=["en", "ar"])


@dataclass
class Shown:
    """An answer of the shop, read to its end."""

    status: int
    headers: Mapping[str, str]
    text: str


@dataclass
class Visitor:
    """Asks the shop as a browser would, but follows nothing by itself."""

    session: aiohttp.ClientSession
    origin: str

    async def ask(self, path: str, *, method: str = "GET", headers: dict[str, str] | None = None) -> Shown:
        async with self.session.request(
            method, self.origin + path, headers=headers, allow_redirects=False
        ) as answer:
            return Shown(answer.status, answer.headers, await answer.text())


@pytest.fixture
async def api() -> AsyncIterator[DocumentedApi]:
    async with serve_documented_api() as served:
        yield served


async def serve_shop(api_url: str, *, public_url: str = "") -> AsyncIterator[Visitor]:
    listener = socket.create_server(("127.0.0.1", 0))
    origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    shop = DemoShop(
        DemoShopSettings(
            api_url=api_url,
            public_url=public_url or origin,
            secret_key=SECRET_KEY,
            processing_channel_id=CHANNEL,
        )
    )
    server = uvicorn.Server(uvicorn.Config(shop.app, log_config=None, lifespan="off"))
    await shop.open()
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        async with aiohttp.ClientSession() as session:
            yield Visitor(session, origin)
    finally:
        server.should_exit = True
        await serving
        await shop.close()
        listener.close()


@pytest.fixture
async def visitor(api: DocumentedApi) -> AsyncIterator[Visitor]:
    async for visitor in serve_shop(api.url):
        yield visitor


@LANGUAGES
async def test_the_product_page_offers_to_pay_one_dinar_in_its_language(
    visitor: Visitor, texts: Texts
) -> None:
    page = await visitor.ask(f"/shop?lang={texts.language}")
    assert page.status == 200
    assert f'<html lang="{texts.language}" dir="{texts.direction}">' in page.text
    assert f'action="/shop/pay?lang={texts.language}"' in page.text
    assert texts.pay in page.text
    assert "1.000" in page.text
    assert 'href="/assets/base.css"' in page.text


@LANGUAGES
async def test_paying_creates_and_confirms_a_setup_as_documented_and_leaves_for_its_redirect(
    api: DocumentedApi, visitor: Visitor, texts: Texts
) -> None:
    answer = await visitor.ask(f"/shop/pay?lang={texts.language}", method="POST", headers=SAME_ORIGIN)
    assert answer.status == 303
    assert answer.headers["Location"] == REDIRECT

    create, confirm = api.requests
    assert (create.method, create.path) == ("POST", "/payments/setups")
    assert create.headers["Authorization"] == f"Bearer {SECRET_KEY}"
    assert create.headers["Content-Type"] == "application/json"
    document = msgspec.json.decode(create.body)
    reference = document.pop("reference")
    assert re.fullmatch(r"ORD-[0-9A-F]{4}-[0-9A-F]{4}", reference)
    assert document == {
        "amount": 1000,
        "currency": "KWD",
        "processing_channel_id": CHANNEL,
        "description": texts.product,
        "payment_methods": {"knet": {"language": texts.language}},
        "settings": {
            "success_url": f"{visitor.origin}/shop/success?lang={texts.language}",
            "failure_url": f"{visitor.origin}/shop/failure?lang={texts.language}",
        },
    }
    assert (confirm.method, confirm.path) == ("POST", f"/payments/setups/{SETUP_ID}/confirm/knet")
    assert confirm.body == b""
    keys = {request.headers["Cko-Idempotency-Key"] for request in api.requests}
    assert len(keys) == 2


async def test_a_confirm_that_is_answered_with_the_setup_leads_to_the_same_redirect(
    api: DocumentedApi, visitor: Visitor
) -> None:
    api.confirm = confirmed_setup()
    answer = await visitor.ask("/shop/pay?lang=en", method="POST", headers=SAME_ORIGIN)
    assert (answer.status, answer.headers["Location"]) == (303, REDIRECT)


async def test_two_customers_get_two_references(api: DocumentedApi, visitor: Visitor) -> None:
    for _ in range(2):
        await visitor.ask("/shop/pay", method="POST", headers=SAME_ORIGIN)
    references = {msgspec.json.decode(request.body)["reference"] for request in api.requests if request.body}
    assert len(references) == 2


@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.test"}, {"Origin": "null"}]
)
async def test_a_form_of_another_site_starts_nothing(
    api: DocumentedApi, visitor: Visitor, headers: dict[str, str]
) -> None:
    answer = await visitor.ask("/shop/pay", method="POST", headers=headers)
    assert answer.status == 403
    assert ENGLISH.problems[Problem.FOREIGN_FORM].title in answer.text
    assert api.requests == []


async def test_a_form_that_names_our_origin_starts_a_payment(visitor: Visitor) -> None:
    answer = await visitor.ask("/shop/pay", method="POST", headers={"Origin": visitor.origin})
    assert answer.status == 303


async def test_the_address_of_the_form_typed_by_hand_leads_to_the_shop(visitor: Visitor) -> None:
    answer = await visitor.ask("/shop/pay?lang=ar")
    assert answer.status == 303
    assert answer.headers["Location"] == "/shop?lang=ar"


@LANGUAGES
async def test_a_refused_setup_is_shown_with_its_status_codes_and_request_id(
    api: DocumentedApi, visitor: Visitor, texts: Texts
) -> None:
    api.create = refusal("amount_invalid", "currency_invalid")
    answer = await visitor.ask(f"/shop/pay?lang={texts.language}", method="POST", headers=SAME_ORIGIN)
    assert answer.status == 502
    assert texts.problems[Problem.NOT_STARTED].title in answer.text
    for fact in ("422", "amount_invalid, currency_invalid", REQUEST_ID):
        assert fact in answer.text
    assert len(api.requests) == 1


async def test_a_refused_key_is_shown_with_the_request_id_of_the_header(
    api: DocumentedApi, visitor: Visitor
) -> None:
    api.create = {"status": 401, "body": None}
    answer = await visitor.ask("/shop/pay", method="POST", headers=SAME_ORIGIN)
    assert answer.status == 502
    assert "401" in answer.text
    assert REQUEST_ID in answer.text
    assert SECRET_KEY not in answer.text


async def test_a_refused_confirm_is_shown(api: DocumentedApi, visitor: Visitor) -> None:
    api.confirm = refusal("payment_method_not_ready")
    answer = await visitor.ask("/shop/pay", method="POST", headers=SAME_ORIGIN)
    assert answer.status == 502
    assert "payment_method_not_ready" in answer.text


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"id": PAYMENT_ID, "status": "Pending", "_links": {}},
        {"id": PAYMENT_ID, "status": "Pending", "_links": {"redirect": {"href": "javascript:alert(1)"}}},
        {"id": PAYMENT_ID, "status": "Pending", "_links": {"redirect": {"href": "//evil.test"}}},
        {"id": PAYMENT_ID, "status": "Declined", "_links": {"redirect": {"href": REDIRECT}}},
        "<html>",
    ],
    ids=["empty", "no-link", "script-link", "no-scheme", "not-pending", "no-object"],
)
async def test_a_confirm_that_gives_no_usable_redirect_leads_nowhere(
    api: DocumentedApi, visitor: Visitor, body: object
) -> None:
    api.confirm = {"status": 202, "body": body}
    answer = await visitor.ask("/shop/pay", method="POST", headers=SAME_ORIGIN)
    assert answer.status == 502
    assert "Location" not in answer.headers


@LANGUAGES
async def test_a_captured_payment_is_shown_as_paid_with_what_knet_and_the_bank_call_it(
    api: DocumentedApi, visitor: Visitor, texts: Texts
) -> None:
    page = await visitor.ask(f"/shop/success?lang={texts.language}&{RETURNED}")
    assert page.status == 200
    assert ">تم الدفع، شكراً لك<" in page.text if texts is ARABIC else ">Paid, thank you<" in page.text
    for fact in (
        f"1.000 {texts.dinars}",
        PAYMENT_ID,
        "100201914315601265",
        "ORD-5023-4E89",
        "914310000349",
        "Captured",
    ):
        assert fact in page.text
    assert "Refresh" not in page.headers
    assert [request.path for request in api.requests] == [f"/payments/{PAYMENT_ID}"]


async def test_a_return_with_a_session_alone_asks_with_the_session(
    api: DocumentedApi, visitor: Visitor
) -> None:
    await visitor.ask(f"/shop/success?cko-session-id={SESSION_ID}")
    assert [request.path for request in api.requests] == [f"/payments/{SESSION_ID}"]


@LANGUAGES
@pytest.mark.parametrize(
    ("answer", "english", "arabic"),
    [
        (told("Canceled", response_code="20017"), "Payment cancelled", "تم إلغاء الدفع"),
        (told("Canceled", response_code="20005"), "Payment declined", "لم تتم الموافقة على الدفع"),
        (told("Declined"), "Payment declined", "لم تتم الموافقة على الدفع"),
        (told("Expired"), "Payment expired", "انتهت مهلة الدفع"),
        (told("Partially Refunded"), "Payment given back", "تم استرجاع المبلغ"),
        (told("Captured", amount=10), "Not the price of this order", "المبلغ لا يطابق سعر الطلب"),
        (told("Card Verified"), "Status not recognised", "حالة غير معروفة"),
    ],
    ids=["cancelled", "declined", "reversed", "expired", "refunded", "other-amount", "unfamiliar"],
)
async def test_any_other_outcome_is_told_by_the_api_and_contradicts_the_success_address(
    api: DocumentedApi, visitor: Visitor, texts: Texts, answer: Answer, english: str, arabic: str
) -> None:
    api.payment = answer
    page = await visitor.ask(f"/shop/success?lang={texts.language}&{RETURNED}")
    assert page.status == 200
    assert f"<h1>{arabic if texts is ARABIC else english}</h1>" in page.text
    assert texts.not_captured_at_success in page.text
    assert texts.outcomes[next(iter(texts.outcomes))].title not in page.text


async def test_the_failure_address_believes_the_api_too(visitor: Visitor) -> None:
    page = await visitor.ask(f"/shop/failure?{RETURNED}")
    assert "<h1>Paid, thank you</h1>" in page.text
    assert ENGLISH.captured_at_failure in page.text


@LANGUAGES
async def test_an_undecided_payment_looks_again_by_itself_for_a_minute(
    api: DocumentedApi, visitor: Visitor, texts: Texts
) -> None:
    api.payment = {"status": 200, "body": pending_payment()}
    path = f"/shop/success?lang={texts.language}&{RETURNED}"
    for look in range(12):
        page = await visitor.ask(path)
        assert texts.looks_again in page.text
        seconds, _, path = page.headers["Refresh"].partition("; url=")
        assert seconds == "5"
        assert f"looks={look + 1}" in path
    page = await visitor.ask(path)
    assert "Refresh" not in page.headers
    assert texts.may_close in page.text
    api.payment = told("Captured")
    assert "Refresh" not in (await visitor.ask(path)).headers


async def test_a_payment_the_api_does_not_know_is_not_shown_as_paid(
    api: DocumentedApi, visitor: Visitor
) -> None:
    api.payment = {"status": 404, "body": None}
    page = await visitor.ask(f"/shop/success?{RETURNED}")
    assert page.status == 404
    assert "<h1>No such payment</h1>" in page.text


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 503, "body": None},
        {"status": 200, "body": {"id": PAYMENT_ID, "status": "Captured"}},
        {"status": 200, "body": documented_payment("Captured", amount=1000.5)},
        {"status": 200, "body": documented_payment("Captured", amount="1000")},
        {"status": 302, "body": None},
    ],
    ids=["unavailable", "no-amount", "fraction", "text-amount", "redirect"],
)
async def test_an_answer_that_cannot_be_read_says_neither_paid_nor_unpaid(
    api: DocumentedApi, visitor: Visitor, answer: Answer
) -> None:
    api.payment = answer
    page = await visitor.ask(f"/shop/success?{RETURNED}")
    assert page.status == 502
    assert "<h1>We could not look up your payment</h1>" in page.text
    assert "do not pay again" in page.text


@pytest.mark.parametrize(
    "query",
    ["", "cko-payment-id=pay_1", "cko-payment-id=..%2Fhealth", f"{RETURNED}&cko-payment-id=pay_2"],
    ids=["none", "short", "path", "doubled"],
)
async def test_a_junk_address_asks_the_api_nothing(api: DocumentedApi, visitor: Visitor, query: str) -> None:
    for door in ("success", "failure"):
        page = await visitor.ask(f"/shop/{door}?{query}")
        assert page.status == 400
        assert "<h1>This address names no payment</h1>" in page.text
    assert api.requests == []


async def test_without_the_api_the_shop_says_so_and_stays_up() -> None:
    async for visitor in serve_shop(f"http://127.0.0.1:{free_port()}"):
        started = await visitor.ask("/shop/pay?lang=ar", method="POST", headers=SAME_ORIGIN)
        assert started.status == 502
        assert ARABIC.problems[Problem.NOT_STARTED].title in started.text
        assert ARABIC.no_answer in started.text
        looked = await visitor.ask(f"/shop/success?{RETURNED}")
        assert looked.status == 502
        assert ENGLISH.problems[Problem.NOT_ASKED].title in looked.text
        assert (await visitor.ask("/shop")).status == 200


async def test_every_page_and_redirect_carries_the_security_headers(visitor: Visitor) -> None:
    answers = [
        await visitor.ask("/shop"),
        await visitor.ask("/shop/pay"),
        await visitor.ask("/shop/pay", method="POST", headers=SAME_ORIGIN),
        await visitor.ask("/shop/pay", method="POST"),
        await visitor.ask(f"/shop/success?{RETURNED}"),
        await visitor.ask("/shop/failure"),
    ]
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'")
        assert "unsafe" not in policy
        assert "form-action" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
    # The page with the form must tell its own server where the form came from; no other page tells anybody.
    assert [answer.headers["Referrer-Policy"] for answer in answers] == ["same-origin"] + ["no-referrer"] * 5


async def test_the_shops_own_stylesheet_is_served(visitor: Visitor) -> None:
    sheet = await visitor.ask("/shop/shop.css")
    assert sheet.status == 200
    assert sheet.headers["Content-Type"].startswith("text/css")


async def test_links_follow_the_public_url_and_not_the_address_the_server_was_asked_at(
    api: DocumentedApi,
) -> None:
    async for visitor in serve_shop(api.url, public_url="https://pay.example.test/fils"):
        page = await visitor.ask("/shop")
        for link in ("/fils/assets/base.css", "/fils/shop/shop.css", "/fils/shop/pay?lang=en"):
            assert f'"{link}"' in page.text
        paid = await visitor.ask("/shop/pay", method="POST", headers={"Origin": "https://pay.example.test"})
        assert paid.status == 303
        settings = msgspec.json.decode(api.requests[0].body)["settings"]
        assert settings["success_url"] == "https://pay.example.test/fils/shop/success?lang=en"
