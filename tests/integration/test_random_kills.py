"""A small version of ``proofs/random_kills.py``: whatever is killed when, both books agree and every law holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fils.domain.identifiers import PaymentId
from fils.domain.payment_attempt import AttemptState, PaymentAttempt
from proofs.support.books import BankOrder, Books
from proofs.support.laws import broken_laws, unsettled
from proofs.support.proof import Plan, prove
from proofs.support.traffic import Told
from tests.support import records


def test_whatever_is_killed_when_every_law_holds(tmp_path: Path) -> None:
    plan = Plan(seed=2, payments_count=60, seconds=5, customers_count=12, kills_bank=True, settle_s=90)
    result = prove(plan, tmp_path)
    assert result.faults == []
    assert sum(result.kill_counts.values()) > 0
    assert result.statuses["Captured"] > 0


def test_money_that_only_the_bank_knows_of_and_a_forgotten_answer_are_noticed() -> None:
    books = Books(
        setups=(),
        payments=(),
        attempts=(),
        evidence=(),
        events=(),
        due_at={},
        orders=(BankOrder("T1", 1000, True), BankOrder("T2", 1000, False)),
    )
    assert broken_laws(books, Told(setups=["pst_1"])) == [
        "I2 both books are equal: T1 over 1000 is captured only in the bank's",
        "I7 what was told stays so: pst_1 is gone",
    ]


def test_an_inquiry_that_a_killed_bank_did_not_answer_settles_nothing() -> None:
    """A late customer's payment is known from the notification alone then; the books are not compared yet."""
    asked_at = records.NOW + timedelta(seconds=5)
    attempt = replace(records.attempt(), state=AttemptState.NEGATIVE, inquired_at=asked_at)
    notified = records.evidence(attempt)

    def faults(attempt: PaymentAttempt) -> list[str]:
        books = Books(
            setups=(),
            payments=(),
            attempts=(attempt,),
            evidence=(notified,),
            events=(),
            due_at={},
            orders=(),
        )
        return list(unsettled(books))

    assert faults(replace(attempt, unanswered_since=None)) == []
    unanswered = replace(attempt, unanswered_since=asked_at)
    assert faults(unanswered) == [f"{attempt.id} was notified and not answered about since"]
    assert faults(replace(unanswered, inquired_at=None)) == faults(unanswered)


def test_a_late_capture_that_nobody_told_of_is_waited_for_while_it_will_be_asked_about() -> None:
    attempt = replace(records.attempt(), state=AttemptState.NEGATIVE)

    def faults(attempt: PaymentAttempt, *due: PaymentId, is_captured: bool = True) -> list[str]:
        books = Books(
            setups=(),
            payments=(),
            attempts=(attempt,),
            evidence=(),
            events=(),
            due_at=dict.fromkeys(due, datetime.now(UTC)),
            orders=(BankOrder(attempt.track_id, 1000, is_captured=is_captured),),
        )
        return list(unsettled(books))

    assert faults(attempt, attempt.payment_id) == [
        f"{attempt.id} was captured late and not asked about since"
    ]
    assert faults(attempt, attempt.payment_id, is_captured=False) == []
    assert faults(replace(attempt, state=AttemptState.CAPTURED), attempt.payment_id) == []
    # What nobody is going to ask about is a difference of the books, and no reason to wait.
    assert faults(attempt) == []
