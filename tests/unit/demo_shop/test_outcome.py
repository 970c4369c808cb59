from __future__ import annotations

import pytest

from fils.demo_shop.outcome import Outcome, judge_payment
from fils.demo_shop.payments_api import Payment, PaymentAction


def payment(
    status: str, *, amount: int = 1000, currency: str = "KWD", code: str = "", by_action: str = ""
) -> Payment:
    actions = (PaymentAction(response_code=by_action),) if by_action else ()
    return Payment(
        id="pay_4gubyq2w335upc54dx7a4257lq",
        status=status,
        amount=amount,
        currency=currency,
        response_code=code,
        actions=actions,
    )


def judge(told: Payment) -> Outcome:
    return judge_payment(told, price_minor=1000, currency="KWD")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("Captured", Outcome.PAID),
        ("Pending", Outcome.UNDECIDED),
        ("Declined", Outcome.DECLINED),
        ("Expired", Outcome.EXPIRED),
        ("Voided", Outcome.RETURNED),
        ("Refunded", Outcome.RETURNED),
        ("Partially Refunded", Outcome.RETURNED),
    ],
)
def test_each_status_of_knet_has_its_outcome(status: str, expected: Outcome) -> None:
    assert judge(payment(status)) is expected


@pytest.mark.parametrize("status", ["", "captured", "CAPTURED", "Paid", "Authorized", "Partially Captured"])
def test_a_status_that_is_not_known_is_never_paid(status: str) -> None:
    assert judge(payment(status)) is Outcome.UNFAMILIAR


def test_a_cancellation_by_the_customer_is_told_from_a_decline_by_its_response_code() -> None:
    assert judge(payment("Canceled", code="20017")) is Outcome.CANCELLED
    assert judge(payment("Canceled", code="20005")) is Outcome.DECLINED
    assert judge(payment("Canceled")) is Outcome.DECLINED


def test_the_response_code_of_the_newest_action_serves_when_the_payment_has_none() -> None:
    assert judge(payment("Canceled", by_action="20017")) is Outcome.CANCELLED
    assert judge(payment("Canceled", code="20005", by_action="20017")) is Outcome.DECLINED


@pytest.mark.parametrize(("amount", "currency"), [(10, "KWD"), (1001, "KWD"), (1000, "BHD")])
def test_a_captured_payment_of_another_sum_does_not_pay_the_order(amount: int, currency: str) -> None:
    assert judge(payment("Captured", amount=amount, currency=currency)) is Outcome.MISMATCHED
