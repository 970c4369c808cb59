"""A small version of ``proofs/random_kills.py``: whatever is killed when, both books agree and every law holds."""

from __future__ import annotations

from pathlib import Path

from proofs.support.books import BankOrder, Books
from proofs.support.laws import broken_laws
from proofs.support.proof import Plan, prove
from proofs.support.traffic import Told


def test_whatever_is_killed_when_every_law_holds(tmp_path: Path) -> None:
    plan = Plan(seed=2, payments_count=60, seconds=5, customers_count=12, kills_bank=True, settle_s=45)
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
