"""
The payment, its statuses, and the table of every way one status follows another.

A reader checks the lifecycle by reading ``TRANSITIONS``: a pair that is not there is illegal. The diagram in
``docs/reference/payment-lifecycle.md`` is printed from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from fils.domain.customer import Phone
from fils.domain.errors import InvalidTransition
from fils.domain.events import EventType
from fils.domain.identifiers import (
    AccountId,
    ActionId,
    CustomerId,
    PaymentAttemptId,
    PaymentId,
    PaymentSetupId,
    ProcessingChannelId,
    SessionId,
    TerminalId,
)
from fils.domain.money import Money
from fils.domain.payment_setup import Language
from fils.domain.response_codes import ResponseCode


class PaymentStatus(StrEnum):
    """The status of a payment, in the API's words."""

    PENDING = "Pending"
    CAPTURED = "Captured"
    CANCELED = "Canceled"
    DECLINED = "Declined"
    EXPIRED = "Expired"
    VOIDED = "Voided"
    """Captured, and found by the bank's report or a person to have been taken back. Final."""


_ON_LATE_EVIDENCE: Final[Mapping[EventType, PaymentStatus]] = {
    EventType.PAYMENT_CAPTURED: PaymentStatus.CAPTURED
}

TRANSITIONS: Final[Mapping[PaymentStatus | None, Mapping[EventType, PaymentStatus]]] = {
    None: {EventType.PAYMENT_PENDING: PaymentStatus.PENDING},
    PaymentStatus.PENDING: {
        EventType.PAYMENT_CAPTURE_PENDING: PaymentStatus.PENDING,
        EventType.PAYMENT_CAPTURED: PaymentStatus.CAPTURED,
        EventType.PAYMENT_CAPTURE_DECLINED: PaymentStatus.DECLINED,
        EventType.PAYMENT_CANCELED: PaymentStatus.CANCELED,
        EventType.PAYMENT_EXPIRED: PaymentStatus.EXPIRED,
    },
    PaymentStatus.CANCELED: _ON_LATE_EVIDENCE,
    PaymentStatus.DECLINED: _ON_LATE_EVIDENCE,
    PaymentStatus.EXPIRED: _ON_LATE_EVIDENCE,
    PaymentStatus.CAPTURED: {EventType.PAYMENT_VOIDED: PaymentStatus.VOIDED},
    PaymentStatus.VOIDED: {},
}
"""Status, event, next status. None is before the payment exists. Each row that fires writes exactly one event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A payment: what was confirmed, and how it stands. It is guarded by its version."""

    id: PaymentId
    account_id: AccountId
    setup_id: PaymentSetupId
    session_id: SessionId
    """The name under which the browser's return tells the shop about the payment."""
    processing_channel_id: ProcessingChannelId
    terminal_id: TerminalId
    customer_id: CustomerId
    customer_email: str | None = None
    customer_name: str | None = None
    customer_phone: Phone | None = None
    """What was known about the customer at the confirm; a later change of the customer does not reach it."""
    amount: Money
    language: Language
    success_url: str
    failure_url: str
    """Amount and urls are those of the confirm; a later change of the setup does not reach them."""
    requested_at: datetime
    link_expires_at: datetime
    """No attempt is started after this."""
    expires_at: datetime
    """A payment that nobody finished expires after this, once every attempt is closed."""
    status: PaymentStatus | None = None
    """None only until its first event."""
    reference: str | None = None
    description: str | None = None
    metadata: Mapping[str, object] = field(default_factory=dict)
    processed_at: datetime | None = None
    """When it was captured, or ended without money."""
    response: ResponseCode | None = None
    capture_action_id: ActionId | None = None
    void_action_id: ActionId | None = None
    voided_at: datetime | None = None
    decided_by: PaymentAttemptId | None = None
    """The attempt whose end decided the status."""
    session_expires_at: datetime | None = None
    """Until when the session id names the payment; None before the browser's first return."""
    event_count: int = 0
    version: int = 0

    @property
    def is_captured(self) -> bool:
        """Whether the money has come and counts."""
        return self.status is PaymentStatus.CAPTURED

    @property
    def is_decided(self) -> bool:
        """Whether the status is no longer Pending."""
        return self.status is not PaymentStatus.PENDING

    def can(self, event: EventType) -> bool:
        """Whether the table has a row for *event* now."""
        return event in TRANSITIONS[self.status]

    def after(self, event: EventType) -> Payment:
        """
        The payment after *event*, by the table.

        Raises:
            InvalidTransition: If the table has no such row.
        """
        status = TRANSITIONS[self.status].get(event)
        if status is None:
            raise InvalidTransition(f"{event} does not follow {self.status}")
        return replace(self, status=status, event_count=self.event_count + 1)
