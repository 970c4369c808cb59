"""
What a line of the log may say, whoever wrote it.

Words that are not ours may quote what was being read: an address with a token, a card number, a row of a database. So
of foreign errors only their kind and their place are told, of foreign libraries only their constant text and numbers.
``masked`` is a second net under everything that is free text: it hides what looks like a secret.
"""

from __future__ import annotations

import logging
import re
import traceback
import unicodedata
from collections.abc import Iterator
from typing import Final

from fils.domain.errors import FilsError

OURS: Final = "fils"
"""The name of our own logger; every other one belongs to a library."""

TEXT_LENGTH_MAX: Final = 2000
"""A longer text is cut: nobody can fill a disk with one line."""

FRAMES_MAX: Final = 40
"""So many places of an error are told, the innermost, and"""
CHAIN_MAX: Final = 10
"""of so many errors that led to each other, the latest."""

_SECRETS: Final = re.compile(
    r"(?P<key>\b[sp]k_[\w*#$=]{6,})"
    r"|(?P<token>\b(?:tok_|bearer\s+)[^\s,;'\"]{6,})"
    r"|(?P<password>(?<=://)[^/\s@]+(?=@))"
    # KNET's cards have 16 digits; 18 without a blank are the id that KNET gives a payment, which people look up.
    r"|(?P<card>\b(?!\d{18}\b)\d(?:[ -]?\d){12,18}\b)"
    r"|(?P<hex>\b[0-9a-f]{32,}\b)"
    # Random text of an address: our identifiers are lower case, names in a program have no digit or are shorter.
    r"|(?P<secret>(?-i:(?<![\w-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]{20,}))",
    re.IGNORECASE,
)
_HIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def masked(text: str) -> str:
    """*text* with ``[key]``, ``[token]``, ``[card]`` and the like in place of what looks like one."""
    return _SECRETS.sub(lambda found: f"[{found.lastgroup}]", text)


def on_one_line(text: str) -> str:
    """*text* without controls, bidirectional marks and all else that is not seen; a run of white space is one space."""
    line = " ".join(text[:TEXT_LENGTH_MAX].split())
    if line.isascii() and line.isprintable():
        return line
    return "".join(letter for letter in line if unicodedata.category(letter) not in _HIDDEN_CATEGORIES)


def words_of(record: logging.LogRecord) -> str:
    """What *record* says, fit to be written: on one line, masked, and of a library nothing but its own words."""
    return masked(on_one_line(record.getMessage() if record.name == OURS else _constant_words(record)))


def told_error(error: BaseException) -> str:
    """
    *error* and those that led to it, the first one first: of each the place, the kind, and its words if they are ours.
    """
    return "\n".join(reversed(list(_tell_chain(error))))


def _constant_words(record: logging.LogRecord) -> str:
    """The text that stands in a library's source, with numbers in their places and nothing else."""
    if not isinstance(record.msg, str):
        return type(record.msg).__name__
    if not isinstance(record.args, tuple) or not record.args:
        return record.msg
    shown = tuple(item if isinstance(item, int | float) else "…" for item in record.args)
    try:
        return record.msg % shown
    except (TypeError, ValueError):
        return record.msg


def _tell_chain(error: BaseException) -> Iterator[str]:
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen and len(seen) < CHAIN_MAX:
        seen.add(id(following))
        kind = type(following).__name__
        words = f"{kind}: {masked(on_one_line(str(following)))}" if isinstance(following, FilsError) else kind
        yield "".join(traceback.format_tb(following.__traceback__, -FRAMES_MAX)) + words
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)
