"""The options of commands that are settings: their names and help come from the one table of settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from fils.config import SETTINGS

_Command = TypeVar("_Command", bound=Callable[..., Any])


def setting_options(*names: str) -> Callable[[_Command], _Command]:
    """
    Give a command an option for each setting that has one, in the order of the table.

    Args:
        names: The settings as ``Settings`` has them; all, if none is named.
    """

    def decorate(command: _Command) -> _Command:
        for setting in reversed(SETTINGS):
            if setting.option is not None and (not names or setting.name in names):
                metavar = setting.option.removeprefix("--").upper()
                add = click.option(setting.option, setting.name, metavar=metavar, help=setting.summary)
                command = add(command)
        return command

    return decorate
