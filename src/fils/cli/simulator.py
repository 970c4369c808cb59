"""``fils simulator``: run the simulated bank alone, and tell what to put into any software that speaks KNET."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from fils import __version__
from fils.cli.screen import plain
from fils.config import DEFAULT_HOST, read_options

if TYPE_CHECKING:
    from fils.bootstrap.simulator import ShownTerminal, SimulatorReady

DEFAULT_PORT: Final = 4141
DEFAULT_BOOKS: Final = "simulator-data/books.sqlite3"

_BANNER: Final = """\
%(title)s
No real money moves. It is neither KNET nor a bank, and takes test cards only.

%(put_in)s
  KNET's host      %(base_url)s  instead of https://www.kpaytest.com.kw
  Payment page     %(payment_url)s
  Inquiry, refund  %(pipe_url)s

%(terminals)s

%(pay)s
  Card             888888 0000000001, any PIN; expiry %(approving_expiry)s pays, another declines

%(go_wrong)s
  curl -sS -u %(user)s -X PUT -H 'Content-Type: application/json' \\
    -d '{"notification": "lost"}' %(faults_url)s

Its books are in %(books)s.
Stop with Ctrl-C."""

_TOLD: Final = {
    "N": "posted to responseURL by the bank's server, wants REDIRECT= back (mode N)",
    "L": "posted to responseURL by the customer's browser (mode L)",
}
"""How a terminal's merchant is told, by KNET's letter for it."""


def banner(ready: SimulatorReady) -> str:
    """What a person reads when the simulator listens."""
    return _BANNER % {
        "title": click.style(f"Fils {__version__}: a simulated KNET is ready.", bold=True),
        "put_in": click.style("Put into your software, in place of what KNET gave you:", bold=True),
        "base_url": ready.base_url,
        "payment_url": ready.payment_url,
        "pipe_url": ready.pipe_url,
        "terminals": "\n\n".join("\n".join(_describe(ready, terminal)) for terminal in ready.terminals),
        "pay": click.style("Then pay in your shop:", bold=True),
        "approving_expiry": ready.approving_expiry,
        "go_wrong": click.style("Make something go wrong, such as a result that never arrives:", bold=True),
        "user": _user(ready.terminals[0]),
        "faults_url": ready.faults_url,
        "books": plain(ready.books),
    }


def _describe(ready: SimulatorReady, terminal: ShownTerminal) -> Iterator[str]:
    yield f"  Tranportal id    {terminal.tranportal_id}"
    if terminal.credentials is None:
        yield f"  Password, key    as in {plain(ready.terminals_file or '')}"
    else:
        password, key = terminal.credentials
        yield f"  Password         {password}"
        yield f"  Resource key     {key}"
    yield f"  The result is    {_TOLD[terminal.mode]}"


def _user(terminal: ShownTerminal) -> str:
    """How curl signs in at the control API; it asks for a password that is not shown."""
    if terminal.credentials is None:
        return terminal.tranportal_id
    password, _ = terminal.credentials
    return f"{terminal.tranportal_id}:{password}"


def _print_terminals(ctx: click.Context, _option: click.Parameter, is_wanted: bool) -> None:
    if not is_wanted:
        return
    from fils.bootstrap.terminals_file import EXAMPLE

    click.echo(EXAMPLE.read_text(encoding="utf-8"), nl=False)
    ctx.exit()


@click.command(short_help="Run the simulated KNET alone, for any software.")
@click.option(
    "--host",
    default=DEFAULT_HOST,
    show_default=True,
    help="The address it listens on; 0.0.0.0 is all of this machine.",
)
@click.option(
    "--port", default=str(DEFAULT_PORT), show_default=True, help="The port it listens on; 0 takes a free one."
)
@click.option(
    "--terminals",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The bank's terminals and settings, in TOML. Default: two terminals that everybody knows.",
)
@click.option(
    "--books",
    type=click.Path(path_type=Path),
    metavar="FILE",
    default=DEFAULT_BOOKS,
    show_default=True,
    help="The SQLite file of the bank's books, made if missing.",
)
@click.option(
    "--base-url",
    metavar="URL",
    help="The address under which browsers and shops reach it, if it is another.",
)
@click.option(
    "--print-terminals",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_terminals,
    help="Print an example of FILE, with every setting explained, and exit.",
)
def simulator(host: str, port: str, terminals: Path | None, books: Path, base_url: str | None) -> None:
    """
    Run the simulated KNET alone, until Ctrl-C.

    Any software that speaks KNET's own protocol can use it in place of KNET's test host: it prints the two addresses
    and the terminals to put in. Nothing of Fils' own runs, and no variable of the environment and no fils.toml counts.
    """
    # The same words as those of `fils serve`, checked in the same way.
    checked = read_options(host=host, port=port, base_url=base_url)
    from fils.bootstrap.simulator import SimulatorChoices, run_simulator

    choices = SimulatorChoices(
        host=checked.host, port=checked.port, base_url=checked.base_url, terminals=terminals, books=books
    )
    run_simulator(choices, on_ready=_show)
    click.echo("\nThe simulator has stopped. Its books are as they were when it starts again.")


def _show(ready: SimulatorReady) -> None:
    for warning in ready.warnings:
        click.echo(f"Warning: {plain(warning)}\n", err=True)
    click.echo(banner(ready))
