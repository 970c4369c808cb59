"""Fils and a simulated bank over HTTP: another amount than was asked for, credentials rotated meanwhile."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fils.domain.evidence import EvidenceKind, Outcome
from fils.domain.payment import PaymentStatus
from fils.domain.payment_attempt import AttemptState
from fils.knet.simulator.faults import Faults, InquiryFault
from fils.knet.wire import NotificationMode
from tests.support.payment_states import SUCCESS_URL
from tests.support.terminal_stage import LONGEST_REVERSAL, terminal_stage

WRONG_AMOUNT = Faults(wrong_amount=True)
CLOSES = timedelta(minutes=50)


async def test_a_server_that_captured_another_amount_is_asked_with_it_until_it_has_taken_it_back(
    tmp_path: Path,
) -> None:
    async with terminal_stage(tmp_path, faults=WRONG_AMOUNT) as stage:
        payment = await stage.counter.confirm()
        customer = await stage.customer(payment)
        await stage.finish(customer)
        assert "/kpg/" in customer.url
        assert await stage.settle_after(timedelta(), payment) is PaymentStatus.PENDING
        seen = await stage.attempt(payment)
        assert seen.other_capture is not None
        assert seen.other_capture.amount != payment.amount
        assert await stage.settle_after(LONGEST_REVERSAL, payment) is PaymentStatus.PENDING
        assert await stage.settle_after(CLOSES, payment) is PaymentStatus.DECLINED
        ended = await stage.attempt(payment)
        assert (ended.outcome, ended.captured_amount, ended.attention) == (Outcome.REVERSED, None, None)


async def test_a_browser_that_tells_of_another_amount_leads_to_a_surplus_capture_over_it(
    tmp_path: Path,
) -> None:
    async with terminal_stage(tmp_path, mode=NotificationMode.BROWSER, faults=WRONG_AMOUNT) as stage:
        payment = await stage.counter.confirm()
        customer = await stage.customer(payment)
        page = await stage.finish(customer)
        assert page.startswith(f"{stage.base_url}/knet-external/redirect/")
        booked = await stage.attempt(payment)
        assert booked.state is AttemptState.CAPTURED
        assert not booked.counts
        assert booked.attention is not None
        assert booked.captured_amount not in (None, payment.amount)
        assert (await stage.counter.stored(payment.id)).status is PaymentStatus.PENDING
        assert await stage.settle_after(timedelta(hours=1), payment) is PaymentStatus.PENDING


@pytest.mark.parametrize("mode", NotificationMode)
async def test_an_inquiry_that_names_another_amount_decides_nothing_and_calls_a_person(
    tmp_path: Path, mode: NotificationMode
) -> None:
    faults = Faults(inquiry=InquiryFault.WRONG_AMOUNT)
    async with terminal_stage(tmp_path, mode=mode, faults=faults) as stage:
        payment = await stage.counter.confirm()
        await stage.finish(await stage.customer(payment))
        assert await stage.settle_after(CLOSES, payment) is PaymentStatus.PENDING
        assert (await stage.attempt(payment)).attention == "KNET's statement has another amount"


@pytest.mark.parametrize("mode", NotificationMode)
async def test_a_payment_that_is_under_way_while_the_bank_rotates_the_credentials_is_captured(
    tmp_path: Path, mode: NotificationMode
) -> None:
    async with terminal_stage(tmp_path, mode=mode) as stage:
        payment = await stage.counter.confirm()
        customer = await stage.customer(payment)
        await stage.rotate()
        await stage.reload(customer)
        end = await stage.finish(customer)
        assert end.startswith(SUCCESS_URL.partition("?")[0])
        attempt = await stage.attempt(payment)
        assert (attempt.credentials_version, attempt.counts) == (1, True)
        stored = await stage.ports.store.evidence(payment.id)
        answers = [item.statement for item in stored if item.kind is EvidenceKind.INQUIRY]
        assert [answer.error for answer in answers if answer] == [None]
        later = await stage.counter.confirm()
        assert (await stage.finish(await stage.customer(later))).startswith(SUCCESS_URL.partition("?")[0])
        assert (await stage.attempt(later)).credentials_version == 2
