"""The servers that benchmarks compare, each a process of its own, and a round of load on one of them."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.support.processes import PLACE, fils_environment, free_port, python, run_load, serving
from benchmarks.support.report import Round


@dataclass(frozen=True, slots=True)
class Case:
    """A server to be measured. *start* runs it on a port for as long as its block lasts and gives its process id."""

    name: str
    requests: Sequence[str]
    """What the load generator sends it, by the names it has for them; a round each."""
    start: Callable[[int], AbstractContextManager[int]]
    is_fresh_each_round: bool = False
    load: Mapping[str, object] = field(default_factory=dict)
    """What else the load generator has to know, by the name of its option."""


class RunningCase:
    """A case, started once or for each round."""

    def __init__(self, case: Case, stack: ExitStack, *, generator: str) -> None:
        self._case = case
        self._generator = generator
        self._port = free_port()
        self._pid = None if case.is_fresh_each_round else stack.enter_context(case.start(self._port))

    def measure(self, request: str, *, connections: int, warm_up: float, seconds: float) -> Round:
        """Load it with one kind of request for one round."""
        load = {
            "port": self._port,
            "request": request,
            "connections": connections,
            "warm-up": warm_up,
            "seconds": seconds,
            **self._case.load,
        }
        if self._pid is not None:
            return run_load(self._generator, load, watched={"server": self._pid})
        with self._case.start(self._port) as pid:
            return run_load(self._generator, load, watched={"server": pid})


def measure_rounds(
    cases: Sequence[Case], stack: ExitStack, options: argparse.Namespace, *, generator: str
) -> dict[str, list[Round]]:
    """
    Measure every case in every round, so that what else the machine does strikes all of them.

    Returns:
        The rounds of each case; of one with several requests, those of each under both names.
    """
    running = {case.name: RunningCase(case, stack, generator=generator) for case in cases}
    rounds: dict[str, list[Round]] = {}
    for _ in range(options.rounds):
        for case in cases:
            for request in case.requests:
                name = case.name if len(case.requests) == 1 else f"{case.name}, {request}"
                measured = running[case.name].measure(
                    request,
                    connections=options.connections,
                    warm_up=options.warm_up,
                    seconds=options.seconds,
                )
                rounds.setdefault(name, []).append(measured)
    return rounds


def options_of_rounds(description: str) -> argparse.ArgumentParser:
    """The options that every benchmark of servers has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each round")
    parser.add_argument("--warm-up", type=float, default=1.0, help="seconds before each round")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--place", type=Path, default=PLACE, help="a folder on a disk, for the databases")
    parser.add_argument("--without-peer", dest="peer", action="store_false")
    parser.add_argument("--postgresql", action="store_true", help="measure Fils on PostgreSQL too")
    return parser


def new_folder(folder: Path) -> Path:
    """The same folder, made."""
    folder.mkdir()
    return folder


def fils(folder: Path, port: int, database: str = "fils.sqlite3") -> AbstractContextManager[int]:
    """``fils serve`` with everything it keeps in *folder*, or in another *database*."""
    environment = fils_environment(folder, database)
    return serving(
        python("fils", "serve", "--port", str(port)), folder=folder, port=port, environment=environment
    )


def floor(folder: Path, port: int, *, answer_size: int, read: str = "") -> AbstractContextManager[int]:
    """The floor in *folder*; see ``support/floor.py``. *read* is the id of what a GET reads."""
    options = [
        "--database",
        "fils.sqlite3",
        f"--answer-size={answer_size}",
        f"--port={port}",
        f"--read={read}",
    ]
    return serving(python("benchmarks.support.floor", *options), folder=folder, port=port)


def localstripe(folder: Path, port: int) -> AbstractContextManager[int]:
    """The peer."""
    # It writes what it has stored to the folder of temporary files after each request.
    command = python("localstripe", "--port", str(port), "--from-scratch")
    environment = {"TMPDIR": str(folder), "PYTHONWARNINGS": "ignore"}
    return serving(command, folder=folder, port=port, environment=environment, path="/js.stripe.com/v3/")


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """The address of an empty database on a PostgreSQL that is started for it, with fsync on."""
    # Only this case needs the tests' helper and the binaries that it looks for.
    from tests.support.postgresql import PostgresqlServer

    with PostgresqlServer(fsync=True) as server:
        yield server.url(asyncio.run(server.create_database()))
