"""The benchmarks themselves: each runs for a moment and reports. What they measure is never asserted here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.support.command_line import clean_environment

_ROOT: Final = Path(__file__).parents[2]
_ONE_SHORT_ROUND: Final = ("--rounds=1", "--seconds=0.3", "--warm-up=0.1")


def _report_of(module: str, *options: str) -> list[str]:
    """The lines a benchmark prints; it ends with 0 only when no request failed."""
    command = [sys.executable, "-m", module, *options]
    finished = subprocess.run(
        command, cwd=_ROOT, env=clean_environment(), capture_output=True, text=True, check=False, timeout=120
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout.splitlines()


def _has_row(report: list[str], name: str) -> bool:
    return any(line.startswith(f"| {name}") for line in report)


def test_the_create_benchmark_reports_fils_beside_its_floor(tmp_path: Path) -> None:
    report = _report_of("benchmarks.create", f"--place={tmp_path}", *_ONE_SHORT_ROUND, "--without-peer")
    assert _has_row(report, "fils")
    assert _has_row(report, "floor")
    assert not _has_row(report, "localstripe")


def test_the_read_benchmark_reports_each_question_beside_its_floor(tmp_path: Path) -> None:
    options = ("--stored=60", "--without-peer")
    report = _report_of("benchmarks.read", f"--place={tmp_path}", *_ONE_SHORT_ROUND, *options)
    for question in ("payment", "setup", "list"):
        assert _has_row(report, f"fils, {question}")
    assert _has_row(report, "floor")


def test_the_lifecycle_benchmark_ends_with_two_books_that_agree(tmp_path: Path) -> None:
    options = ("--customers=2", "--postgresql")
    report = _report_of("benchmarks.lifecycle", f"--place={tmp_path}", *_ONE_SHORT_ROUND, *options)
    assert _has_row(report, "on SQLite")
    assert _has_row(report, "on PostgreSQL")
    books = [line for line in report if line.startswith("books: ")]
    assert len(books) == 2
    for line in books:
        assert line.endswith("they agree")
        assert not line.startswith("books: 0 ")


def test_the_startup_benchmark_reports_time_and_memory(tmp_path: Path) -> None:
    report = _report_of("benchmarks.startup", f"--place={tmp_path}", "--starts=1", "--setups=3")
    assert _has_row(report, "a later start, s")
    assert _has_row(report, "memory after 3 payment setups, MB")


def test_the_wire_benchmark_reports_each_message_beside_its_floor() -> None:
    report = _report_of("benchmarks.wire", "--rounds=1", "--seconds=0.02")
    for message in ("read a captured answer", "write a captured answer", "read a start request"):
        assert _has_row(report, message)
