"""The table of ``docs/explanation/outcome-matrix.md``, read as people read it: 192 cases and how each has to end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).parents[2] / "docs" / "explanation" / "outcome-matrix.md"

MODES: Final = ("N", "L")
RESULTS: Final = ("CAPTURED", "NOT CAPTURED", "CANCELED", "HOST TIMEOUT")
NEWS: Final = ("once", "100 times", "reordered", "lost", "an hour late", "after expiry")
INQUIRIES: Final = ("fine", "down", "suspect", "wrong amount")

_PERSON: Final = " + person"
_ROW: Final = re.compile(r"\| [NL] \|.*\|")
_YES_OR_NO: Final = {"yes": True, "no": False}
_ACKNOWLEDGED: Final = {"yes": True, "nothing came": None, "–": None}


@dataclass(frozen=True, slots=True)
class Case:
    """One choice of everything that can differ."""

    mode: str
    result: str
    news: str
    inquiry: str

    def __str__(self) -> str:
        return ", ".join((self.mode, self.result, self.news, self.inquiry))


@dataclass(frozen=True, slots=True)
class Standing:
    """How a payment stands at the end of a phase."""

    status: str
    needs_person: bool


@dataclass(frozen=True, slots=True)
class Ending:
    """What is expected of a case, or was seen of it."""

    acknowledged: bool | None
    """Whether everything that came from the bank's server was; None if nothing came from there."""
    taken_back: bool
    """Whether the bank gave captured money back."""
    browser: str
    """``success``, ``failure``, ``waits`` or ``nowhere``."""
    while_it_lasts: Standing
    in_the_end: Standing


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the page says of one case."""

    case: Case
    ending: Ending
    rules: frozenset[str]
    """The letters of the rules that it follows from."""


def every_case() -> frozenset[Case]:
    """All 192."""
    return frozenset(Case(*choices) for choices in product(MODES, RESULTS, NEWS, INQUIRIES))


def expectations() -> list[Expectation]:
    """What the page says of every case that it names, in its order; a row stands for several."""
    rows = filter(_ROW.fullmatch, PAGE.read_text(encoding="utf-8").splitlines())
    return [expectation for row in rows for expectation in _read(row)]


def _read(row: str) -> Iterator[Expectation]:
    mode, results, news, inquiries, acknowledged, taken_back, browser, first, last, why = _cells(row)
    ending = Ending(
        acknowledged=_ACKNOWLEDGED[acknowledged],
        taken_back=_YES_OR_NO[taken_back],
        browser=browser,
        while_it_lasts=_standing(first),
        in_the_end=_standing(last),
    )
    for choices in product([mode], results.split(", "), news.split(", "), inquiries.split(", ")):
        yield Expectation(Case(*choices), ending, frozenset(why.split(", ")))


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip("|").split("|")]


def _standing(cell: str) -> Standing:
    return Standing(cell.removesuffix(_PERSON), cell.endswith(_PERSON))
