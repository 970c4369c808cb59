"""``fils migrate``: bring the tables of a database to the version that this Fils needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fils.cli.screen import plain
from fils.cli.setting_options import setting_options
from fils.config import process_environment, read_settings

if TYPE_CHECKING:
    from fils.bootstrap.migrating import Plan

NEEDED = 1
"""The exit code of ``fils migrate --check`` when there is something to do; 2 is that of a wrong call."""


@click.command(short_help="Bring the database to the version this Fils needs.")
@click.option("--plan", "is_dry", is_flag=True, help="Say what would be done, and change nothing.")
@click.option(
    "--check",
    "is_check",
    is_flag=True,
    help="The same, with exit code 1 if there is anything to do, for scripts.",
)
@click.option(
    "--force",
    "is_forced",
    is_flag=True,
    help="PostgreSQL, from version 3 on: also while a Fils is connected. It answers 503 from then on, until it is "
    "replaced.",
)
@setting_options("config", "database", "mode")
@click.pass_context
def migrate(
    context: click.Context,
    /,
    is_dry: bool,
    is_check: bool,
    is_forced: bool,
    **options: str | None,
) -> None:
    """
    Bring the tables of the database to the version that this Fils needs.

    Make a backup first, and stop every `fils serve`. It is done whole or not at all, and a second time it does nothing.
    Run it with the same settings as `fils serve`; with PostgreSQL, as the role that owns the tables.
    """
    from fils.bootstrap.migrating import migrate as run

    settings = read_settings(process_environment(), **options)
    is_dry = is_dry or is_check
    plan = run(settings, is_dry=is_dry, is_forced=is_forced)
    click.echo(migration_text(plan, database=plain(settings.database_label), is_done=not is_dry))
    if is_check and plan.steps:
        context.exit(NEEDED)


def migration_text(plan: Plan, *, database: str, is_done: bool) -> str:
    """What is told about a plan."""
    if not plan.steps:
        return f"The database {database} has tables of version {plan.version}, as this Fils needs: nothing to do."
    steps = [f"  {step.version - 1} to {step.version}: {step.summary}" for step in plan.steps]
    if is_done:
        head = f"The database {database} now has tables of version {plan.needed_version}."
        return "\n".join([head, *steps])
    head = f"The database {database} has tables of version {plan.version}; this Fils needs {plan.needed_version}."
    return "\n".join([head, *steps, "Make a backup, stop every `fils serve`, and run `fils migrate`."])
