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

import argparse
import asyncio
import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.support.machine import use_two_cores
from benchmarks.support.payments_api import create_setups
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
    ratios,
    spread,
)

LEAST_OF_FLOOR: Final = 0.5
LEAST_OF_PEER: Final = 5
MOST_OF_FLOOR_P99: Final = 3


@dataclass(frozen=True, slots=True)
class Case:
    """A server to be measured. *start* runs it on a port for as long as its block lasts and gives its process id."""

    name: str
    request: str
    start: Callable[[int], AbstractContextManager[int]]
    is_fresh_each_round: bool = False


def main() -> None:
    options = _options()
    use_two_cores()
    with scratch_folder(options.place) as folder, ExitStack() as stack:
        cases = _cases(folder, stack, with_peer=options.peer, with_postgresql=options.postgresql)
        running = {case.name: _Running(case, stack) for case in cases}
        rounds: dict[str, list[Round]] = {case.name: [] for case in cases}
        for _ in range(options.rounds):
            for case in cases:
                rounds[case.name].append(running[case.name].measure(options))
    sys.exit(_report(rounds))


class _Running:
    """A case, started once or for each round."""

    def __init__(self, case: Case, stack: ExitStack) -> None:
        self._case = case
        self._port = free_port()
        self._pid = None if case.is_fresh_each_round else stack.enter_context(case.start(self._port))

    def measure(self, options: argparse.Namespace) -> Round:
        """Load it for one round."""
        if self._pid is not None:
            return self._load(self._pid, options)
        with self._case.start(self._port) as pid:
            return self._load(pid, options)

    def _load(self, pid: int, options: argparse.Namespace) -> Round:
        load = {
            "port": self._port,
            "request": self._case.request,
            "connections": options.connections,
            "warm-up": options.warm_up,
            "seconds": options.seconds,
        }
        return run_load("benchmarks.support.create_load", load, watched={"server": pid})


def _cases(folder: Path, stack: ExitStack, *, with_peer: bool, with_postgresql: bool) -> list[Case]:
    def fils(port: int) -> AbstractContextManager[int]:
        return _fils(_new(folder / "fils"), port)

    def floor(port: int) -> AbstractContextManager[int]:
        answer_size = _answer_size(_new(folder / "sample"))
        options = ["--database", "floor.sqlite3", f"--answer-size={answer_size}", f"--port={port}"]
        return serving(python("benchmarks.support.floor", *options), folder=_new(folder / "floor"), port=port)

    cases = [Case("fils", "setup", fils), Case("floor", "setup", floor)]
    if with_peer:
        peer = _new(folder / "localstripe")
        cases.append(Case("localstripe", "intent", lambda port: _localstripe(peer, port), True))
    if with_postgresql:
        server = stack.enter_context(_postgresql())
        cases.append(
            Case("postgresql", "setup", lambda port: _fils(_new(folder / "on-postgresql"), port, server))
        )
    return cases


def _fils(folder: Path, port: int, database: str = "fils.sqlite3") -> AbstractContextManager[int]:
    environment = fils_environment(folder, database)
    return serving(
        python("fils", "serve", "--port", str(port)), folder=folder, port=port, environment=environment
    )


def _localstripe(folder: Path, port: int) -> AbstractContextManager[int]:
    # It writes what it has stored to the folder of temporary files after each request.
    command = python("localstripe", "--port", str(port), "--from-scratch")
    environment = {"TMPDIR": str(folder), "PYTHONWARNINGS": "ignore"}
    return serving(command, folder=folder, port=port, environment=environment, path="/js.stripe.com/v3/")


@contextlib.contextmanager
def _postgresql() -> Iterator[str]:
    """The address of an empty database on a PostgreSQL that is started for it."""
    # Only this case needs the tests' helper and the binaries that it looks for.
    from tests.support.postgresql import PostgresqlServer

    with PostgresqlServer(fsync=True) as server:
        yield server.url(asyncio.run(server.create_database()))


def _answer_size(folder: Path) -> int:
    """The length in bytes of what Fils answers to the request."""
    port = free_port()
    with _fils(folder, port):
        return create_setups(port, 1)


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


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


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure how fast payment setups are created.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each round")
    parser.add_argument("--warm-up", type=float, default=1.0, help="seconds before each round")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--place", type=Path, default=PLACE, help="a folder on a disk, for the databases")
    parser.add_argument("--without-peer", dest="peer", action="store_false")
    parser.add_argument("--postgresql", action="store_true", help="measure Fils on PostgreSQL too")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except BenchmarkFailed as failure:
        sys.exit(f"failed: {failure}")
