"""What happened to payments, as frozen values. An event is written in the commit of the change it reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fils.domain.identifiers import AccountId, ActionId, EventId, PaymentAttemptId, PaymentId
from fils.domain.money import Money
from fils.domain.response_codes import ResponseCode


class EventType(StrEnum):
    """The kinds of event, with the names Checkout.com gives them in its list for KNET."""

    PAYMENT_PENDING = "payment_pending"
    PAYMENT_CAPTURE_PENDING = "payment_capture_pending"
    PAYMENT_CAPTURED = "payment_captured"
    PAYMENT_CAPTURE_DECLINED = "payment_capture_declined"
    PAYMENT_CANCELED = "payment_canceled"
    PAYMENT_EXPIRED = "payment_expired"
    PAYMENT_VOIDED = "payment_voided"
    """Not in that list, because KNET takes no voids; the name is Checkout.com's for other methods."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of a payment, with the facts of its moment."""

    id: EventId
    account_id: AccountId
    payment_id: PaymentId
    sequence: int
    """1 for the payment's first event, and so on without a gap."""
    type: EventType
    occurred_at: datetime
    amount: Money
    reference: str | None = None
    action_id: ActionId | None = None
    attempt_id: PaymentAttemptId | None = None
    response: ResponseCode | None = None
