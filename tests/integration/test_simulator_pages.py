"""The simulated bank's pages over real HTTP: every test card, one-time passwords, the panel, the merchant's form."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fils.knet.simulator.faults import Faults, InquiryFault, NotificationFault
from fils.knet.simulator.otp import ONE_TIME_PASSWORD, OTP_LIFETIME
from fils.knet.simulator.outcomes import TEST_CARDS, CardKind, NumberedCard, Result
from fils.knet.simulator.panel import CARD_ROWS
from fils.knet.wire import Language, NotificationMode, NotificationShape, read_error_return
from tests.support.simulated_bank import (
    APPROVING,
    DECLINING,
    LONGEST_REVERSAL,
    Bank,
    MerchantServer,
    MovableClock,
    banking,
    error_in,
    form_in,
    hidden_fields,
    merchant_serving,
)

DIGITS = dict(CARD_ROWS)
TOLD = [card for card in TEST_CARDS if card.kind not in (CardKind.OTP, CardKind.UNDELIVERABLE)]
OTP_CARD = {"debitNumber": DIGITS[CardKind.OTP]}


@pytest.fixture
async def merchant() -> AsyncIterator[MerchantServer]:
    async with merchant_serving() as server:
        yield server


@pytest.fixture
async def bank(merchant: MerchantServer, tmp_path: Path) -> AsyncIterator[Bank]:
    async with bank_of(merchant, tmp_path) as running:
        yield running


def bank_of(merchant: MerchantServer, folder: Path, **of_terminal: Any) -> AbstractAsyncContextManager[Bank]:
    return banking(merchant, folder / "bank.db", MovableClock(), **of_terminal)


@pytest.mark.parametrize("card", TOLD, ids=lambda card: card.kind)
async def test_card_of_the_table_ends_as_it_stands_there(bank: Bank, card: NumberedCard) -> None:
    answer, _ = await bank.pay(APPROVING | {"debitNumber": card.digits})

    assert answer.headers["Location"] == "http://shop.example/back"
    [told] = bank.merchant.heard()
    assert (told.result, told.auth_resp_code) == (card.decision.result, card.decision.auth_resp_code)
    assert await bank.word() == f"FAILURE({card.decision.result})"


async def test_confirm_step_says_which_test_card_it_is(bank: Bank) -> None:
    hidden = await bank.open_card_page()
    for kind, said in ((CardKind.WRONG_PIN, True), (CardKind.ORDINARY, False)):
        submitted, _ = await bank.post(hidden | APPROVING | {"debitNumber": DIGITS[kind]})
        _, page = await bank.get(submitted.headers["Location"])
        assert ("Test card: Wrong PIN." in page, "Test card" in page) == (said, said)


@pytest.mark.parametrize("card", TEST_CARDS, ids=lambda card: card.kind)
async def test_card_of_the_table_is_declined_with_another_expiry(bank: Bank, card: NumberedCard) -> None:
    answer, _ = await bank.pay(DECLINING | {"debitNumber": card.digits})

    assert answer.status == 303
    [told] = bank.merchant.heard()
    assert (told.result, told.auth_resp_code) == (Result.NOT_CAPTURED, "05")


async def test_late_capture_shows_in_an_inquiry_after_the_host_timed_out(bank: Bank) -> None:
    await bank.pay(APPROVING | {"debitNumber": DIGITS[CardKind.LATE_CAPTURE]})
    assert await bank.word() == "FAILURE(HOST TIMEOUT)"

    await bank.pass_time(LONGEST_REVERSAL)

    assert await bank.word() == "CAPTURED"


async def test_undeliverable_card_reaches_no_merchant_and_the_money_goes_back(bank: Bank) -> None:
    answer, page = await bank.pay(APPROVING | {"debitNumber": DIGITS[CardKind.UNDELIVERABLE]})

    assert (answer.status, "IPAY0100249" in page) == (502, True)
    assert bank.merchant.bodies == []
    await bank.pass_time(LONGEST_REVERSAL)
    assert await bank.word() == "FAILURE(VOIDED)"


async def ask_for_otp(bank: Bank) -> tuple[dict[str, str], str]:
    """Submit the card that wants a one-time password; the confirm step's hidden fields and its page."""
    hidden = await bank.open_card_page()
    submitted, _ = await bank.post(hidden | APPROVING | OTP_CARD)
    _, page = await bank.get(submitted.headers["Location"])
    assert 'id="debitOTPtimer" name="debitOTP"' in page
    return hidden_fields(page), page


def confirming(otp: str) -> dict[str, str]:
    return {"proceedConfirm": "1", "debitOTP": otp}


async def test_one_time_password_stands_on_the_page_and_pays(bank: Bank) -> None:
    hidden, page = await ask_for_otp(bank)
    assert ONE_TIME_PASSWORD in page
    assert "sent at \u206601:30:00\u2069 in Kuwait" in page

    answer, _ = await bank.post(hidden | confirming(ONE_TIME_PASSWORD))

    assert answer.status == 303
    assert [told.result for told in bank.merchant.heard()] == ["CAPTURED"]


async def test_card_without_one_time_password_is_not_asked_for_it(bank: Bank) -> None:
    hidden = await bank.open_card_page()
    submitted, _ = await bank.post(hidden | APPROVING)
    _, page = await bank.get(submitted.headers["Location"])

    assert "debitOTP" not in page


async def test_wrong_one_time_password_leaves_fewer_tries_and_a_slip_does_not(bank: Bank) -> None:
    hidden, _ = await ask_for_otp(bank)

    for otp, told in (
        ("", "Enter the six digits"),
        ("654321", "Tries left: 2."),
        ("12345", "Enter the six digits"),
        ("654322", "Tries left: 1."),
    ):
        answer, page = await bank.post(hidden | confirming(otp))
        assert (answer.status, told in page) == (422, True)
        assert 'aria-describedby="debitOTPtimer-hint debitOTPtimer-fault" aria-invalid="true"' in page
        assert 'href="#debitOTPtimer"' in page
        assert "654" not in page
    answer, _ = await bank.post(hidden | confirming(ONE_TIME_PASSWORD))
    assert answer.headers["Location"] == "http://shop.example/back"


async def test_too_many_wrong_one_time_passwords_cancel_the_order_and_say_so_at_error_url(bank: Bank) -> None:
    hidden, _ = await ask_for_otp(bank)

    for otp in ("000000", "000001"):
        await bank.post(hidden | confirming(otp))
    answer, _ = await bank.post(hidden | confirming("000002"))

    carried = error_in(answer)
    assert (carried.code, carried.track_id, carried.payment_id) == (
        "IPAY0100049",
        "TRK1",
        hidden["PaymentID"],
    )
    assert bank.merchant.bodies == []
    assert await bank.word() == "FAILURE(CANCELED)"
    again, page = await bank.post(hidden | confirming(ONE_TIME_PASSWORD))
    assert (again.status, "IPAY0100055" in page) == (409, True)


async def test_going_back_to_another_card_gives_no_new_tries(bank: Bank) -> None:
    hidden, _ = await ask_for_otp(bank)
    await bank.post(hidden | confirming("000000"))
    await bank.post(hidden | {"back": "1"})
    await bank.post(hidden | APPROVING | OTP_CARD)
    await bank.post(hidden | confirming("000001"))

    answer, _ = await bank.post(hidden | confirming("000002"))

    assert error_in(answer).code == "IPAY0100049"


async def test_one_time_password_grows_old_and_another_can_be_sent(bank: Bank) -> None:
    hidden, _ = await ask_for_otp(bank)
    bank.clock.now += OTP_LIFETIME + timedelta(seconds=1)
    answer, page = await bank.post(hidden | confirming(ONE_TIME_PASSWORD))
    assert (answer.status, "The time of this one-time password is over." in page) == (422, True)

    resent, _ = await bank.post(hidden | {"resend": "1"})

    assert resent.headers["Location"] == f"/kpg/paymentconfirm.htm?PaymentID={hidden['PaymentID']}"
    _, page = await bank.get(resent.headers["Location"])
    assert "sent at \u206601:33:01\u2069 in Kuwait" in page
    paid, _ = await bank.post(hidden | confirming(ONE_TIME_PASSWORD))
    assert paid.headers["Location"] == "http://shop.example/back"


async def test_nothing_is_sent_again_for_a_card_that_wants_none(bank: Bank) -> None:
    hidden = await bank.open_card_page()
    await bank.post(hidden | APPROVING)

    answer, _ = await bank.post(hidden | {"resend": "1"})

    assert answer.headers["Location"] == f"/kpg/paymentpage.htm?PaymentID={hidden['PaymentID']}"


async def test_books_never_hold_what_was_typed_as_a_one_time_password(bank: Bank) -> None:
    hidden, _ = await ask_for_otp(bank)
    await bank.post(hidden | confirming("907856"))

    stored = b"".join(file.read_bytes() for file in bank.settings.books.parent.glob("bank.db*"))
    assert b"888888******0092" in stored
    assert b"907856" not in stored
    assert DIGITS[CardKind.OTP].encode() not in stored


async def test_second_tab_with_another_card_pays_with_none_that_was_not_shown(bank: Bank) -> None:
    hidden = await bank.open_card_page()
    await bank.post(hidden | APPROVING)
    _, first_tab = await bank.get(f"/kpg/paymentconfirm.htm?PaymentID={hidden['PaymentID']}")
    await bank.post(hidden | APPROVING | {"debitNumber": DIGITS[CardKind.WRONG_PIN]})

    answer, page = await bank.post(hidden_fields(first_tab) | {"proceedConfirm": "1"})

    assert (answer.status, "IPAY0100040" in page) == (409, True)
    assert f'href="/kpg/paymentpage.htm?PaymentID={hidden["PaymentID"]}"' in page
    assert await bank.word() == "IPAY0100263"
    _, second_tab = await bank.get(f"/kpg/paymentconfirm.htm?PaymentID={hidden['PaymentID']}")
    await bank.post(hidden_fields(second_tab) | {"proceedConfirm": "1"})
    assert [told.auth_resp_code for told in bank.merchant.heard()] == ["55"]


@pytest.mark.parametrize(
    ("pressed", "result"), [({"proceedConfirm": "1"}, "CAPTURED"), ({"confirmcancel": "1"}, "CANCELED")]
)
async def test_browser_carries_the_news_to_the_merchant_in_mode_l(
    merchant: MerchantServer, tmp_path: Path, pressed: dict[str, str], result: str
) -> None:
    async with bank_of(merchant, tmp_path, mode=NotificationMode.BROWSER) as bank:
        hidden = await bank.open_card_page()
        await bank.post(hidden | APPROVING)
        answer, page = await bank.post(hidden | pressed)
        url, fields = form_in(page)
        async with bank.browser.post(url, data=fields):
            pass

    assert (answer.status, url) == (200, f"{merchant.base_url}/knet/response")
    assert re.search(r'<button class="main" id="handover">Return to the merchant</button>', page)
    assert set(fields) == {"paymentid", "trackid", "trandata"}
    assert re.fullmatch("[0-9A-F]+", fields["trandata"])
    [told] = merchant.heard(NotificationShape.BROWSER_FORM)
    assert (told.result, told.payment_id, told.track_id) == (result, fields["paymentid"], "TRK1")


async def test_mode_l_is_told_in_the_language_of_the_order(merchant: MerchantServer, tmp_path: Path) -> None:
    async with bank_of(merchant, tmp_path, mode=NotificationMode.BROWSER) as bank:
        started, _ = await bank.get(bank.start_url(language=Language.ARABIC))
        _, page = await bank.get(started.headers["Location"])
        _, page = await bank.post(hidden_fields(page) | {"cancel": "1"})

    assert 'dir="rtl"' in page
    assert "العودة إلى المستفيد" in page


async def test_error_page_posts_to_error_url_if_the_terminal_wants_that(
    merchant: MerchantServer, tmp_path: Path
) -> None:
    async with bank_of(merchant, tmp_path, error_by_post=True) as bank:
        hidden = await bank.open_card_page()
        bank.clock.now += timedelta(minutes=16)
        answer, page = await bank.post(hidden | APPROVING)
        url, fields = form_in(page)

    carried = read_error_return(fields)
    assert (answer.status, url) == (410, f"{merchant.base_url}/knet/error")
    assert (carried.code, carried.payment_id, carried.udf1) == ("IPAY0100042", hidden["PaymentID"], "order7")


async def test_refused_start_is_posted_to_error_url_if_the_terminal_wants_that(
    merchant: MerchantServer, tmp_path: Path
) -> None:
    async with bank_of(merchant, tmp_path, error_by_post=True) as bank:
        answer, page = await bank.get(bank.start_url(password="simpass99"))
        url, fields = form_in(page)

    assert (answer.status, url) == (400, f"{merchant.base_url}/knet/error")
    assert read_error_return(fields).code == "IPAY0100015"


async def set_faults(bank: Bank, hidden: Mapping[str, str], **chosen: str) -> tuple[int, str]:
    """Press the panel's button; its two lists always come with it."""
    fields = {"notification": "none", "inquiry": "none", "faults": "1"} | chosen
    answer, page = await bank.post({**hidden, **fields})
    return answer.status, answer.headers.get("Location", page)


async def test_panel_is_closed_below_the_form_until_something_is_set(bank: Bank) -> None:
    hidden = await bank.open_card_page()
    card_page = f"/kpg/paymentpage.htm?PaymentID={hidden['PaymentID']}"
    _, before = await bank.get(card_page)
    assert '<details class="panel" id="panel">' in before
    assert before.index('id="proceed"') < before.index("SIMULATOR ONLY") < before.index('id="panel-set"')

    answered = await set_faults(bank, hidden, notification="tampered", wrong_amount="1")

    assert answered == (303, f"{card_page}#panel")
    _, after = await bank.get(card_page)
    assert '<details class="panel" id="panel" open>' in after
    assert "Something is set to go wrong" in after
    assert '<option value="tampered" selected>' in after
    assert 'name="wrong_amount" value="1" autocomplete="off" checked>' in after


async def test_what_the_panel_sets_goes_wrong_with_that_order_alone(bank: Bank) -> None:
    hidden = await bank.open_card_page("TRK1")
    await set_faults(bank, hidden, inquiry=InquiryFault.SUSPECT)
    await bank.confirm(hidden)
    await bank.pay(APPROVING, "TRK2")

    assert await bank.word("TRK1") == "FAILURE(SUSPECT)"
    assert await bank.word("TRK2") == "CAPTURED"


async def test_panel_takes_back_what_was_set(bank: Bank) -> None:
    hidden = await bank.open_card_page()
    await set_faults(bank, hidden, cancel_at_error_url="1")
    await set_faults(bank, hidden)

    answer, _ = await bank.post(hidden | {"cancel": "1"})

    assert answer.headers["Location"] == "http://shop.example/back"


async def test_cancelled_order_is_told_in_clear_if_the_panel_says_so(bank: Bank) -> None:
    hidden = await bank.open_card_page()
    await set_faults(bank, hidden, cancel_at_error_url="1")

    answer, _ = await bank.post(hidden | {"cancel": "1"})

    assert error_in(answer).code == "IPAY0100048"
    assert bank.merchant.bodies == []


async def test_panel_shows_the_faults_of_the_terminal_and_keeps_their_count(
    merchant: MerchantServer, tmp_path: Path
) -> None:
    faults = Faults(notification=NotificationFault.REPEATED, notification_count=3)
    async with bank_of(merchant, tmp_path, faults=faults) as bank:
        hidden = await bank.open_card_page()
        _, page = await bank.get(f"/kpg/paymentpage.htm?PaymentID={hidden['PaymentID']}")
        await set_faults(bank, hidden, notification="repeated", inquiry="slow")
        await bank.confirm(hidden)

    assert '<option value="repeated" selected>arrives 3 times</option>' in page
    assert len(merchant.bodies) == 3


@pytest.mark.parametrize("wrong", [{"notification": "never"}, {"inquiry": ""}])
async def test_word_that_the_panel_does_not_offer_is_refused(bank: Bank, wrong: dict[str, str]) -> None:
    hidden = await bank.open_card_page()

    status, page = await set_faults(bank, hidden, **wrong)

    assert (status, "IPAY0100038" in page) == (400, True)


async def test_panel_of_another_site_sets_nothing(bank: Bank) -> None:
    hidden = await bank.open_card_page()

    status, _ = await set_faults(bank, hidden | {"token": "0" * 32}, notification="lost")

    assert status == 403
    await bank.confirm(hidden)
    assert len(bank.merchant.bodies) == 1


@pytest.mark.parametrize(("kind", "digits"), CARD_ROWS)
async def test_card_of_the_panel_is_filled_in_but_for_its_pin(
    bank: Bank, kind: CardKind, digits: str
) -> None:
    hidden = await bank.open_card_page()

    answer, page = await bank.get(f"/kpg/paymentpage.htm?PaymentID={hidden['PaymentID']}&card={kind}")

    assert answer.status == 200
    assert f'value="{digits}" inputmode="numeric"' in page
    assert page.count(" selected>") == 5  # the bank, the month, the year, and the panel's two lists
    assert '<option value="9" selected>09</option>' in page
    assert '<option value="2030" selected>2030</option>' in page
    assert 'id="cardPin" name="cardPin" type="password" inputmode' in page


async def test_card_that_the_panel_does_not_have_fills_in_nothing(bank: Bank) -> None:
    hidden = await bank.open_card_page()

    answer, page = await bank.get(f"/kpg/paymentpage.htm?PaymentID={hidden['PaymentID']}&card=golden")

    assert answer.status == 200
    assert 'name="debitNumber" value="" ' in page
