"""A small version of ``proofs/backup_under_load.py``."""

from __future__ import annotations

from pathlib import Path

from proofs.backup_under_load import Plan, prove


def test_what_was_told_before_a_backup_is_in_it_and_every_law_holds(tmp_path: Path) -> None:
    result = prove(Plan(seed=5, seconds=2, customers_count=6, pause_s=0.5), tmp_path)
    assert result.faults == []
    assert result.backup_times_s
    assert result.payment_counts[-1] > 0
    assert result.meanwhile_s
