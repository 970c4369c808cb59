"""The lifecycle table: every pair of status and event is a row of it, or illegal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fils.domain.errors import InvalidTransition
from fils.domain.events import EventType
from fils.domain.payment import TRANSITIONS, PaymentStatus
from tests.support import cases

ROWS = {
    (None, EventType.PAYMENT_PENDING): PaymentStatus.PENDING,
    (PaymentStatus.PENDING, EventType.PAYMENT_CAPTURE_PENDING): PaymentStatus.PENDING,
    (PaymentStatus.PENDING, EventType.PAYMENT_CAPTURED): PaymentStatus.CAPTURED,
    (PaymentStatus.PENDING, EventType.PAYMENT_CAPTURE_DECLINED): PaymentStatus.DECLINED,
    (PaymentStatus.PENDING, EventType.PAYMENT_CANCELED): PaymentStatus.CANCELED,
    (PaymentStatus.PENDING, EventType.PAYMENT_EXPIRED): PaymentStatus.EXPIRED,
    (PaymentStatus.CANCELED, EventType.PAYMENT_CAPTURED): PaymentStatus.CAPTURED,
    (PaymentStatus.DECLINED, EventType.PAYMENT_CAPTURED): PaymentStatus.CAPTURED,
    (PaymentStatus.EXPIRED, EventType.PAYMENT_CAPTURED): PaymentStatus.CAPTURED,
    (PaymentStatus.CAPTURED, EventType.PAYMENT_VOIDED): PaymentStatus.VOIDED,
}
"""The table as the rules tell it, written a second time on purpose."""

PAIRS = [(status, event) for status in (None, *PaymentStatus) for event in EventType]


@pytest.mark.parametrize(("status", "event"), PAIRS, ids=str)
def test_every_pair_of_status_and_event_is_a_row_or_illegal(
    status: PaymentStatus | None, event: EventType
) -> None:
    payment = replace(cases.payment(), status=status)
    following = ROWS.get((status, event))
    if following is None:
        assert not payment.can(event)
        with pytest.raises(InvalidTransition):
            payment.after(event)
    else:
        assert payment.can(event)
        after = payment.after(event)
        assert after == replace(payment, status=following, event_count=payment.event_count + 1)


def test_every_status_has_its_line_in_the_table() -> None:
    assert set(TRANSITIONS) == {None, *PaymentStatus}


def test_nothing_leads_out_of_voided_and_only_a_void_out_of_captured() -> None:
    assert TRANSITIONS[PaymentStatus.VOIDED] == {}
    assert list(TRANSITIONS[PaymentStatus.CAPTURED]) == [EventType.PAYMENT_VOIDED]


@pytest.mark.parametrize("status", PaymentStatus)
def test_only_pending_is_undecided_and_only_captured_is_paid(status: PaymentStatus) -> None:
    payment = replace(cases.payment(), status=status)
    assert payment.is_decided == (status is not PaymentStatus.PENDING)
    assert payment.is_captured == (status is PaymentStatus.CAPTURED)
