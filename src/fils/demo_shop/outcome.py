"""
What a payment means for the shop. Pure: no HTTP, no texts.

The shop believes the API's word about the payment and nothing else: not which of its two addresses the
customer came back to, and no other part of that address.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from fils.demo_shop.payments_api import Payment


class Outcome(StrEnum):
    """What the customer is told."""

    PAID = "paid"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    EXPIRED = "expired"
    UNDECIDED = "undecided"
    RETURNED = "returned"
    """Paid once, and wholly or partly given back since."""
    MISMATCHED = "mismatched"
    """Paid, but another sum than the order's: somebody brought the id of another payment."""
    UNFAMILIAR = "unfamiliar"
    """A status this shop does not know. It counts as not paid."""


CUSTOMER_CANCELLATION: Final = "20017"
"""The response code of a payment that its customer cancelled; Checkout.com, response codes."""

_BY_STATUS: Final = {
    "Pending": Outcome.UNDECIDED,
    "Declined": Outcome.DECLINED,
    "Expired": Outcome.EXPIRED,
    "Voided": Outcome.RETURNED,
    "Refunded": Outcome.RETURNED,
    "Partially Refunded": Outcome.RETURNED,
}


def judge_payment(payment: Payment, *, price_minor: int, currency: str) -> Outcome:
    """
    Say what *payment* means for an order.

    Args:
        payment: As the API told it.
        price_minor: What the order costs, in integer minor units of *currency*.
        currency: Code of ISO 4217.
    """
    if payment.status == "Captured":
        is_the_price = payment.amount == price_minor and payment.currency == currency
        return Outcome.PAID if is_the_price else Outcome.MISMATCHED
    if payment.status == "Canceled":
        code, _ = payment.latest_response()
        return Outcome.CANCELLED if code == CUSTOMER_CANCELLATION else Outcome.DECLINED
    return _BY_STATUS.get(payment.status, Outcome.UNFAMILIAR)
