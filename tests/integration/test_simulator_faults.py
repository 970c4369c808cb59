"""What is made to go wrong at the simulated bank, over real HTTP, in both modes; and that the books stay right."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import Response

from fils.domain.money import KWD, Money
from fils.knet.simulator.faults import Faults, InquiryFault, NotificationFault
from fils.knet.wire import (
    InquiryRequest,
    InquiryResponse,
    MessageUnreadable,
    NotificationMode,
    NotificationShape,
    PipeError,
    RefundRequest,
    SearchKey,
    read_error_return,
    read_payment_response,
    redirect_answer,
    write_inquiry_request,
    write_refund_request,
)
from tests.support.simulated_bank import (
    AMOUNT,
    APPROVING,
    HOST_TIMEOUT,
    KEY,
    LATE_CAPTURE,
    LONGEST_REVERSAL,
    PASSWORD,
    TERMINAL_ID,
    UNDELIVERABLE,
    Bank,
    MerchantServer,
    MovableClock,
    banking,
    error_in,
    form_in,
    merchant_serving,
)

BankWith = Callable[..., AbstractAsyncContextManager[Bank]]
"""Opens a bank whose terminal has these faults, and whatever else is said of it."""

BY_BROWSER = NotificationMode.BROWSER
OTHER_AMOUNT = Money(1_501, KWD)
MOMENT = timedelta(microseconds=1)
DELAY = timedelta(seconds=30)
"""How late LATE and AFTER_RETURN are when nothing else is said."""


@pytest.fixture
async def merchant() -> AsyncIterator[MerchantServer]:
    async with merchant_serving() as server:
        yield server


@pytest.fixture
def bank_with(merchant: MerchantServer, tmp_path: Path) -> BankWith:
    clock = MovableClock()

    def opening(faults: Faults = Faults(), **of_terminal: Any) -> AbstractAsyncContextManager[Bank]:  # noqa: B008
        return banking(merchant, tmp_path / "bank.db", clock, faults=faults, **of_terminal)

    return opening


def notified(fault: NotificationFault, **others: Any) -> Faults:
    return Faults(notification=fault, **others)


async def expect_reversal(bank: Bank, payment_id: str) -> None:
    """Money goes back at its seeded time and not before it."""
    delay = bank.settings.reversal_delay(payment_id)
    assert await bank.word() == "CAPTURED"
    bank.clock.now += delay - MOMENT
    assert await bank.word() == "CAPTURED"
    bank.clock.now += MOMENT
    assert await bank.word() == "FAILURE(VOIDED)"


async def expect_no_reversal(bank: Bank) -> None:
    await bank.pass_time(timedelta(hours=1))
    assert await bank.word() == "CAPTURED"


async def payment_id_of(bank: Bank) -> str:
    asked = await bank.inquire()
    assert isinstance(asked, InquiryResponse)
    return asked.payment_id


# Mode N: the bank's server tells.


async def test_lost_news_give_the_money_back_at_the_seeded_time(bank_with: BankWith) -> None:
    async with bank_with(notified(NotificationFault.LOST)) as bank:
        answer, html = await bank.pay()

        assert (answer.status, "IPAY0100249" in html) == (502, True)
        assert bank.merchant.bodies == []
        await expect_reversal(bank, await payment_id_of(bank))


async def test_late_news_arrive_and_save_nothing(bank_with: BankWith) -> None:
    async with bank_with(notified(NotificationFault.LATE)) as bank:
        answer, _ = await bank.pay()
        assert (answer.status, bank.merchant.bodies) == (502, [])
        await bank.pass_time(DELAY - MOMENT)
        assert bank.merchant.bodies == []

        await bank.pass_time(MOMENT)

        assert [told.result for told in bank.merchant.heard()] == ["CAPTURED"]
        await bank.pass_time(LONGEST_REVERSAL)
        assert await bank.word() == "FAILURE(VOIDED)"
        assert len(bank.merchant.bodies) == 1


async def test_late_news_survive_a_restart_of_the_bank(bank_with: BankWith) -> None:
    async with bank_with(notified(NotificationFault.LATE)) as before:
        await before.pay()
    async with bank_with() as after:
        assert await after.pass_time(DELAY) >= 1

        assert [told.result for told in after.merchant.heard()] == ["CAPTURED"]


async def test_repeated_news_are_equal_and_the_first_answer_counts(bank_with: BankWith) -> None:
    async with bank_with(notified(NotificationFault.REPEATED, notification_count=3)) as bank:
        answers = [Response(redirect_answer("http://shop.example/back")), bank.merchant.refuse()]
        bank.merchant.answer = lambda: answers.pop(0) if answers else bank.merchant.refuse()
        answer, _ = await bank.pay()

        assert answer.headers["Location"] == "http://shop.example/back"
        assert len(bank.merchant.bodies) == 3
        assert len(set(bank.merchant.bodies)) == 1
        await expect_no_reversal(bank)


async def test_repeated_news_that_are_taken_only_later_were_not_taken(bank_with: BankWith) -> None:
    async with bank_with(notified(NotificationFault.REPEATED)) as bank:
        answers = [bank.merchant.refuse(), Response(redirect_answer("http://shop.example/back"))]
        bank.merchant.answer = lambda: answers.pop(0)
        answer, _ = await bank.pay()

        assert (answer.status, len(bank.merchant.bodies)) == (502, 2)
        await expect_reversal(bank, await payment_id_of(bank))


@pytest.mark.parametrize("takes", [True, False])
async def test_news_after_the_return_may_still_be_taken(bank_with: BankWith, takes: bool) -> None:
    async with bank_with(notified(NotificationFault.AFTER_RETURN)) as bank:
        answer, _ = await bank.pay()
        assert error_in(answer).code == "IPAY0100055"
        assert (bank.merchant.bodies, await bank.word()) == ([], "CAPTURED")
        if not takes:
            bank.merchant.answer = bank.merchant.refuse

        await bank.pass_time(DELAY)

        assert len(bank.merchant.heard()) == 1
        if takes:
            await expect_no_reversal(bank)
        else:
            await expect_reversal(bank, await payment_id_of(bank))


async def test_news_after_the_return_are_not_given_up_by_a_restart(bank_with: BankWith) -> None:
    async with bank_with(notified(NotificationFault.AFTER_RETURN)) as before:
        await before.pay()
    async with bank_with() as after:
        await after.pass_time(DELAY)

        await expect_no_reversal(after)


async def test_tampered_news_cannot_be_read(bank_with: BankWith) -> None:
    async with bank_with(notified(NotificationFault.TAMPERED)) as bank:
        await bank.pay()

        with pytest.raises(MessageUnreadable):
            bank.merchant.heard()


async def test_error_after_success_leaves_the_order_paid(bank_with: BankWith) -> None:
    async with bank_with(Faults(error_after_success=True)) as bank:
        answer, _ = await bank.pay()

        assert error_in(answer).code == "IPAY0100114"
        assert [told.result for told in bank.merchant.heard()] == ["CAPTURED"]
        await expect_no_reversal(bank)


async def test_no_error_follows_a_cancelled_order(bank_with: BankWith) -> None:
    async with bank_with(Faults(error_after_success=True)) as bank:
        answer, _ = await bank.cancel()

        assert answer.headers["Location"] == "http://shop.example/back"


@pytest.mark.parametrize("by_post", [False, True])
async def test_cancel_is_told_in_clear_where_the_bank_is_set_so(bank_with: BankWith, by_post: bool) -> None:
    async with bank_with(Faults(cancel_at_error_url=True), error_by_post=by_post) as bank:
        answer, page = await bank.cancel()

        if by_post:
            url, fields = form_in(page)
            assert (answer.status, url) == (200, f"{bank.merchant.base_url}/knet/error")
            told = read_error_return(fields)
        else:
            told = error_in(answer)
        assert (told.code, told.track_id, told.amount_text, told.udf1) == (
            *("IPAY0100048", "TRK1"),
            *("1.500", "order7"),
        )
        assert bank.merchant.bodies == []
        assert await bank.word() == "FAILURE(CANCELED)"


async def test_bank_that_captures_another_amount_says_so_everywhere(bank_with: BankWith) -> None:
    async with bank_with(Faults(wrong_amount=True)) as bank:
        await bank.pay()

        assert [told.amount for told in bank.merchant.heard()] == [OTHER_AMOUNT]
        assert await bank.word() == "FAILURE(SUSPECT)"
        assert await bank.word(amount=OTHER_AMOUNT) == "CAPTURED"


async def test_undeliverable_card_is_never_told_whatever_is_set(bank_with: BankWith) -> None:
    async with bank_with(notified(NotificationFault.REPEATED)) as bank:
        answer, _ = await bank.pay(UNDELIVERABLE)

        assert (answer.status, bank.merchant.bodies) == (502, [])
        await expect_reversal(bank, await payment_id_of(bank))


# Host timeouts: the bank knows no better than the merchant, and then it does.


async def test_host_timeout_stays_one(bank_with: BankWith) -> None:
    async with bank_with() as bank:
        await bank.pay(HOST_TIMEOUT)

        [told] = bank.merchant.heard()
        assert (told.result, told.auth, told.auth_resp_code) == ("HOST TIMEOUT", "", None)
        await bank.pass_time(timedelta(hours=1))
        assert await bank.word() == "FAILURE(HOST TIMEOUT)"


@pytest.mark.parametrize("takes", [True, False])
async def test_host_timeout_turns_out_captured_at_the_seeded_time(bank_with: BankWith, takes: bool) -> None:
    async with bank_with() as bank:
        if not takes:
            bank.merchant.answer = bank.merchant.refuse
        await bank.pay(LATE_CAPTURE)
        [told] = bank.merchant.heard()
        delay = bank.settings.capture_delay(told.payment_id)

        assert told.result == "HOST TIMEOUT"
        bank.clock.now += delay - MOMENT
        assert await bank.word() == "FAILURE(HOST TIMEOUT)"
        bank.clock.now += MOMENT
        # The bank reverses only what it told of as captured.
        await expect_no_reversal(bank)


# What an inquiry is answered.


async def ask(bank: Bank, track_id: str = "TRK1") -> tuple[int, bytes]:
    request = InquiryRequest(TERMINAL_ID, PASSWORD, AMOUNT, track_id, SearchKey.TRACK_ID, track_id)
    return await bank.ask_raw(write_inquiry_request(request))


async def test_bank_that_is_down_answers_nothing(bank_with: BankWith) -> None:
    async with bank_with(Faults(inquiry=InquiryFault.DOWN)) as bank:
        await bank.pay()

        assert await ask(bank) == (503, b"")
        assert await ask(bank, "NEVERSEEN") == (503, b"")


async def test_slow_bank_answers_right(bank_with: BankWith) -> None:
    slow = Faults(inquiry=InquiryFault.SLOW, inquiry_delay=timedelta(milliseconds=20))
    async with bank_with(slow) as bank:
        await bank.pay()

        assert await bank.word() == "CAPTURED"


async def test_suspicious_bank_names_the_order_and_says_no_more(bank_with: BankWith) -> None:
    async with bank_with(Faults(inquiry=InquiryFault.SUSPECT)) as bank:
        await bank.pay()

        asked = await bank.inquire()

        assert isinstance(asked, InquiryResponse)
        assert (asked.result, asked.auth, asked.tran_id) == ("FAILURE(SUSPECT)", "", "")
        assert await bank.word("NEVERSEEN") == "IPAY0100263"


async def test_inquiry_with_a_wrong_amount_is_right_otherwise(bank_with: BankWith) -> None:
    async with bank_with(Faults(inquiry=InquiryFault.WRONG_AMOUNT)) as bank:
        await bank.pay()

        asked = await bank.inquire()

        assert isinstance(asked, InquiryResponse)
        assert (asked.result, asked.amount) == ("CAPTURED", OTHER_AMOUNT)


async def test_stale_bank_is_one_step_behind(bank_with: BankWith) -> None:
    async with bank_with(Faults(inquiry=InquiryFault.STALE)) as bank:
        await bank.pay(APPROVING, "TAKEN1")
        await bank.pay(LATE_CAPTURE, "LATE1")
        bank.merchant.answer = bank.merchant.refuse
        await bank.pay(APPROVING, "REVERSED1")
        await bank.pass_time(LONGEST_REVERSAL)

        assert await bank.word("TAKEN1") == "IPAY0100263"
        assert await bank.word("REVERSED1") == "CAPTURED"
        late = await bank.inquire("LATE1")
        assert isinstance(late, InquiryResponse)
        assert (late.result, late.auth, late.auth_resp_code) == ("FAILURE(HOST TIMEOUT)", "", None)


@pytest.mark.parametrize(
    ("fault", "status", "refunded"), [(InquiryFault.DOWN, 503, False), (InquiryFault.SLOW, 200, True)]
)
async def test_bank_that_is_down_refunds_nothing_and_a_slow_one_does(
    bank_with: BankWith, fault: InquiryFault, status: int, refunded: bool
) -> None:
    refund = write_refund_request(RefundRequest(TERMINAL_ID, PASSWORD, AMOUNT, "TRK1"))
    async with bank_with(Faults(inquiry=fault, inquiry_delay=timedelta(milliseconds=20))) as bank:
        await bank.pay()
        assert (await bank.ask_raw(refund))[0] == status
    async with bank_with() as healed:
        again = await healed.ask(refund)

    assert isinstance(again, PipeError) is refunded


# Mode L: the customer's browser tells.


def heard_by_form(bank: Bank) -> list[str]:
    return [told.result for told in bank.merchant.heard(NotificationShape.BROWSER_FORM)]


def result_in(fields: Mapping[str, str]) -> str:
    return read_payment_response(fields["trandata"], KEY).result


async def test_browser_that_was_closed_tells_nobody_and_nothing_is_given_back(bank_with: BankWith) -> None:
    async with bank_with(notified(NotificationFault.LOST), mode=BY_BROWSER) as bank:
        answer, page = await bank.pay()

        assert answer.status == 200
        assert "<form" not in page
        assert bank.merchant.base_url not in page
        await expect_no_reversal(bank)
        assert bank.merchant.bodies == []


async def test_undeliverable_card_closes_the_browser(bank_with: BankWith) -> None:
    async with bank_with(mode=BY_BROWSER) as bank:
        answer, page = await bank.pay(UNDELIVERABLE)

        assert (answer.status, "<form" in page) == (200, False)
        await expect_no_reversal(bank)


async def test_late_form_is_posted_in_the_browsers_place(bank_with: BankWith) -> None:
    async with bank_with(notified(NotificationFault.LATE), mode=BY_BROWSER) as bank:
        _, page = await bank.pay()
        assert ("<form" in page, bank.merchant.bodies) == (False, [])

        await bank.pass_time(DELAY)

        assert heard_by_form(bank) == ["CAPTURED"]
        await expect_no_reversal(bank)


async def test_browser_returns_before_its_form_is_posted(bank_with: BankWith) -> None:
    async with bank_with(notified(NotificationFault.AFTER_RETURN), mode=BY_BROWSER) as bank:
        answer, _ = await bank.pay()
        assert (error_in(answer).code, bank.merchant.bodies) == ("IPAY0100055", [])

        await bank.pass_time(DELAY)

        assert heard_by_form(bank) == ["CAPTURED"]


async def test_repeated_form_is_last_in_the_browser(bank_with: BankWith) -> None:
    faults = notified(NotificationFault.REPEATED, notification_count=3)
    async with bank_with(faults, mode=BY_BROWSER) as bank:
        _, page = await bank.pay()

        assert heard_by_form(bank) == ["CAPTURED", "CAPTURED"]
        assert result_in(form_in(page)[1]) == "CAPTURED"


async def test_tampered_form_cannot_be_read(bank_with: BankWith) -> None:
    async with bank_with(notified(NotificationFault.TAMPERED), mode=BY_BROWSER) as bank:
        _, page = await bank.pay()

        with pytest.raises(MessageUnreadable):
            result_in(form_in(page)[1])


async def test_browser_comes_to_error_url_after_its_form_was_posted(bank_with: BankWith) -> None:
    async with bank_with(Faults(error_after_success=True), mode=BY_BROWSER) as bank:
        answer, _ = await bank.pay()

        assert error_in(answer).code == "IPAY0100114"
        assert heard_by_form(bank) == ["CAPTURED"]


async def test_merchant_that_is_down_when_the_form_is_posted_loses_nothing(bank_with: BankWith) -> None:
    async with bank_with(notified(NotificationFault.LATE), mode=BY_BROWSER) as bank:
        await bank.pay()
        bank.merchant.answer = bank.merchant.refuse

        await bank.pass_time(DELAY)

        await expect_no_reversal(bank)


async def test_error_comes_to_response_url_in_clear_where_the_bank_is_set_so(bank_with: BankWith) -> None:
    faults = Faults(cancel_at_error_url=True)
    async with bank_with(faults, mode=BY_BROWSER, error_at_response_url=True) as bank:
        _, page = await bank.cancel()

        url, fields = form_in(page)
        assert url == f"{bank.merchant.base_url}/knet/response"
        assert read_error_return(fields).code == "IPAY0100048"
        assert "trandata" not in fields


# What is due is done once, whoever does it, and trouble does not end it.


async def test_doing_what_is_due_waits_for_what_is_under_way(bank_with: BankWith) -> None:
    async with bank_with(notified(NotificationFault.AFTER_RETURN)) as bank:
        await bank.pay()
        bank.merchant.fall_silent()
        bank.clock.now += DELAY
        first = asyncio.create_task(bank.simulator.do_due())
        while not bank.merchant.bodies:
            await bank.wait_a_little()

        second = asyncio.create_task(bank.simulator.do_due())
        await bank.wait_a_little()
        assert not second.done()

        bank.merchant.speak()
        await asyncio.gather(first, second)
        assert len(bank.merchant.heard()) == 1
        await expect_no_reversal(bank)


async def test_late_news_of_a_terminal_that_is_gone_are_dropped(bank_with: BankWith) -> None:
    async with bank_with(notified(NotificationFault.LATE)) as before:
        await before.pay()
    async with bank_with(tranportal_id="999902") as after:
        await after.pass_time(LONGEST_REVERSAL)

        assert after.merchant.bodies == []
        assert await after.simulator.do_due() == 0


async def test_bank_does_what_is_due_after_its_books_were_locked(
    bank_with: BankWith, caplog: pytest.LogCaptureFixture
) -> None:
    async with bank_with(notified(NotificationFault.LATE)) as bank:
        await bank.pay()
        other = sqlite3.connect(bank.settings.books, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        bank.clock.now += DELAY
        while "could not be done" not in caplog.text:
            await bank.wait_a_little()
        assert bank.merchant.bodies == []

        other.execute("ROLLBACK")
        other.close()

        while not bank.merchant.bodies:
            await bank.wait_a_little()
