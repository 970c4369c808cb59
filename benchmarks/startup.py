"""
How long Fils takes to be ready, and how much memory it has.

    .venv/bin/python -m benchmarks.startup --starts 10

Measured is the time from starting ``python -m fils serve`` on a database that exists to the first answer to
``GET /health``. The start before, which makes the database and may have to compile Python's bytecode, is reported
apart. Memory is what the process has in RAM once it is ready, and after it has created so many payment setups.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.support.machine import resident_megabytes, use_two_cores
from benchmarks.support.payments_api import create_setups
from benchmarks.support.processes import (
    PLACE,
    BenchmarkFailed,
    fils_environment,
    free_port,
    python,
    scratch_folder,
    serving,
)
from benchmarks.support.report import median, print_goal, print_table, spread

MOST_SECONDS: Final = 1.5
MOST_MEGABYTES: Final = 120


@dataclass(frozen=True, slots=True)
class Start:
    """One start of Fils."""

    seconds: float
    """Until it answered."""
    megabytes: float
    """Once it was ready."""
    megabytes_after: float
    """After it had worked."""


def main() -> None:
    options = _options()
    use_two_cores()
    with scratch_folder(options.place) as folder:
        first = _start(folder, setups=0)
        starts = [_start(folder, setups=0) for _ in range(options.starts - 1)]
        starts.append(_start(folder, setups=options.setups))
    _report(first, starts, options.setups)


def _start(folder: Path, *, setups: int) -> Start:
    port = free_port()
    command = python("fils", "serve", "--port", str(port))
    begun_at = time.perf_counter()
    with serving(command, folder=folder, port=port, environment=fils_environment(folder)) as pid:
        seconds = time.perf_counter() - begun_at
        megabytes = resident_megabytes(pid)
        create_setups(port, setups)
        return Start(seconds, megabytes, resident_megabytes(pid))


def _report(first: Start, starts: list[Start], setups: int) -> None:
    seconds = [start.seconds for start in starts]
    after = starts[-1].megabytes_after
    rows = [
        ("the first start, which makes the database, s", f"{first.seconds:.2f}"),
        ("a later start, s", spread(seconds, 2)),
        ("memory when ready, MB", spread([start.megabytes for start in starts])),
        (f"memory after {setups:,} payment setups, MB", f"{after:.0f}"),
    ]
    print_table(("measured", f"median of {len(starts)} starts [range]"), rows)
    print()
    print_goal(f"ready in {median(seconds):.2f} s; goal {MOST_SECONDS}", median(seconds) <= MOST_SECONDS)
    print_goal(f"{after:.0f} MB; goal under {MOST_MEGABYTES}", after < MOST_MEGABYTES)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure how long Fils takes to be ready.")
    parser.add_argument("--starts", type=int, default=10)
    parser.add_argument("--setups", type=int, default=2000, help="to create before memory is read again")
    parser.add_argument("--place", type=Path, default=PLACE, help="a folder on a disk, for the database")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except BenchmarkFailed as failure:
        sys.exit(f"failed: {failure}")
