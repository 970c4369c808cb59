"""``fils restore``: a database out of a backup."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from fils.cli.findings_text import findings_text
from fils.cli.screen import plain
from fils.cli.setting_options import setting_options
from fils.config import process_environment, read_settings

BROKEN: Final = 1
"""The exit code when the backup was restored and breaks a law; 2 means that nothing was restored."""

_UNKNOWN: Final = """
What happened after {taken_at} UTC is not in it:
- Payments that were under way then are asked about again as soon as Fils serves.
- Payments confirmed or captured since are unknown here; KNET's money for them is in the bank's report alone.
  Compare that report with what Fils has, from that moment on.
- Idempotency keys used since are not known: a shop that repeats such a request acts a second time.
- What was revoked or rotated since is as it was: look at keys, terminals and channels."""


@click.command(short_help="Make a new database out of a backup, and verify it.")
@click.argument("file", type=click.Path(path_type=Path))
@setting_options("config", "database", "mode", "master_key_file")
@click.pass_context
def restore(context: click.Context, /, file: Path, **options: str | None) -> None:
    """
    Make the database that the settings name out of the backup FILE, and verify it.

    The database must not exist yet, or with PostgreSQL be empty. Nothing is restored unless the backup is undamaged,
    was made for the same mode, and the master key opens it. A backup of either database makes either. Whatever it was
    made of must not serve any more: two databases that go on with the same payments both ask the bank and both tell
    the shop.

    \b
    Exit codes:
      0  restored, and every law holds
      1  restored, and it breaks a law as it did when the backup was made
      2  not restored
    """
    from fils.bootstrap.keeping import restore as run

    settings = read_settings(process_environment(), **options)
    manifest, findings = run(settings, file)
    label = plain(settings.database_label)
    click.echo(f"{label} is restored from {plain(str(file))}.")
    click.echo(_UNKNOWN.format(taken_at=f"{manifest.taken_at:%Y-%m-%d %H:%M:%S}") + "\n")
    click.echo(findings_text(findings, name=label))
    if not findings.is_sound:
        context.exit(BROKEN)
