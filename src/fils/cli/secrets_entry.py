"""
How commands take secrets that people have on paper: typed twice without being shown, or from files.

Never as an option, which other users of the machine can read, nor from the environment, which every program that is
started afterwards inherits.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from fils.cli.screen import CommandFailed
from fils.domain.errors import CommandRefused

_FILE_OCTETS_MAX = 4096


def read_secret(name: str, file: Path | None, *, option: str, check: Callable[[str], None]) -> str:
    """
    The secret called *name*, from *file* if there is one, else typed, and again until it can be one.

    Args:
        name: For the prompt: ``Tranportal password``.
        file: Holds the secret and at most one line's end after it. Others should not be able to read it.
        option: The option that names such a file.
        check: Raises CommandRefused for a typed text that cannot be the secret. Who is asked, checks what a file holds.

    Raises:
        CommandFailed: If the file cannot be read, or there is neither a file nor a person to ask.
    """
    if file is not None:
        return _from_file(name, file)
    _want_a_person(name, f"name a file that holds it with {option}")
    while True:
        typed: str = click.prompt(name, hide_input=True, confirmation_prompt="The same again", err=True)
        try:
            check(typed)
        except CommandRefused as refusal:
            click.echo(f"fils: {refusal}", err=True)
        else:
            return typed


def read_shown(name: str, *, option: str) -> str:
    """What is called *name* and is no secret, typed and shown."""
    _want_a_person(name, f"say it with {option}")
    typed: str = click.prompt(name, err=True)
    return typed.strip()


def _want_a_person(name: str, otherwise: str) -> None:
    if not sys.stdin.isatty():
        raise CommandFailed(f"nobody is here to type the {name}; {otherwise}")


def _from_file(name: str, file: Path) -> str:
    try:
        if file.stat().st_mode & 0o077:
            click.echo(
                f"fils: other users of this machine can read {file}: chmod 600 {file}, or delete it afterwards",
                err=True,
            )
        with file.open("rb") as opened:
            octets = opened.read(_FILE_OCTETS_MAX)
        text = octets.decode("ascii")
    except OSError as error:
        raise CommandFailed(f"the {name} cannot be read from {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CommandFailed(f"the {name} in {file} is not plain ASCII") from error
    return text.removesuffix("\n").removesuffix("\r")
