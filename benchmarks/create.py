"""
How fast Fils creates payment setups, beside a floor and a peer measured in the same run.

    .venv/bin/python -m benchmarks.create --rounds 5 --seconds 5

Every case is a server in a process of its own, asked over 32 connections by a load generator in another. Rounds are
interleaved, so that what else the machine does strikes every case.

- fils: ``fils serve`` on SQLite and the documented request.
- floor: the same server and store answering a constant after one durable commit (``support/floor.py``).
- localstripe: creates payment intents in memory, without a key that means anything. It slows down with what it has
  stored, so each round gets a fresh one. Left out with ``--without-peer``; see ``requirements-bench.txt``.
- postgresql: ``fils serve`` on a PostgreSQL of its own with fsync on, only with ``--postgresql``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Final

from benchmarks.support.cases import (
    Case,
    fils,
    floor,
    localstripe,
    measure_rounds,
    new_folder,
    options_of_rounds,
    postgresql,
)
from benchmarks.support.machine import use_two_cores
from benchmarks.support.payments_api import create_setups
from benchmarks.support.processes import BenchmarkFailed, free_port, scratch_folder
from benchmarks.support.report import (
    Round,
    median,
    of_rounds,
    print_errors,
    print_goal,
    print_table,
    ratios,
    spread,
)

_LOAD: Final = "benchmarks.support.create_load"
LEAST_OF_FLOOR: Final = 0.5
LEAST_OF_PEER: Final = 5
MOST_OF_FLOOR_P99: Final = 3


def main() -> None:
    options = options_of_rounds("Measure how fast payment setups are created.").parse_args()
    use_two_cores()
    with scratch_folder(options.place) as folder, ExitStack() as stack:
        cases = _cases(folder, stack, with_peer=options.peer, with_postgresql=options.postgresql)
        rounds = measure_rounds(cases, stack, options, generator=_LOAD)
    sys.exit(_report(rounds))


def _cases(folder: Path, stack: ExitStack, *, with_peer: bool, with_postgresql: bool) -> list[Case]:
    def start_fils(port: int) -> AbstractContextManager[int]:
        return fils(new_folder(folder / "fils"), port)

    def start_floor(port: int) -> AbstractContextManager[int]:
        answer_size = _answer_size(new_folder(folder / "sample"))
        return floor(new_folder(folder / "floor"), port, answer_size=answer_size)

    cases = [Case("fils", ["setup"], start_fils), Case("floor", ["setup"], start_floor)]
    if with_peer:
        peer = new_folder(folder / "localstripe")
        cases.append(Case("localstripe", ["intent"], lambda port: localstripe(peer, port), True))
    if with_postgresql:
        server = stack.enter_context(postgresql())
        cases.append(
            Case(
                "postgresql", ["setup"], lambda port: fils(new_folder(folder / "on-postgresql"), port, server)
            )
        )
    return cases


def _answer_size(folder: Path) -> int:
    """The length in bytes of what Fils answers to the request."""
    port = free_port()
    with fils(folder, port):
        return create_setups(port, 1)


def _report(rounds: dict[str, list[Round]]) -> int:
    """Print what was measured; returns the exit code."""
    rows = [
        (
            name,
            of_rounds(measured, lambda r: r["per_second"]),
            _ratio(measured, rounds.get("floor")),
            _ratio(measured, rounds.get("localstripe")),
            of_rounds(measured, lambda r: r["p50_ms"], 1),
            of_rounds(measured, lambda r: r["p99_ms"], 1),
            of_rounds(measured, lambda r: r["cpu_us"]["server"]),
            of_rounds(measured, lambda r: r["cpu_us"]["load"]),
        )
        for name, measured in rounds.items()
    ]
    heads = (
        *("case", "requests/s", "x floor", "x localstripe", "p50 ms", "p99 ms"),
        *("server CPU us/request", "load CPU us/request"),
    )
    print_table(heads, rows)
    print()
    _print_goals(rounds)
    failed = print_errors(round_ for measured in rounds.values() for round_ in measured)
    return 1 if failed else 0


def _print_goals(rounds: dict[str, list[Round]]) -> None:
    fils, floor, peer = rounds["fils"], rounds["floor"], rounds.get("localstripe")
    of_floor = median(ratios(fils, floor, lambda r: r["per_second"]))
    print_goal(f"{of_floor:.2f} of the floor; goal {LEAST_OF_FLOOR}", of_floor >= LEAST_OF_FLOOR)
    if peer is not None:
        of_peer = median(ratios(fils, peer, lambda r: r["per_second"]))
        print_goal(f"{of_peer:.1f} times localstripe; goal {LEAST_OF_PEER}", of_peer >= LEAST_OF_PEER)
    slower = median(ratios(fils, floor, lambda r: r["p99_ms"]))
    print_goal(
        f"p99 {slower:.1f} times the floor's; goal at most {MOST_OF_FLOOR_P99}", slower <= MOST_OF_FLOOR_P99
    )


def _ratio(rounds: Sequence[Round], others: Sequence[Round] | None) -> str:
    return "" if others is None else spread(ratios(rounds, others, lambda r: r["per_second"]), 2)


if __name__ == "__main__":
    try:
        main()
    except BenchmarkFailed as failure:
        sys.exit(f"failed: {failure}")
