"""``fils config``: every setting as it stands, and where it came from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

import click

from fils.cli.screen import CommandFailed, plain
from fils.cli.setting_options import setting_options
from fils.config import SettingLine, process_environment, show_settings
from fils.domain.errors import ConfigurationError


class SettingWrong(CommandFailed):
    """A setting would stop the start; the text is the line that would be read then."""

    exit_code = 1


@click.command(short_help="Show every setting and where it came from.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
@setting_options()
def config(as_json: bool, **options: str | None) -> None:
    """
    Show every setting, its value and where it came from, as `fils serve` would read it here and now.

    An option wins over the environment, that over the file of settings, and that over the default. Secrets are hidden.
    The exit code is 1 if `fils serve` would refuse the settings; then the line it would end with is printed. Nothing
    is opened but the file of settings: whether the database answers is not asked.
    """
    try:
        _, lines = show_settings(process_environment(), **options)
    except ConfigurationError as error:
        raise SettingWrong(str(error)) from error
    click.echo(_as_json(lines) if as_json else _as_text(lines))


def _as_json(lines: Sequence[SettingLine]) -> str:
    return json.dumps({line.name: asdict(line) for line in lines}, indent=2, ensure_ascii=False)


def _as_text(lines: Sequence[SettingLine]) -> str:
    """A table. The value stands last because it may be long."""
    rows = [("Setting", "From", "Value")]
    rows += [(line.name, plain(line.source or line.origin), plain(line.value)) for line in lines]
    names, sources = (max(len(row[column]) for row in rows) for column in (0, 1))
    heading, *rest = (f"{name:<{names}}  {source:<{sources}}  {value}" for name, source, value in rows)
    return "\n".join([click.style(heading, bold=True), *rest])
