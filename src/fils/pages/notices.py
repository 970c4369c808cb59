"""
What a page can have to say, and which of it fits: one notice for each situation a customer can be in.

The words are in ``texts``. A customer never reads a code: whatever the bank's side calls it, one of these is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from fils.application.receipts import Receipt
from fils.domain.evidence import Outcome
from fils.domain.payment import PaymentStatus


class Notice(StrEnum):
    """What a page can have to say: how a payment stands, and below, why none can be shown."""

    PAID = "paid"
    CANCELLED = "cancelled"
    NOT_APPROVED = "not_approved"
    NOT_COMPLETED = "not_completed"
    """It ended without money, and not because anybody refused."""
    REVERSED = "reversed"
    EXPIRED = "expired"
    WAITING = "waiting"
    WAITING_LONG = "waiting_long"
    NOT_STARTED = "not_started"
    LINK_CLOSED = "link_closed"

    NOT_FOUND = "not_found"
    UNAVAILABLE = "unavailable"
    FAILED = "failed"


NOTICES: Final[Mapping[Outcome, Notice]] = {
    Outcome.CAPTURED: Notice.PAID,
    Outcome.NOT_CAPTURED: Notice.NOT_APPROVED,
    Outcome.CANCELED: Notice.CANCELLED,
    Outcome.DENIED_BY_RISK: Notice.NOT_APPROVED,
    Outcome.HOST_TIMEOUT: Notice.NOT_COMPLETED,
    Outcome.REVERSED: Notice.REVERSED,
    Outcome.FAILED: Notice.NOT_COMPLETED,
    Outcome.NOT_FOUND: Notice.EXPIRED,
    Outcome.SUSPECT: Notice.WAITING,
    Outcome.UNKNOWN: Notice.WAITING,
}
"""What a customer reads once an attempt has ended like this. What proves nothing leaves them waiting."""

_BY_STATUS: Final = {
    PaymentStatus.CAPTURED: Notice.PAID,
    PaymentStatus.DECLINED: Notice.REVERSED,
    PaymentStatus.EXPIRED: Notice.EXPIRED,
    PaymentStatus.VOIDED: Notice.REVERSED,
}


def notice_of(receipt: Receipt) -> Notice:
    """
    What a customer is told about a decided payment.

    Raises:
        ValueError: If the payment is not decided.
    """
    status = receipt.payment.status
    if status is None or not receipt.payment.is_decided:
        raise ValueError("the payment is not decided")
    if receipt.is_unsettled:
        # The shop knows an end without money, but "nothing was paid" may be untrue.
        return Notice.WAITING
    if status is PaymentStatus.CANCELED:
        # Canceled is also the status of a payment that the bank declined; the deciding attempt tells them apart.
        return Notice.NOT_COMPLETED if receipt.outcome is None else NOTICES[receipt.outcome]
    return _BY_STATUS[status]
