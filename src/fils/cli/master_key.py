"""``fils master-key``: make a master key, name it, and replace the one of a database."""

from __future__ import annotations

from pathlib import Path

import click

from fils.cli.asking import OutcomeUnknown, RequestRefused, by_option, person
from fils.cli.screen import plain
from fils.cli.setting_options import setting_options
from fils.config import process_environment, read_settings


@click.group("master-key", short_help="Make, name or replace the master key.")
def master_key() -> None:
    """
    Make a master key, name it by its fingerprint, or replace the one of a database.

    The master key is a file of 64 hexadecimal digits. It opens the data key that the database holds, and that opens
    all that is sealed. Fils takes it from a file only, which other users may not read.
    """


@master_key.command(short_help="Make a master key in a new file.")
@click.argument("file", type=click.Path(path_type=Path))
def create(file: Path) -> None:
    """Make a master key in the new FILE, readable by its owner only. A file that is there is never written over."""
    from fils.bootstrap.master_keys import create as make

    click.echo(f"{plain(str(file))} holds the new master key {make(file)}.")
    click.echo("Keep a copy of it apart from the database and its backups: without it they cannot be used.")


@master_key.command(short_help="Print the fingerprint of a master key.")
@click.argument("file", type=click.Path(path_type=Path))
def show(file: Path) -> None:
    """Print the fingerprint of the master key in FILE: the name under which messages speak of it. It is no secret."""
    from fils.bootstrap.master_keys import fingerprint

    click.echo(fingerprint(file))


@master_key.command(short_help="Replace the master key of a database.")
@click.option(
    "--new",
    "new_file",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Holds the new master key; `fils master-key create FILE` makes one.",
)
@by_option
@setting_options("config", "database", "mode", "master_key_file")
def rotate(new_file: Path, *, by: str | None, **options: str | None) -> None:
    """
    Seal the database's data key under the master key in --new, in place of the one that the settings name.

    It is one commit: the database opens with the old file before it and with the new one after it, whatever ends in
    between. Fils goes on serving, also on other nodes: what they have open stays right. At its next start each
    needs the new file. Older backups still need the old one. `fils accounts log` shows who did it.

    \b
    Exit codes:
      0    the database opens with the new master key
      1    refused: nothing was changed
      2    wrong call, or the database was not reached: nothing was changed
      3    Fils ended before it answered: repeat the command, it says which key the database has
      130  stopped with Ctrl-C: the same
    """
    from fils.bootstrap.master_keys import NotReplaced, replace
    from fils.operations.messages import Unanswered

    settings = read_settings(process_environment(), **options)
    try:
        replaced = replace(settings, new_file, by=person(by))
    except NotReplaced as error:
        raise RequestRefused(str(error)) from error
    except Unanswered as error:
        raise OutcomeUnknown(
            "Fils ended before it answered, so it may be done or not. Repeat the command: it says which master key "
            "the database has"
        ) from error
    new, old = plain(str(new_file)), plain(str(settings.master_key_file))
    if replaced.was_done_before:
        click.echo(f"The database already opens with the master key {replaced.new} and with no other.")
    else:
        click.echo(
            f"The database now opens with the master key {replaced.new}, and no longer with {replaced.old}."
        )
    click.echo(
        f"Before any Fils starts again: name {new} in FILS_MASTER_KEY_FILE on every node, or put it in place of "
        f"{old}.\nKeep {old} as long as you keep backups that were made before: they need it.\n"
        "Has somebody had it together with a database or a backup? Then rotate the terminals and the API keys too: "
        "the data key that it opened stays the same."
    )
