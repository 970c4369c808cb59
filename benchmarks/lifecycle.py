"""
How many whole payments a second Fils carries, and what one costs.

    .venv/bin/python -m benchmarks.lifecycle --rounds 5 --seconds 5

Three processes share two cores: Fils, the simulated bank, and a load generator that plays shops and customers. A
lifecycle is ten requests of the load generator, one notification and one inquiry. Afterwards the books of Fils
and of the bank are compared line by line: a fast gateway that loses a payment has carried nothing.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
from collections import Counter
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final

from benchmarks.support.machine import resident_megabytes, use_two_cores
from benchmarks.support.processes import (
    PLACE,
    BenchmarkFailed,
    free_port,
    python,
    run_load,
    scratch_folder,
    serving,
)
from benchmarks.support.report import (
    Round,
    median,
    of_rounds,
    print_errors,
    print_goal,
    print_table,
)

LEAST_PER_SECOND: Final = 105
"""Ten times the 10.5 online card payments a second that Kuwait made on average (first half of 2025)."""

Line = tuple[str, int]
"""A captured payment in either book: track id, amount in fils. There is one terminal."""


def main() -> None:
    options = _options()
    use_two_cores()
    with scratch_folder(options.place) as folder:
        rounds, memory = _measure(folder, options)
        # The processes have ended, so both books are closed.
        ours, banks = _captured_by_fils(folder / "fils.sqlite3"), _captured_by_bank(folder / "books.sqlite3")
    sys.exit(_report(rounds, memory, ours, banks))


def _measure(folder: Path, options: argparse.Namespace) -> tuple[list[Round], float]:
    """All rounds, and the memory of Fils after them in megabytes."""
    fils_port, bank_port = free_port(), free_port()
    fils_url, bank_url = f"http://127.0.0.1:{fils_port}", f"http://127.0.0.1:{bank_port}/kpg"
    bank = python(
        "benchmarks.support.bank",
        *(f"--port={bank_port}", f"--fils-url={fils_url}", f"--books={folder / 'books.sqlite3'}"),
    )
    fils = python(
        "benchmarks.support.fils_with_bank",
        *(f"--port={fils_port}", f"--bank-url={bank_url}", f"--database={folder / 'fils.sqlite3'}"),
    )
    load = {
        "fils-url": fils_url,
        "connections": options.customers,
        "warm-up": options.warm_up,
        "seconds": options.seconds,
    }
    with ExitStack() as stack:
        bank_pid = stack.enter_context(serving(bank, folder=folder, port=bank_port))
        fils_pid = stack.enter_context(serving(fils, folder=folder, port=fils_port))
        watched = {"fils": fils_pid, "bank": bank_pid}
        rounds = [
            run_load("benchmarks.support.lifecycle_load", load, watched=watched)
            for _ in range(options.rounds)
        ]
        return rounds, resident_megabytes(fils_pid)


def _captured_by_fils(database: Path) -> Counter[Line]:
    with closing(sqlite3.connect(database)) as connection:
        documents = connection.execute("SELECT document FROM payment_attempts").fetchall()
    attempts = [json.loads(document) for (document,) in documents]
    return Counter(
        (attempt["track_id"], attempt["amount"]["amount"])
        for attempt in attempts
        if attempt["state"] == "captured"
    )


def _captured_by_bank(books: Path) -> Counter[Line]:
    with closing(sqlite3.connect(books)) as connection:
        return Counter(
            connection.execute(
                "SELECT track_id, transaction_amount_minor FROM orders WHERE funds = 'CAPTURED'"
            ).fetchall()
        )


def _report(rounds: list[Round], memory: float, ours: Counter[Line], banks: Counter[Line]) -> int:
    """Print what was measured; returns the exit code."""
    rows = [
        ("lifecycles/s", of_rounds(rounds, lambda r: r["per_second"], 1)),
        ("p50 of a lifecycle, ms", of_rounds(rounds, lambda r: r["p50_ms"])),
        ("p99 of a lifecycle, ms", of_rounds(rounds, lambda r: r["p99_ms"])),
        ("CPU ms a lifecycle, Fils", _cpu_ms(rounds, "fils")),
        ("CPU ms a lifecycle, simulated bank", _cpu_ms(rounds, "bank")),
        ("CPU ms a lifecycle, load generator", _cpu_ms(rounds, "load")),
        ("memory of Fils afterwards, MB", f"{memory:.0f}"),
    ]
    print_table(("measured", f"median of {len(rounds)} rounds [range]"), rows)
    finished = sum(round_["finished"] for round_ in rounds)
    agree = ours == banks and ours.total() == finished
    print(f"\nbooks: {finished} lifecycles ended Captured, {ours.total()} captures in Fils' book, ", end="")
    print(f"{banks.total()} in the bank's: {'they agree' if agree else 'THEY DIFFER'}")
    per_second = median(round_["per_second"] for round_ in rounds)
    print_goal(f"{per_second:.0f} lifecycles/s; goal {LEAST_PER_SECOND}", per_second >= LEAST_PER_SECOND)
    return 1 if print_errors(rounds) or not agree else 0


def _cpu_ms(rounds: list[Round], process: str) -> str:
    return of_rounds(rounds, lambda round_: round_["cpu_us"][process] / 1000, 2)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure how many whole payments a second Fils carries.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each round")
    parser.add_argument("--warm-up", type=float, default=1.0, help="seconds before each round")
    parser.add_argument("--customers", type=int, default=32, help="who pay at the same time")
    parser.add_argument("--place", type=Path, default=PLACE, help="a folder on a disk, for the databases")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except BenchmarkFailed as failure:
        sys.exit(f"failed: {failure}")
