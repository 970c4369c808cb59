"""The inquiries that reads may cause: one for a payment in ten seconds, and a few for a terminal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fils.application.inquiry_budget import HINTS_APART, INQUIRIES_MAX, InquiryBudget
from fils.domain.identifiers import PaymentId, TerminalId

NOW = datetime(2026, 4, 30, 10, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
TERMINAL, OTHER_TERMINAL = TerminalId("trm_1"), TerminalId("trm_2")


def payment(number: int) -> PaymentId:
    return PaymentId(f"pay_{number:026d}")


def test_a_payment_takes_one_in_ten_seconds() -> None:
    budget = InquiryBudget()
    assert budget.take(TERMINAL, payment(1), now=NOW)
    assert not budget.take(TERMINAL, payment(1), now=NOW)
    assert not budget.take(TERMINAL, payment(1), now=NOW + HINTS_APART - INSTANT)
    assert budget.take(TERMINAL, payment(1), now=NOW + HINTS_APART)
    assert not budget.take(TERMINAL, payment(1), now=NOW + HINTS_APART)


def test_a_terminals_budget_is_used_up_and_comes_back_by_and_by() -> None:
    budget = InquiryBudget()
    for number in range(INQUIRIES_MAX):
        assert budget.take(TERMINAL, payment(number), now=NOW + number * INSTANT)
    later = NOW + HINTS_APART
    assert not budget.take(TERMINAL, payment(99), now=later - INSTANT)
    assert budget.take(TERMINAL, payment(99), now=later)
    assert not budget.take(TERMINAL, payment(98), now=later)


def test_one_terminal_takes_nothing_from_another() -> None:
    budget = InquiryBudget()
    for number in range(INQUIRIES_MAX + 1):
        budget.take(TERMINAL, payment(number), now=NOW)
    assert budget.take(OTHER_TERMINAL, payment(0), now=NOW)
