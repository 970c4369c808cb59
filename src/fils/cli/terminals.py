"""``fils terminals``: the terminals that a bank gave its merchants. A production has them; a sandbox has its own."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from fils.cli.asking import (
    EXIT_CODES,
    REFUSED,
    UNKNOWN,
    ask,
    by_option,
    installation,
    operator_options,
    person,
    show,
)
from fils.cli.screen import CommandFailed, plain
from fils.cli.secrets_entry import read_secret, read_shown
from fils.config import Mode

if TYPE_CHECKING:
    from fils.config import Settings
    from fils.operations.messages import Request
    from fils.operations.messages.terminals import TerminalEntry

_LOOK: Final = "fils terminals list"
_Command = TypeVar("_Command", bound=Callable[..., Any])
_PASSWORD_FILE: Final = "--password-file"
_KEY_FILE: Final = "--key-file"


class TerminalRefused(CommandFailed):
    """The bank does not take the terminal."""

    exit_code = REFUSED


class BankSilent(CommandFailed):
    """The bank was not reached, or gave no answer."""

    exit_code = UNKNOWN


def _secret_files(command: _Command) -> _Command:
    """The options that name files with a terminal's secrets."""
    path = click.Path(path_type=Path)
    command = click.option(
        _KEY_FILE, type=path, metavar="FILE", help="Holds the terminal resource key; else it is asked for."
    )(command)
    return click.option(
        _PASSWORD_FILE, type=path, metavar="FILE", help="Holds the Tranportal password; else it is asked for."
    )(command)


@click.group(short_help="Add, test and rotate the terminals of the bank.", epilog=EXIT_CODES)
def terminals() -> None:
    """
    Add, test, rotate and switch off the terminals that the bank gave.

    A terminal is a Tranportal id, its password and a terminal resource key of 16 characters. Password and key are
    typed without being shown, or read from files; they are stored encrypted under the master key and never shown.

    Terminals belong to a production. A sandbox has those of its simulator, and no others.
    """


def _mode_option(*, default: str | None) -> Callable[[_Command], _Command]:
    """The option that says how the bank has a terminal set. ``--mode`` is what Fils itself is started for."""
    return click.option(
        "--notification-mode",
        "letter",
        type=click.Choice(["N", "L"]),
        default=default,
        show_default=default is not None,
        help="How the bank has it set to tell how a payment ended: N by its server, L by the customer's browser.",
    )


@terminals.command(short_help="Store a terminal of the bank's letter.")
@click.argument("name")
@click.option(
    "--account", metavar="ACCOUNT", help="Whose it is: an id, a prefix or a name. Default: the only one."
)
@click.option(
    "--bank",
    required=True,
    metavar="BANK",
    help="test or production, for KNET's two systems; or another address, such as a simulator's.",
)
@_mode_option(default="N")
@click.option("--tranportal-id", metavar="ID", help="As in the bank's letter; else it is asked for.")
@_secret_files
@by_option
@operator_options
def add(
    name: str,
    *,
    account: str | None,
    bank: str,
    letter: str,
    tranportal_id: str | None,
    password_file: Path | None,
    key_file: Path | None,
    by: str | None,
    **options: str | None,
) -> None:
    """
    Store a terminal called NAME, as it stands in the bank's letter.

    Then tell the bank the two addresses that are printed, try the terminal with `fils terminals test`, and make a
    channel through it with `fils channels create`.
    """
    from msgspec.structs import replace

    from fils.cli.terminals_text import preview_text
    from fils.operations.messages.terminals import AddTerminal, PreviewTerminal, TerminalPreview

    settings, who = _production(options), person(by)
    wanted = PreviewTerminal(name, bank, tranportal_id, account)
    # Nobody types a secret for what cannot be stored, nor without seeing where it goes.
    preview = ask(settings, wanted, TerminalPreview, look=_LOOK)
    if sys.stdin.isatty() and (password_file is None or key_file is None):
        click.echo(preview_text(preview), err=True)
    if tranportal_id is None:
        tranportal_id = read_shown("Tranportal id", option="--tranportal-id")
        ask(settings, replace(wanted, tranportal_id=tranportal_id), TerminalPreview, look=_LOOK)
    request = AddTerminal(
        name=name,
        bank=bank,
        mode=letter,
        tranportal_id=tranportal_id,
        password=_read_password("Tranportal password", password_file),
        resource_key=_read_key("Terminal resource key", key_file),
        by=who,
        account=account,
    )
    _show_one(settings, _changed(settings, request))
    click.echo(f"\nNext: fils terminals test {shlex.quote(name)}")


def _read_password(name: str, file: Path | None) -> str:
    from fils.domain.terminal import check_password

    return read_secret(name, file, option=_PASSWORD_FILE, check=check_password)


def _read_key(name: str, file: Path | None) -> str:
    from fils.domain.terminal import check_resource_key

    return read_secret(name, file, option=_KEY_FILE, check=check_resource_key)


@terminals.command("list", short_help="List terminals.")
@click.option("--account", metavar="ACCOUNT", help="Only those of this account: an id, a prefix or a name.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
@operator_options
def list_(*, account: str | None, as_json: bool, **options: str | None) -> None:
    """List terminals, account by account."""
    from fils.cli.terminals_text import list_text
    from fils.operations.messages.terminals import ListTerminals, TerminalList

    found = ask(_production(options), ListTerminals(account), TerminalList, look=_LOOK)
    show(found, lambda: list_text(found), as_json=as_json)


@terminals.command("show", short_help="Show a terminal and what to tell the bank.")
@click.argument("terminal")
@operator_options
def show_(terminal: str, **options: str | None) -> None:
    """Show TERMINAL (its id or name) without its secrets, and the addresses that the bank is to be told."""
    from fils.operations.messages.terminals import ShowTerminal

    settings = _production(options)
    _show_one(settings, _changed(settings, ShowTerminal(terminal)))


@terminals.command("set", short_help="Change a terminal's name or mode.")
@click.argument("terminal")
@click.option("--name", metavar="NAME", help="What it is called from now on.")
@_mode_option(default=None)
@by_option
@operator_options
def set_(
    terminal: str, *, name: str | None, letter: str | None, by: str | None, **options: str | None
) -> None:
    """
    Change what is given about TERMINAL (its id or name).

    Its bank cannot change, because payments under way are asked about there: a terminal of KNET's live system is added
    beside the one of the test system.
    """
    from fils.operations.messages.terminals import ChangeTerminal

    settings = _production(options)
    request = ChangeTerminal(terminal=terminal, by=person(by), name=name, mode=letter)
    _show_one(settings, _changed(settings, request))


@terminals.command(short_help="Give a terminal new credentials.")
@click.argument("terminal")
@_secret_files
@click.option(
    "--unchecked",
    is_flag=True,
    help="Store them without asking the bank, for instance because it will take them only later.",
)
@by_option
@operator_options
def rotate(
    terminal: str,
    *,
    unchecked: bool,
    password_file: Path | None,
    key_file: Path | None,
    by: str | None,
    **options: str | None,
) -> None:
    """
    Give TERMINAL (its id or name) a new password and key.

    The bank is asked first whether it takes the password, as `fils terminals test` does; nothing is stored if it does
    not, or cannot be reached. The key is not used for such questions.

    Payments that start some seconds later use them, on every node; payments under way end with the old ones, which
    are kept, encrypted, and speak of no other payment.
    """
    from fils.operations.messages.terminals import RotateTerminal, ShowTerminal

    settings, who = _production(options), person(by)
    # Nobody types a secret for a terminal that is not there.
    found = _changed(settings, ShowTerminal(terminal))
    request = RotateTerminal(
        terminal=found.id,
        password=_read_password("New Tranportal password", password_file),
        resource_key=_read_key("New terminal resource key", key_file),
        by=who,
    )
    if not unchecked:
        _check_new_password(settings, found.id, request.password)
    _show_one(settings, _changed(settings, request))


def _check_new_password(settings: Settings, terminal: str, password: str) -> None:
    """Ask the bank whether it takes *password*, before new payments begin to use it."""
    from fils.cli.terminals_text import trouble_text
    from fils.operations.messages.terminals import CheckTerminal, TerminalChecked

    request = CheckTerminal(terminal, new_password=password)
    checked = ask(settings, request, TerminalChecked, look=_LOOK)
    if checked.verdict != "works":
        raise TerminalRefused(
            f"nothing was changed, because {trouble_text(checked)}; --unchecked stores it without asking the bank"
        )


@terminals.command(short_help="Let a terminal start nothing new.")
@click.argument("terminal")
@by_option
@operator_options
def disable(terminal: str, *, by: str | None, **options: str | None) -> None:
    """
    Let TERMINAL (its id or name) start nothing new. What it started is followed to its end all the same.

    A terminal is never removed: its payments name it.
    """
    _switch(terminal, on=False, by=by, options=options)


@terminals.command(short_help="Let a terminal start payments again.")
@click.argument("terminal")
@by_option
@operator_options
def enable(terminal: str, *, by: str | None, **options: str | None) -> None:
    """Let TERMINAL (its id or name) start payments again."""
    _switch(terminal, on=True, by=by, options=options)


@terminals.command(short_help="Ask the bank whether it takes a terminal.")
@click.argument("terminal")
@click.option(
    "--version",
    "number",
    type=click.IntRange(min=1),
    help="Try this version of its credentials. Default: the newest.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
@operator_options
def test(terminal: str, *, number: int | None, as_json: bool, **options: str | None) -> None:
    """
    Ask the bank about a payment that does not exist, with the credentials of TERMINAL (its id or name).

    No money moves. "Not found" shows that the bank is reached and takes id and password. The resource key is not used
    for such questions; whether it is right shows with the first payment.

    \b
    Exit codes:
      0  the bank takes the terminal
      1  the bank refused it, or there is no such terminal
      2  wrong call, or the database was not reached
      3  the bank was not reached, or gave no answer that can be read
    """
    from fils.cli.terminals_text import checked_text, trouble_text
    from fils.operations.messages.terminals import CheckTerminal, TerminalChecked

    checked = ask(_production(options), CheckTerminal(terminal, number), TerminalChecked, look=_LOOK)
    works = checked.verdict == "works"
    if works or as_json:
        show(checked, lambda: checked_text(checked), as_json=as_json)
    if works:
        return
    failure = TerminalRefused if checked.verdict in {"refused", "strange"} else BankSilent
    raise failure(trouble_text(checked))


def _switch(terminal: str, *, on: bool, by: str | None, options: dict[str, str | None]) -> None:
    from fils.operations.messages.terminals import SwitchTerminal

    request = SwitchTerminal(terminal=terminal, on=on, by=person(by))
    changed = _changed(_production(options), request)
    now = "starts payments" if on else "starts nothing new"
    click.echo(f"{plain(changed.name)} ({changed.id}) {now}.")


def _changed(settings: Settings, request: Request) -> TerminalEntry:
    from fils.operations.messages.terminals import TerminalList

    return ask(settings, request, TerminalList, look=_LOOK).terminals[0]


def _show_one(settings: Settings, terminal: TerminalEntry) -> None:
    from fils.bootstrap.operations import bank_addresses
    from fils.cli.terminals_text import terminal_text

    click.echo(terminal_text(terminal, addresses=bank_addresses(settings, terminal.id)))


def _production(options: dict[str, str | None]) -> Settings:
    """The settings, before anybody is asked for a secret that a sandbox has no use for."""
    settings = installation(**options)
    if settings.mode is Mode.SANDBOX:
        raise CommandFailed(
            "terminals belong to a production, and a sandbox has those of its simulator: run it with the production's "
            "settings (--config, --mode production)"
        )
    return settings
