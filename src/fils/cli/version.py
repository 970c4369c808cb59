"""``fils version``: what runs here, for a report or a question."""

from __future__ import annotations

import click

from fils import __version__


def _describe() -> str:
    import platform

    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    return f"fils {__version__}\n{platform.python_implementation()} {platform.python_version()} on {system}"


@click.command(short_help="Show the version.")
def version() -> None:
    """Show the version of Fils, of Python, and the system it runs on."""
    click.echo(_describe())


def show_version(ctx: click.Context, _option: click.Parameter, is_wanted: bool) -> None:
    """Do the same for ``fils --version``."""
    if is_wanted:
        click.echo(_describe())
        ctx.exit()
