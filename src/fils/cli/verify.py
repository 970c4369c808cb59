"""``fils verify``: every law that stored data can show."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from fils.cli.findings_text import findings_json, findings_text
from fils.cli.setting_options import setting_options
from fils.config import process_environment, read_settings

BROKEN: Final = 1
"""The exit code when a law is broken; 2 is that of a wrong call."""


@click.command(short_help="Check every law on what is stored.")
@click.argument("backup", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
@setting_options("config", "database", "mode", "master_key_file")
@click.pass_context
def verify(context: click.Context, /, backup: Path | None, as_json: bool, **options: str | None) -> None:
    """
    Check every law on the database, or on what is in BACKUP. Fils may run meanwhile; nothing is written.

    It looks at one moment: that statuses follow the table and their events, that every capture has its evidence and
    only one counts, that what is undecided is looked at again, that everything sealed opens, that records
    agree with one another, and that no secret stands in clear.

    \b
    Exit codes:
      0  every law holds
      1  a law is broken; each violation is a line
      2  it could not be checked
    """
    from fils.bootstrap.keeping import verify_backup, verify_database

    settings = read_settings(process_environment(), **options)
    if backup is None:
        name, findings = settings.database_label, verify_database(settings)
    else:
        name, (_, findings) = str(backup), verify_backup(settings, backup)
    click.echo(findings_json(findings, name=name) if as_json else findings_text(findings, name=name))
    if not findings.is_sound:
        context.exit(BROKEN)
