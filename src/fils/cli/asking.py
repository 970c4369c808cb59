"""
How commands for operators ask Fils, and what their exit codes say.

They ask the Fils that runs on this machine; if none runs, they open its database themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from fils.cli.screen import CommandFailed
from fils.cli.setting_options import setting_options
from fils.config import process_environment, read_settings

if TYPE_CHECKING:
    from fils.config import Settings
    from fils.operations.messages import Answer, Request

REFUSED: Final = 1
UNKNOWN: Final = 3
"""Exit codes of commands for operators; 2 is that of a wrong call."""

EXIT_CODES: Final = (
    "Exit codes: 0 done, 1 refused and nothing changed, 2 wrong call or the database not reached, 3 Fils ended before "
    "it answered, 130 you stopped it with Ctrl-C: look again before you repeat it."
)
"""What the help of such commands ends with."""

_Command = TypeVar("_Command", bound=Callable[..., Any])
T = TypeVar("T")


class RequestRefused(CommandFailed):
    """Fils was asked and did nothing; its text says why."""

    exit_code = REFUSED


class OutcomeUnknown(CommandFailed):
    """Fils was asked and ended before it answered."""

    exit_code = UNKNOWN


def operator_options(command: _Command) -> _Command:
    """Give *command* the settings that name an installation."""
    return setting_options("config", "database", "mode", "master_key_file")(command)


def by_option(command: _Command) -> _Command:
    """Give *command* the option that says who does it."""
    return click.option(
        "--by", metavar="NAME", help="Who does it, for the record. Default: your login name."
    )(command)


def installation(**options: str | None) -> Settings:
    """The settings of the installation that a command is about."""
    return read_settings(process_environment(), **options)


def ask(
    settings: Settings,
    request: Request,
    answer_type: type[T],
    *,
    look: str,
    on_new_database: Callable[[str], None] | None = None,
) -> T:
    """
    What Fils answers to *request*.

    Args:
        settings: Those of the Fils that is meant.
        request: What is asked.
        answer_type: What its answer is.
        look: The command that shows whether it was done, should the answer be lost.
        on_new_database: Is told the label of the database if the request made it.

    Raises:
        RequestRefused: If Fils did nothing.
        OutcomeUnknown: If it ended before it answered.
        ConfigurationError: If the database cannot be reached.
    """
    from fils.bootstrap.operations import perform
    from fils.operations.messages import Refused, Unanswered

    try:
        answer = perform(settings, request, on_new_database=on_new_database)
    except Unanswered as error:
        raise OutcomeUnknown(
            f"Fils ended before it answered, so it may be done or not. See `{look}`, then repeat it"
        ) from error
    if isinstance(answer, Refused):
        raise RequestRefused(answer.text)
    if not isinstance(answer, answer_type):
        raise CommandFailed(
            f"Fils answered something else ({type(answer).__name__}); use the command of its version"
        )
    return answer


def show(answer: Answer, text: Callable[[], str], *, as_json: bool) -> None:
    """Print *answer* as one JSON object for programs, or as *text* for people."""
    from fils.operations.messages import write_message

    click.echo(write_message(answer) if as_json else text(), nl=not as_json)


def person(by: str | None) -> str:
    """Who does it: the name that was given, or that of the user whose process this is."""
    import os
    import pwd

    if by is not None:
        return by
    try:
        # The environment could say anything.
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError as error:
        raise CommandFailed("this user has no name here; say who you are with --by") from error
