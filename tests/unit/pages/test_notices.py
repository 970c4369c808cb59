"""Which of the few messages fits: every outcome and every status has exactly one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fils.application.receipts import Receipt, get_receipt
from fils.domain.evidence import Outcome
from fils.domain.payment import PaymentStatus
from fils.pages.notices import NOTICES, Notice, notice_of
from tests.support import cases
from tests.support.payment_states import DECIDED, Counter


def receipt(
    status: PaymentStatus | None, outcome: Outcome | None = None, *, is_unsettled: bool = False
) -> Receipt:
    return Receipt(
        payment=replace(cases.payment(), status=status),
        merchant="Shop",
        track_id=None,
        outcome=outcome,
        said=None,
        is_unsettled=is_unsettled,
    )


def test_every_outcome_has_a_notice() -> None:
    assert set(NOTICES) == set(Outcome)


@pytest.mark.parametrize("outcome", [Outcome.SUSPECT, Outcome.UNKNOWN])
def test_what_proves_nothing_leaves_the_customer_waiting(outcome: Outcome) -> None:
    assert NOTICES[outcome] is Notice.WAITING


@pytest.mark.parametrize(
    "status", [status for status in PaymentStatus if status is not PaymentStatus.PENDING]
)
@pytest.mark.parametrize(
    "outcome", [*(outcome for outcome in Outcome if outcome is not Outcome.CAPTURED), None]
)
def test_every_decided_payment_has_a_notice(status: PaymentStatus, outcome: Outcome | None) -> None:
    notice = notice_of(receipt(status, outcome))
    assert (notice is Notice.PAID) == (status is PaymentStatus.CAPTURED)


@pytest.mark.parametrize("status", [PaymentStatus.PENDING, None])
def test_an_undecided_payment_has_none(status: PaymentStatus | None) -> None:
    with pytest.raises(ValueError, match="not decided"):
        notice_of(receipt(status))


@pytest.mark.parametrize(
    ("outcome", "notice"),
    [
        (Outcome.CANCELED, Notice.CANCELLED),
        (Outcome.NOT_CAPTURED, Notice.NOT_APPROVED),
        (Outcome.DENIED_BY_RISK, Notice.NOT_APPROVED),
        (Outcome.HOST_TIMEOUT, Notice.NOT_COMPLETED),
        (Outcome.FAILED, Notice.NOT_COMPLETED),
        (None, Notice.NOT_COMPLETED),
    ],
)
def test_canceled_is_told_by_what_ended_it(outcome: Outcome | None, notice: Notice) -> None:
    assert notice_of(receipt(PaymentStatus.CANCELED, outcome)) is notice


@pytest.mark.parametrize("status", [PaymentStatus.CANCELED, PaymentStatus.DECLINED, PaymentStatus.EXPIRED])
def test_nobody_is_told_that_nothing_was_paid_while_money_may_have_moved(status: PaymentStatus) -> None:
    assert notice_of(receipt(status, Outcome.CANCELED, is_unsettled=True)) is Notice.WAITING


async def test_a_payment_that_knet_calls_captured_after_its_end_is_being_checked() -> None:
    counter = await Counter.open()
    payment = await counter.confirm()
    await DECIDED["timed-out"](counter, payment)
    counter.clock.move(timedelta(minutes=9))
    counter.bank.answers.append(counter.statement(Outcome.CAPTURED))
    await counter.settle(payment)
    late = await get_receipt(counter.ports, await counter.stored(payment.id))
    assert late.payment.status is PaymentStatus.CANCELED
    assert notice_of(late) is Notice.WAITING
