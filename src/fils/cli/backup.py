"""``fils backup``: the whole database in one file, while Fils serves."""

from __future__ import annotations

from pathlib import Path

import click

from fils.cli.screen import plain
from fils.cli.setting_options import setting_options
from fils.config import process_environment, read_settings


@click.command(short_help="Write the whole database into one file, while Fils serves.")
@click.argument("file", type=click.Path(path_type=Path))
@setting_options("config", "database", "mode")
def backup(file: Path, **options: str | None) -> None:
    """
    Write everything that is stored, as it is at one moment, into the new FILE. Fils may run meanwhile.

    Whatever was answered before the command began is in it. FILE is readable by its owner only, appears whole or not at
    all, and is never written over. The master key is not in it: keep that elsewhere, for without it a backup
    opens nothing that is sealed.
    """
    from fils.bootstrap.keeping import back_up

    settings = read_settings(process_environment(), **options)
    manifest = back_up(settings, file)
    rows = manifest.rows
    click.echo(
        f"{plain(str(file))} holds {plain(settings.database_label)} as of "
        f"{manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC: {rows['payments']} payments, {sum(rows.values())} rows."
    )
    click.echo(
        f"The master key is NOT in it. Keep {plain(str(settings.master_key_file))} in another place: without it "
        "this backup cannot be used."
    )
