"""
How many whole payments a second Fils carries, and what one costs.

    .venv/bin/python -m benchmarks.lifecycle --rounds 5 --seconds 5

Three processes share two cores: Fils, the simulated bank, and a load generator that plays shops and customers. A
lifecycle is ten requests of the load generator, one notification and one inquiry. Afterwards the books of Fils
and of the bank are compared line by line: a fast gateway that loses a payment has carried nothing. With
``--postgresql`` the same once more, round by round beside it, with Fils on a PostgreSQL of its own with fsync on.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.support.cases import postgresql
from benchmarks.support.machine import resident_megabytes, use_two_cores
from benchmarks.support.processes import (
    PLACE,
    BenchmarkFailed,
    fils_environment,
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


@dataclass(slots=True)
class Books:
    """Where a case keeps what it did, and what was measured of it."""

    folder: Path
    database: str
    """Of Fils: the path of an SQLite file, or a PostgreSQL url."""
    rounds: list[Round] = field(default_factory=list)
    memory: float = 0
    """Of Fils after the rounds, in megabytes."""

    @property
    def of_bank(self) -> Path:
        """The bank's."""
        return self.folder / "books.sqlite3"


def main() -> None:
    options = _options()
    use_two_cores()
    with scratch_folder(options.place) as folder, ExitStack() as stack:
        cases = {"SQLite": _new_books(folder / "sqlite")}
        if options.postgresql:
            cases["PostgreSQL"] = _new_books(folder / "postgresql", stack.enter_context(postgresql()))
        _measure(list(cases.values()), options)
        # The processes have ended, so all books are closed.
        sys.exit(max([_report(name, books) for name, books in cases.items()]))


def _new_books(folder: Path, database: str | None = None) -> Books:
    folder.mkdir()
    return Books(folder, database or str(folder / "fils.sqlite3"))


def _measure(cases: Sequence[Books], options: argparse.Namespace) -> None:
    """All rounds. The cases take turns, so that what else the machine does strikes each."""
    with ExitStack() as stack:
        loads = [_start(books, stack, options) for books in cases]
        for _ in range(options.rounds):
            for books, (load, watched) in zip(cases, loads, strict=True):
                books.rounds.append(run_load("benchmarks.support.lifecycle_load", load, watched=watched))
        for books, (_, watched) in zip(cases, loads, strict=True):
            books.memory = resident_megabytes(watched["fils"])


def _start(
    books: Books, stack: ExitStack, options: argparse.Namespace
) -> tuple[Mapping[str, object], Mapping[str, int]]:
    """Start Fils and the bank; returns what the load generator needs, and the processes it watches."""
    fils_port, bank_port = free_port(), free_port()
    fils_url, bank_url = f"http://127.0.0.1:{fils_port}", f"http://127.0.0.1:{bank_port}/kpg"
    bank = python(
        "benchmarks.support.bank",
        *(f"--port={bank_port}", f"--fils-url={fils_url}", f"--books={books.of_bank}"),
    )
    fils = python("benchmarks.support.fils_with_bank", f"--port={fils_port}", f"--bank-url={bank_url}")
    environment = fils_environment(books.folder, books.database)
    bank_pid = stack.enter_context(serving(bank, folder=books.folder, port=bank_port))
    fils_pid = stack.enter_context(
        serving(fils, folder=books.folder, port=fils_port, environment=environment)
    )
    load = {
        "fils-url": fils_url,
        "connections": options.customers,
        "warm-up": options.warm_up,
        "seconds": options.seconds,
    }
    return load, {"fils": fils_pid, "bank": bank_pid}


def _captured_by_fils(database: str) -> Counter[Line]:
    query = "SELECT document FROM payment_attempts"
    if database.startswith("postgresql://"):
        rows = asyncio.run(_rows_of(database, query))
    else:
        with closing(sqlite3.connect(database)) as connection:
            rows = [document for (document,) in connection.execute(query)]
    return Counter(
        (attempt["track_id"], attempt["amount"]["amount"])
        for attempt in map(json.loads, rows)
        if attempt["state"] == "captured"
    )


async def _rows_of(database: str, query: str) -> list[str]:
    # Only this case needs the driver.
    import asyncpg

    connection = await asyncpg.connect(database)
    try:
        return [row[0] for row in await connection.fetch(query)]
    finally:
        await connection.close()


def _captured_by_bank(books: Path) -> Counter[Line]:
    with closing(sqlite3.connect(books)) as connection:
        return Counter(
            connection.execute(
                "SELECT track_id, transaction_amount_minor FROM orders WHERE funds = 'CAPTURED'"
            ).fetchall()
        )


def _report(name: str, books: Books) -> int:
    """Print what was measured of a case; returns the exit code."""
    rounds, ours, banks = books.rounds, _captured_by_fils(books.database), _captured_by_bank(books.of_bank)
    rows = [
        ("lifecycles/s", of_rounds(rounds, lambda r: r["per_second"], 1)),
        ("p50 of a lifecycle, ms", of_rounds(rounds, lambda r: r["p50_ms"])),
        ("p99 of a lifecycle, ms", of_rounds(rounds, lambda r: r["p99_ms"])),
        ("CPU ms a lifecycle, Fils", _cpu_ms(rounds, "fils")),
        ("CPU ms a lifecycle, simulated bank", _cpu_ms(rounds, "bank")),
        ("CPU ms a lifecycle, load generator", _cpu_ms(rounds, "load")),
        ("memory of Fils afterwards, MB", f"{books.memory:.0f}"),
    ]
    print_table((f"on {name}", f"median of {len(rounds)} rounds [range]"), rows)
    finished = sum(round_["finished"] for round_ in rounds)
    agree = ours == banks and ours.total() == finished
    print(f"\nbooks: {finished} lifecycles ended Captured, {ours.total()} captures in Fils' book, ", end="")
    print(f"{banks.total()} in the bank's: {'they agree' if agree else 'THEY DIFFER'}")
    per_second = median(round_["per_second"] for round_ in rounds)
    print_goal(f"{per_second:.0f} lifecycles/s; goal {LEAST_PER_SECOND}", per_second >= LEAST_PER_SECOND)
    failed = print_errors(rounds) > 0 or not agree
    print()
    return 1 if failed else 0


def _cpu_ms(rounds: list[Round], process: str) -> str:
    return of_rounds(rounds, lambda round_: round_["cpu_us"][process] / 1000, 2)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure how many whole payments a second Fils carries.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each round")
    parser.add_argument("--warm-up", type=float, default=1.0, help="seconds before each round")
    parser.add_argument("--customers", type=int, default=32, help="who pay at the same time")
    parser.add_argument("--postgresql", action="store_true", help="measure Fils on PostgreSQL too")
    parser.add_argument("--place", type=Path, default=PLACE, help="a folder on a disk, for the databases")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except BenchmarkFailed as failure:
        sys.exit(f"failed: {failure}")
