"""Tables and facts on a screen of 80 columns. What others wrote is made plain here, once for all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final, Protocol, TypeVar

from fils.cli.screen import plain

_GAP: Final = "  "


class OfAccount(Protocol):
    """What stands in lists account by account."""

    @property
    def account_id(self) -> str:
        """Whose it is."""

    @property
    def account_name(self) -> str:
        """What that account is called."""


T = TypeVar("T", bound=OfAccount)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """*rows* under their heads, each column as wide as it needs; the last one may be of any length."""
    lines = [tuple(heads), *(tuple(plain(cell) for cell in row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        _GAP.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def facts(rows: Mapping[str, str]) -> str:
    """Names with their values, one a line."""
    width = max(map(len, rows))
    return "\n".join(f"  {name:<{width}}  {plain(value)}" for name, value in rows.items())


def by_account(entries: Sequence[T]) -> Iterator[tuple[str, list[T]]]:
    """The entries of each account under its heading."""
    for (account_id, name), group in groupby(
        sorted(entries, key=lambda entry: entry.account_id),
        lambda entry: (entry.account_id, entry.account_name),
    ):
        yield f"{plain(name)} ({account_id})", list(group)


def time_text(moment: datetime) -> str:
    """A time as people read it."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def day_text(moment: datetime) -> str:
    """A day in UTC."""
    return f"{moment:%Y-%m-%d}"
