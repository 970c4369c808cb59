"""What rounds say together: the median and the range, and whether a goal was reached."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import Any

Round = dict[str, Any]
"""What a load generator measured in one round."""


def median(values: Iterable[float]) -> float:
    """The median."""
    return statistics.median(values)


def of_rounds(rounds: Sequence[Round], value: Callable[[Round], float], decimals: int = 0) -> str:
    """The median of a value over *rounds*, and its range: ``3,920 [3,501-4,110]``."""
    return spread([value(round_) for round_ in rounds], decimals)


def spread(values: Sequence[float], decimals: int = 0) -> str:
    """The median of *values* and their range."""
    middle, least, most = (f"{value:,.{decimals}f}" for value in (median(values), min(values), max(values)))
    return f"{middle} [{least}-{most}]"


def ratios(rounds: Sequence[Round], others: Sequence[Round], value: Callable[[Round], float]) -> list[float]:
    """The ratio of a value to another case's, round by round: what both suffered in a round cancels out."""
    return [value(one) / value(other) for one, other in zip(rounds, others, strict=True)]


def print_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table as Markdown, so that it can be pasted into the documentation."""
    widths = [max(len(line[column]) for line in (heads, *rows)) for column in range(len(heads))]
    for line in (heads, ["-" * width for width in widths], *rows):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |")


def print_goal(text: str, reached: bool) -> None:
    """Print whether a goal was reached. A goal that is missed fails no run: the machine may be busy."""
    print(f"{'reached' if reached else 'MISSED '}  {text}")


def print_errors(rounds: Iterable[Round]) -> int:
    """Print what went wrong and return how often something did: such a run proves nothing."""
    count = 0
    for round_ in rounds:
        for text, times in round_["errors"].items():
            print(f"error, {times} times: {text}")
            count += times
    return count
