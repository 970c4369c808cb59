"""The bank's simulator as a program of its own, for any software that speaks KNET's protocol. Nothing of Fils runs."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shlex
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, Router

from fils.bootstrap.process import host_of, own_host, run_program
from fils.bootstrap.terminals_file import EXAMPLE, example_credentials, others_may_read, read_terminals_file
from fils.config import is_loopback
from fils.domain.errors import ConfigurationError
from fils.http import server
from fils.http.known_hosts import KnownHosts
from fils.knet.simulator import Simulator, SimulatorSettings
from fils.telemetry import report_loop_trouble

BASE_PATH: Final = "/kpg"
"""KNET's own, so that software finds the same paths and only the host differs."""

_ABOUT: Final = """\
This is a simulated KNET, run by `fils simulator`. No real money moves.

  Payment page     {payment_url}
  Inquiry, refund  {pipe_url}

The window where it was started shows its terminals and the test card.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorChoices:
    """What a person chose for a simulator of its own."""

    host: str
    port: int
    """A TCP port; 0 is any free one."""
    base_url: str | None
    """The address under which browsers and shops reach it; None when it follows from host and port."""
    terminals: Path | None
    """The terminals file; None takes the example's terminals, which everybody knows."""
    books: Path
    """The SQLite file of the bank's books. It is made if missing, and so is its folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTerminal:
    """A terminal as it is shown when the simulator listens."""

    tranportal_id: str
    mode: str
    """KNET's letter."""
    credentials: tuple[str, str] | None = field(repr=False)
    """Password and key; None for a terminal of a person's own file, whose secrets are not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorReady:
    """What people are told once the simulator listens."""

    base_url: str
    payment_url: str
    """Where a shop sends its customer's browser, up to the parameters it adds."""
    pipe_url: str
    """Where a shop's server asks and refunds."""
    faults_url: str
    """Where it is told what is to go wrong."""
    terminals: tuple[ShownTerminal, ...]
    approving_expiry: str
    books: str
    terminals_file: str | None
    warnings: tuple[str, ...]
    """What a person should know about who can reach or read what."""


def run_simulator(choices: SimulatorChoices, *, on_ready: Callable[[SimulatorReady], None]) -> None:
    """
    Serve a simulator until SIGINT or SIGTERM.

    Raises:
        ConfigurationError: If something that was chosen cannot be used: a taken port, a wrong terminals file.
    """
    settings = read_terminals_file(choices.terminals or EXAMPLE, books=choices.books, base_path=BASE_PATH)
    run_program(_serve(choices, settings, on_ready))


async def _serve(
    choices: SimulatorChoices, settings: SimulatorSettings, on_ready: Callable[[SimulatorReady], None]
) -> None:
    asyncio.get_running_loop().set_exception_handler(report_loop_trouble)
    with server.listen(choices.host, choices.port) as listener:
        own_url = f"http://{own_host(choices.host)}:{listener.getsockname()[1]}"
        base_url = choices.base_url or own_url
        ready = _ready(choices, settings, base_url)
        names = frozenset({host_of(base_url), host_of(own_url)})
        async with _open_simulator(settings) as simulator:
            app = KnownHosts(_routes(simulator, ready), hosts=names)
            await server.serve(app, listener, on_ready=lambda: on_ready(ready))


@asynccontextmanager
async def _open_simulator(settings: SimulatorSettings) -> AsyncIterator[Simulator]:
    simulator = Simulator(settings)
    with _hold(settings.books):
        try:
            await simulator.open()
        except sqlite3.Error as error:
            raise ConfigurationError(f"the books {settings.books} cannot be used: {error}") from error
        try:
            yield simulator
        finally:
            await simulator.close()


@contextmanager
def _hold(books: Path) -> Iterator[None]:
    """
    Be the only process with these books: a second one would reverse what the first is just telling.

    The lock is the system's, so it ends with the process at the latest.
    """
    if books.is_dir():
        raise ConfigurationError(
            f"the books {books} cannot be used: it is a folder; choose a file with --books"
        )
    try:
        books.parent.mkdir(mode=0o700, exist_ok=True)
        lock = os.open(books.with_name(books.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigurationError(f"the books {books} cannot be used: {error.strerror}") from error
    with os.fdopen(lock):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigurationError(
                f"another process has the books {books}; stop it, or choose others with --books"
            ) from error
        yield


def _ready(choices: SimulatorChoices, settings: SimulatorSettings, base_url: str) -> SimulatorReady:
    year, month = settings.approving_expiry
    # The secrets of a person's own file are not shown: they may be those of a bank's test terminal.
    shown = example_credentials() if choices.terminals is None else {}
    return SimulatorReady(
        base_url=base_url,
        payment_url=f"{base_url}{BASE_PATH}/PaymentHTTP.htm?param=paymentInit",
        pipe_url=f"{base_url}{BASE_PATH}/tranPipe.htm?param=tranInit",
        faults_url=f"{base_url}{BASE_PATH}/control/faults",
        terminals=tuple(
            ShownTerminal(
                tranportal_id=terminal.tranportal_id,
                mode=terminal.mode.value,
                credentials=shown.get(terminal.tranportal_id),
            )
            for terminal in settings.terminals
        ),
        approving_expiry=f"{month:02d}/{year}",
        books=str(choices.books),
        terminals_file=str(choices.terminals) if choices.terminals else None,
        warnings=tuple(_warnings(choices)),
    )


def _warnings(choices: SimulatorChoices) -> Iterator[str]:
    if not is_loopback(choices.host):
        knows = " and knows these passwords" if choices.terminals is None else ""
        yield f"everybody who can reach this machine can use this bank{knows}. Stop it when you are done."
    if choices.terminals is not None and others_may_read(choices.terminals):
        yield (
            f"other users of this machine can read {choices.terminals}. If its keys are a bank's, keep them out: "
            f"chmod 600 {shlex.quote(str(choices.terminals))}"
        )


def _routes(simulator: Simulator, ready: SimulatorReady) -> Router:
    about = _ABOUT.format(payment_url=ready.payment_url, pipe_url=ready.pipe_url)

    async def show_about(_: Request) -> Response:
        return PlainTextResponse(about)

    routes = [Route("/", show_about), Mount(BASE_PATH, app=simulator.app)]
    # The redirect to an address without its slash would be built from the Host header.
    return Router(routes, redirect_slashes=False)
