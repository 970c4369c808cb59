"""
How fast Fils answers what is stored, among many payments, beside a floor and a peer measured in the same run.

    .venv/bin/python -m benchmarks.read --rounds 5 --seconds 5

A hundred thousand payments with their setups are stored before; each request reads another one of them, in an order
that is the same for all. Every case is a server in a process of its own, asked over 32 connections by a load generator
in another. Rounds are interleaved.

- payment, setup: one by its id. list: the three payments of a reference.
- floor: the same server and store answering a constant after reading one payment by its id.
- localstripe: reads the only payment intent it has, from memory. Left out with ``--without-peer``.
- with ``--postgresql``: the three of Fils on a PostgreSQL of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Final

from benchmarks.support.books import fill, payment_id
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
from benchmarks.support.payments_api import HEADERS
from benchmarks.support.processes import BenchmarkFailed, free_port, scratch_folder
from benchmarks.support.report import Round, of_rounds, print_errors, print_table, ratios, spread

_LOAD: Final = "benchmarks.support.read_load"
_REQUESTS: Final = ("payment", "setup", "list")
_DATABASE: Final = "fils.sqlite3"


def main() -> None:
    parser = options_of_rounds("Measure how fast payments are read among many.")
    parser.add_argument("--stored", type=int, default=100_000, help="so many payments are there")
    options = parser.parse_args()
    use_two_cores()
    with scratch_folder(options.place) as folder, ExitStack() as stack:
        rounds = measure_rounds(_cases(folder, stack, options), stack, options, generator=_LOAD)
    sys.exit(_report(rounds))


def _cases(folder: Path, stack: ExitStack, options: argparse.Namespace) -> list[Case]:
    load: dict[str, object] = {"stored": options.stored}
    ours, bare = new_folder(folder / "fils"), new_folder(folder / "floor")
    for database in (ours, bare):
        asyncio.run(fill(str(database / _DATABASE), options.stored))
    name = payment_id(options.stored // 2)
    answer_size = _answer_size(ours, name)

    def start_floor(port: int) -> AbstractContextManager[int]:
        return floor(bare, port, answer_size=answer_size, read=name)

    cases = [
        Case("fils", _REQUESTS, lambda port: fils(ours, port), load=load),
        Case("floor", ["payment"], start_floor, load=load),
    ]
    if options.peer:
        peer = new_folder(folder / "localstripe")
        cases.append(Case("localstripe", ["intent"], lambda port: localstripe(peer, port), True, load))
    if options.postgresql:
        server, other = stack.enter_context(postgresql()), new_folder(folder / "on-postgresql")
        asyncio.run(fill(server, options.stored))
        cases.append(Case("postgresql", _REQUESTS, lambda port: fils(other, port, server), load=load))
    return cases


def _answer_size(folder: Path, name: str) -> int:
    """The length in bytes of what Fils answers about a payment."""
    port = free_port()
    with fils(folder, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", f"/payments/{name}", headers=HEADERS)
        answer = connection.getresponse()
        size = len(answer.read())
        connection.close()
    if answer.status != http.HTTPStatus.OK:
        raise BenchmarkFailed(f"a stored payment was answered {answer.status}")
    return size


def _report(rounds: dict[str, list[Round]]) -> int:
    """Print what was measured; returns the exit code."""
    rows = [
        (
            name,
            of_rounds(measured, lambda r: r["per_second"]),
            _ratio(measured, rounds["floor"]),
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
    failed = print_errors(round_ for measured in rounds.values() for round_ in measured)
    return 1 if failed else 0


def _ratio(rounds: Sequence[Round], others: Sequence[Round] | None) -> str:
    return "" if others is None else spread(ratios(rounds, others, lambda r: r["per_second"]), 2)


if __name__ == "__main__":
    try:
        main()
    except BenchmarkFailed as failure:
        sys.exit(f"failed: {failure}")
