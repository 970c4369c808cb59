"""The simulated bank over real HTTP: a browser's requests on one side, a real little merchant on the other."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest
from starlette.responses import Response

from fils.domain.money import KWD, Money
from fils.knet.simulator import create_simulator
from fils.knet.wire import (
    InquiryResponse,
    Language,
    PipeError,
    RefundRequest,
    SearchKey,
    read_error_return,
    redirect_answer,
    write_refund_request,
)
from tests.support.serving import serving
from tests.support.simulated_bank import (
    AMOUNT,
    APPROVING,
    DECLINING,
    LONGEST_REVERSAL,
    PASSWORD,
    TERMINAL_ID,
    Bank,
    MerchantServer,
    MovableClock,
    banking,
    error_in,
    merchant_serving,
)


@pytest.fixture
async def merchant() -> AsyncIterator[MerchantServer]:
    async with merchant_serving() as server:
        yield server


@pytest.fixture
async def bank(merchant: MerchantServer, tmp_path: Path) -> AsyncIterator[Bank]:
    async with banking(merchant, tmp_path / "bank.db", MovableClock()) as running:
        yield running


async def test_start_leads_to_a_card_page_with_an_18_digit_payment_id(bank: Bank) -> None:
    started, _ = await bank.get(bank.start_url())

    assert started.status == 302
    # 1 March 22:30 in UTC is 2 March in Kuwait, the 61st day of 2026.
    assert started.headers["Location"] == "/kpg/paymentpage.htm?PaymentID=100606110000000001"


async def test_start_is_taken_as_a_posted_form_too(bank: Bank) -> None:
    parts = urlsplit(bank.start_url())
    fields = dict(parse_qsl(parts.query))
    param = fields.pop("param")
    url = f"{bank.base_url}{parts.path}?param={param}"

    async with bank.browser.post(url, data=fields, allow_redirects=False) as response:
        assert response.status == 302
        assert "PaymentID=" in response.headers["Location"]


async def test_head_request_opens_no_order(bank: Bank) -> None:
    async with bank.browser.head(bank.start_url()) as response:
        assert response.status == 405

    assert orders_in(bank.settings.books) == 0


async def test_approving_expiry_is_captured_and_the_browser_follows_the_merchant(bank: Bank) -> None:
    answer, _ = await bank.pay(APPROVING)

    assert (answer.status, answer.headers["Location"]) == (303, "http://shop.example/back")
    [told] = bank.merchant.heard()
    assert (told.result, told.amount, told.track_id, told.udf1) == ("CAPTURED", AMOUNT, "TRK1", "order7")
    assert (told.auth_resp_code, told.post_date, len(told.tran_id), len(told.ref)) == ("00", "0302", 15, 12)
    assert re.fullmatch("B[0-9]{5}", told.auth)


async def test_other_expiry_is_declined(bank: Bank) -> None:
    answer, _ = await bank.pay(DECLINING)

    assert answer.status == 303
    [told] = bank.merchant.heard()
    assert (told.result, told.auth, told.auth_resp_code) == ("NOT CAPTURED", "000000", "05")
    asked = await bank.inquire()
    assert isinstance(asked, InquiryResponse)
    assert asked.result == "FAILURE(NOT CAPTURED)"


@pytest.mark.parametrize("step", ["card", "confirm"])
async def test_customer_cancels_at_either_step(bank: Bank, step: str) -> None:
    hidden = await bank.open_card_page()
    if step == "confirm":
        await bank.post(hidden | APPROVING)
    answer, _ = await bank.post(hidden | {"cancel" if step == "card" else "confirmcancel": "1"})

    assert answer.headers["Location"] == "http://shop.example/back"
    [told] = bank.merchant.heard()
    assert (told.result, told.auth_resp_code) == ("CANCELED", None)
    assert (told.auth, told.ref, told.tran_id, told.post_date) == ("", "", "", "")
    asked = await bank.inquire()
    assert isinstance(asked, InquiryResponse)
    assert asked.result == "FAILURE(CANCELED)"


@pytest.mark.parametrize("wrong", [{"amount": Money(1_501, KWD)}, {"track_id": "TRK2", "by": "payment_id"}])
async def test_inquiry_that_differs_from_the_order_is_suspect(bank: Bank, wrong: dict[str, object]) -> None:
    await bank.pay(APPROVING)
    [told] = bank.merchant.heard()
    if "amount" in wrong:
        asked = await bank.inquire(amount=Money(1_501, KWD))
    else:
        asked = await bank.inquire("TRK2", key=SearchKey.PAYMENT_ID, value=told.payment_id)

    assert isinstance(asked, InquiryResponse)
    assert (asked.result, asked.auth) == ("FAILURE(SUSPECT)", "")


async def test_order_that_nobody_finished_is_not_found(bank: Bank) -> None:
    hidden = await bank.open_card_page()
    await bank.post(hidden | APPROVING)

    for track_id in ("TRK1", "NEVERSEEN"):
        asked = await bank.inquire(track_id)
        assert isinstance(asked, PipeError)
        assert (asked.code, asked.text) == ("IPAY0100263", "Transaction not found.")


async def test_a_terminal_may_be_told_success_by_inquiry_and_still_captured_by_refund(
    merchant: MerchantServer, tmp_path: Path
) -> None:
    """KNET calls a paid order both; software that reads one of the words alone misses payments."""
    clock = MovableClock()
    async with banking(merchant, tmp_path / "bank.db", clock, inquiry_says_success=True) as bank:
        await bank.pay(APPROVING)
        paid = await bank.inquire()
        refund = write_refund_request(RefundRequest(TERMINAL_ID, PASSWORD, AMOUNT, "TRK1"))
        refunded = await bank.ask(refund)
        differing = await bank.inquire(amount=Money(1_501, KWD))

    words = [answer.result for answer in (paid, refunded, differing) if isinstance(answer, InquiryResponse)]
    assert words == ["SUCCESS", "CAPTURED", "FAILURE(SUSPECT)"]


async def test_refund_is_refused_where_the_terminal_may_not(merchant: MerchantServer, tmp_path: Path) -> None:
    refund = write_refund_request(RefundRequest(TERMINAL_ID, PASSWORD, AMOUNT, "TRK1"))
    async with banking(merchant, tmp_path / "bank.db", MovableClock(), refunds=False) as bank:
        await bank.pay()
        asked = await bank.ask(refund)

    assert isinstance(asked, PipeError)
    assert asked.code == "IPAY0100033"


async def test_unreadable_xml_gets_the_error_form(bank: Bank) -> None:
    asked = await bank.ask("<id>")

    assert isinstance(asked, PipeError)
    assert asked.code == "IPAY0100272"


async def test_undelivered_payment_offers_the_way_back_with_its_error(bank: Bank) -> None:
    bank.merchant.answer = bank.merchant.refuse

    answer, html = await bank.pay(APPROVING)

    assert answer.status == 502
    assert "IPAY0100249" in html
    [link] = re.findall(r'href="(http[^"]+)"', html)
    carried = read_error_return(dict(parse_qsl(urlsplit(link.replace("&amp;", "&")).query)))
    assert link.startswith(f"{bank.merchant.base_url}/knet/error?")
    assert (carried.code, carried.track_id, carried.amount_text) == ("IPAY0100249", "TRK1", "1.500")
    assert await bank.word() == "CAPTURED"
    assert await bank.pass_time(LONGEST_REVERSAL) == 1
    assert await bank.word() == "FAILURE(VOIDED)"


async def test_two_confirms_of_one_payment_charge_and_notify_once(bank: Bank) -> None:
    hidden = await bank.open_card_page()
    await bank.post(hidden | APPROVING)

    confirm = hidden | {"proceedConfirm": "1"}
    answers = await asyncio.gather(*[bank.post(confirm) for _ in range(5)])

    assert sorted(answer.status for answer, _ in answers) == [303, 409, 409, 409, 409]
    assert len(bank.merchant.bodies) == 1


async def test_replay_of_a_finished_payment_is_refused_and_leaves_it_paid(bank: Bank) -> None:
    hidden = await bank.open_card_page()
    await bank.post(hidden | APPROVING)
    await bank.post(hidden | {"proceedConfirm": "1"})

    page, html = await bank.get(f"/kpg/paymentpage.htm?PaymentID={hidden['PaymentID']}")
    assert (page.status, "IPAY0100047" in html) == (409, True)
    for buttons in (APPROVING, {"proceedConfirm": "1"}, {"cancel": "1"}):
        answer, html = await bank.post(hidden | buttons)
        assert (answer.status, "IPAY0100055" in html) == (409, True)
    again, _ = await bank.get(bank.start_url())
    assert error_in(again).code == "IPAY0100114"
    assert len(bank.merchant.bodies) == 1
    asked = await bank.inquire()
    assert isinstance(asked, InquiryResponse)
    assert asked.result == "CAPTURED"


async def test_same_start_message_before_the_end_continues_the_same_order(bank: Bank) -> None:
    first, _ = await bank.get(bank.start_url())
    second, _ = await bank.get(bank.start_url())

    assert first.headers["Location"] == second.headers["Location"]


async def test_track_id_of_an_open_order_with_another_amount_is_a_duplicate(bank: Bank) -> None:
    await bank.get(bank.start_url())
    second, _ = await bank.get(bank.start_url(amount=Money(2_000, KWD)))

    assert error_in(second).code == "IPAY0100114"
    assert error_in(second).track_id == "TRK1"


async def test_error_url_of_an_unregistered_origin_is_never_followed(bank: Bank) -> None:
    answer, html = await bank.get(bank.start_url(error_url="http://127.0.0.1:1/knet/error"))

    assert (answer.status, "IPAY0100002" in html) == (400, True)
    assert "127.0.0.1:1" not in html


async def test_response_url_beyond_loopback_is_not_called(bank: Bank) -> None:
    answer, _ = await bank.get(bank.start_url(response_url="http://10.0.0.7/knet/response"))

    assert error_in(answer).code == "IPAY0100004"


@pytest.mark.parametrize(
    ("change", "headers"),
    [
        ({"token": "0" * 32}, {}),
        ({}, {"Origin": "http://evil.example"}),
        ({}, {"Sec-Fetch-Site": "cross-site"}),
    ],
    ids=["another token", "another origin", "cross-site"],
)
async def test_form_of_another_page_does_nothing(
    bank: Bank, change: dict[str, str], headers: dict[str, str]
) -> None:
    hidden = await bank.open_card_page()
    await bank.post(hidden | APPROVING)

    answer, _ = await bank.post(hidden | {"proceedConfirm": "1"} | change, **headers)

    assert answer.status == 403
    assert isinstance(await bank.inquire(), PipeError)


async def test_own_form_is_taken_with_the_headers_browsers_send(bank: Bank) -> None:
    hidden = await bank.open_card_page()
    for headers in ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, {"Origin": bank.base_url}):
        answer, _ = await bank.post(hidden | APPROVING, **headers)
        assert answer.status == 303


async def test_field_faults_are_shown_beside_the_fields_and_the_pin_is_not_repeated(bank: Bank) -> None:
    hidden = await bank.open_card_page()
    wrong = APPROVING | {"debitNumber": "12345", "month": "", "cardPin": "4826x"}

    answer, html = await bank.post(hidden | wrong)

    assert answer.status == 422
    assert 'aria-describedby="debitNumber-hint debitNumber-fault"' in html
    assert html.count('aria-invalid="true"') == 4  # number, PIN, and the month and year that share one fault
    assert "4826" not in html


async def test_other_prefix_is_not_taken(bank: Bank) -> None:
    hidden = await bank.open_card_page()

    answer, html = await bank.post(hidden | APPROVING | {"dcprefix": "464452"})

    assert (answer.status, "Only test cards are taken" in html) == (422, True)


async def test_back_returns_to_the_card_form_and_forgets_the_card(bank: Bank) -> None:
    hidden = await bank.open_card_page()
    await bank.post(hidden | APPROVING)

    answer, _ = await bank.post(hidden | {"back": "1"})
    confirm, _ = await bank.get(f"/kpg/paymentconfirm.htm?PaymentID={hidden['PaymentID']}")

    card_page = f"/kpg/paymentpage.htm?PaymentID={hidden['PaymentID']}"
    assert (answer.status, answer.headers["Location"]) == (303, card_page)
    assert (confirm.status, confirm.headers["Location"]) == (303, card_page)


async def test_arabic_page_is_right_to_left_with_the_year_before_the_month(bank: Bank) -> None:
    started, _ = await bank.get(bank.start_url(language=Language.ARABIC))
    _, html = await bank.get(started.headers["Location"])

    assert '<html lang="ar" dir="rtl">' in html
    assert "محاكي" in html
    assert html.index('name="year"') < html.index('name="month"')


async def test_every_page_says_simulator_and_which_expiry_approves(bank: Bank) -> None:
    hidden = await bank.open_card_page()
    _, card = await bank.get(f"/kpg/paymentpage.htm?PaymentID={hidden['PaymentID']}")
    await bank.post(hidden | APPROVING)
    _, confirm = await bank.get(f"/kpg/paymentconfirm.htm?PaymentID={hidden['PaymentID']}")
    _, error = await bank.get("/kpg/paymentpage.htm?PaymentID=1")

    assert all("SIMULATOR" in html for html in (card, confirm, error))
    for html in (card, confirm):
        assert "09/2030" in html
        assert "KD 1.500" in html
        assert "Any other expiry is declined." in html
    assert "888888******0001" in confirm


async def test_pages_forbid_scripts_frames_caches_and_referrers(bank: Bank) -> None:
    for path in ("/kpg/paymentpage.htm?PaymentID=1", "/kpg/assets/simulator.css"):
        response, html = await bank.get(path)
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "form-action" not in policy
        assert "frame-ancestors 'none'" in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["X-Robots-Tag"] == "noindex"
        assert "<script" not in html
    page, _ = await bank.get("/kpg/paymentpage.htm?PaymentID=1")
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [("", 400, "IPAY0100037"), ("?PaymentID=100606110000000099", 404, "IPAY0100041")],
)
async def test_card_page_of_no_known_order_is_an_error(
    bank: Bank, query: str, status: int, code: str
) -> None:
    answer, html = await bank.get(f"/kpg/paymentpage.htm{query}", **{"Accept-Language": "ar-KW,ar;q=0.9"})

    assert (answer.status, code in html, 'dir="rtl"' in html) == (status, True, True)


async def test_books_never_hold_a_pin_or_a_whole_card_number(bank: Bank) -> None:
    await bank.pay(APPROVING | {"debitNumber": "4703915826", "cardPin": "7391"})

    stored = b"".join(file.read_bytes() for file in bank.settings.books.parent.glob("bank.db*"))
    assert b"888888******5826" in stored
    assert b"4703915826" not in stored
    assert b"7391" not in stored
    assert b"simpass01" not in stored


async def test_locked_books_are_503_and_change_nothing(bank: Bank) -> None:
    hidden = await bank.open_card_page()
    await bank.post(hidden | APPROVING)
    other = sqlite3.connect(bank.settings.books, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    answer, html = await bank.post(hidden | {"proceedConfirm": "1"})

    other.execute("ROLLBACK")
    other.close()
    assert (answer.status, "The bank is not available" in html) == (503, True)
    assert bank.merchant.bodies == []
    later, _ = await bank.post(hidden | {"proceedConfirm": "1"})
    assert later.status == 303


async def test_books_that_fail_after_the_merchant_answered_are_settled_by_an_inquiry(bank: Bank) -> None:
    hidden = await bank.open_card_page()
    await bank.post(hidden | APPROVING)
    other = sqlite3.connect(bank.settings.books, isolation_level=None)

    def answer_with_the_books_locked() -> Response:
        other.execute("BEGIN IMMEDIATE")
        return Response(redirect_answer("http://shop.example/back"))

    bank.merchant.answer = answer_with_the_books_locked
    answer, _ = await bank.post(hidden | {"proceedConfirm": "1"})
    other.execute("ROLLBACK")
    other.close()
    asked_at_once = await bank.word()
    bank.clock.now += timedelta(seconds=10) + LONGEST_REVERSAL
    asked_later = await bank.word()

    assert answer.status == 503
    assert (asked_at_once, asked_later) == ("CAPTURED", "FAILURE(VOIDED)")


async def test_restart_keeps_orders_and_never_repeats_a_number(
    merchant: MerchantServer, tmp_path: Path
) -> None:
    clock = MovableClock()
    async with banking(merchant, tmp_path / "bank.db", clock) as before:
        await before.pay(APPROVING, "TRK1")
    async with banking(merchant, tmp_path / "bank.db", clock) as after:
        await after.pay(APPROVING, "TRK2")
        asked = await after.inquire("TRK1")

    first, second = merchant.heard()
    assert isinstance(asked, InquiryResponse)
    assert (asked.result, asked.payment_id) == ("CAPTURED", first.payment_id)
    for one, other in (
        (first.payment_id, second.payment_id),
        (first.tran_id, second.tran_id),
        (first.ref, second.ref),
    ):
        assert one != other


async def test_restart_reverses_what_was_still_being_told(merchant: MerchantServer, tmp_path: Path) -> None:
    clock = MovableClock()
    async with banking(merchant, tmp_path / "bank.db", clock) as before:
        await before.pay(APPROVING)
        # As if the process had died between the answer of the merchant and this line of the books.
        with sqlite3.connect(before.settings.books) as books:
            books.execute("UPDATE orders SET news = 'DUE'")
        books.close()
    async with banking(merchant, tmp_path / "bank.db", clock) as after:
        asked_at_once = await after.word()
        clock.now += LONGEST_REVERSAL
        asked_later = await after.word()

    assert (asked_at_once, asked_later) == ("CAPTURED", "FAILURE(VOIDED)")


async def test_bank_is_an_application_of_its_own_too(bank: Bank, tmp_path: Path) -> None:
    alone = create_simulator(replace(bank.settings, books=tmp_path / "other.db"), clock=bank.clock)
    async with serving(alone) as base_url, aiohttp.ClientSession() as browser:
        start = bank.start_url().replace(bank.base_url, base_url)
        async with browser.get(start, allow_redirects=False) as started:
            assert started.status == 302
            assert started.headers["Location"].startswith("/kpg/paymentpage.htm?PaymentID=")


async def test_oversized_body_is_refused(bank: Bank) -> None:
    answer, _ = await bank.post({"PaymentID": "1" * 70_000})

    assert answer.status == 413


def orders_in(books: Path) -> int:
    connection = sqlite3.connect(books)
    try:
        [count] = connection.execute("SELECT count(*) FROM orders").fetchone()
        return int(count)
    finally:
        connection.close()
