"""
Write the pages of ``docs/reference`` that repeat what the code says, or check that they still do:

    python scripts/generate_docs.py
    python scripts/generate_docs.py --check

Each page is text made from a table of the program, so a reader of the documentation and a reader of the code cannot
be told different things.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import click

from fils.cli import main as program
from fils.config import SETTINGS
from fils.domain.payment import TRANSITIONS

ROOT: Final = Path(__file__).resolve().parent.parent
HELP_WIDTH: Final = 100
NOTE: Final = "<!-- Written by scripts/generate_docs.py: change the code, then run it. -->"


def settings_page() -> str:
    """The page of settings, from ``fils.config.SETTINGS``."""
    lines = [
        "# Settings",
        "",
        NOTE,
        "",
        "Fils needs none of them. An option of `fils serve` wins over the environment variable of the same line; an",
        "empty variable is not set. A value that cannot be used, and a variable that starts with `FILS_` and is not",
        "here, stop the start with a line that names it and says what to do.",
        "",
    ]
    for setting in SETTINGS:
        option = f"`{setting.option}`" if setting.option else "none"
        lines += [
            f"## {setting.name.replace('_', ' ').capitalize()}",
            "",
            setting.reason,
            "",
            "| | |",
            "| --- | --- |",
            f"| Variable | `{setting.variable}` |",
            f"| Option | {option} |",
            f"| May be | {setting.form} |",
            f"| Default | {setting.default} |",
            "",
        ]
    return "\n".join(lines)


def commands_page() -> str:
    """The page of commands: what each says when asked for help."""
    parts = [
        "# Commands",
        "",
        NOTE,
        "",
        "In a clone write `./fils` for `fils`. The environment variables are described in [Settings](settings.md).",
        "",
    ]
    whole = click.Context(program, info_name="fils", terminal_width=HELP_WIDTH, **program.context_settings)
    parts += ["## fils", "", _help_of(whole)]
    for name, command in sorted(program.commands.items()):
        parts += [f"## fils {name}", "", _help_of(click.Context(command, info_name=name, parent=whole))]
    return "\n".join(parts)


def lifecycle_page() -> str:
    """The table of statuses and its diagram, from ``fils.domain.payment.TRANSITIONS``."""
    rows = [
        (before or "", event, after)
        for before, events in TRANSITIONS.items()
        for event, after in events.items()
    ]
    diagram = [f"    {before or '[*]'} --> {after}: {event}" for before, event, after in rows]
    table = [f"| {before or 'none yet'} | `{event}` | {after} |" for before, event, after in rows]
    parts = [
        "# The payment's lifecycle",
        "",
        NOTE,
        "",
        "A status changes only along this table, and only on evidence ([how Fils knows](../explanation/knowing.md)).",
        "Each row that fires writes exactly one event in the same commit. What is not in the table cannot happen.",
        "",
        "```mermaid",
        "stateDiagram-v2",
        *diagram,
        "```",
        "",
        "| Status | Event | Next status |",
        "| --- | --- | --- |",
        *table,
        "",
    ]
    return "\n".join(parts)


def _help_of(context: click.Context) -> str:
    return f"```text\n{context.get_help()}\n```\n"


PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "docs/reference/payment-lifecycle.md": lifecycle_page,
    "docs/reference/settings.md": settings_page,
    "docs/reference/commands.md": commands_page,
}
"""Each generated page, by its path from the root of the repository."""


def outdated_pages() -> list[str]:
    """The pages that are missing or say something else than the code."""
    return [path for path, write in PAGES.items() if not _says(ROOT / path, write())]


def _says(file: Path, text: str) -> bool:
    return file.is_file() and file.read_text(encoding="utf-8") == text


def main() -> None:
    """Write all pages; with ``--check`` write nothing, and exit with 1 when one is out of date."""
    if sys.argv[1:] == ["--check"]:
        outdated = outdated_pages()
        if outdated:
            sys.exit(f"out of date: {', '.join(outdated)}; run: python scripts/generate_docs.py")
        return
    for path, write in PAGES.items():
        (ROOT / path).write_text(write(), encoding="utf-8")


if __name__ == "__main__":
    main()
