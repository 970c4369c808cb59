"""What a person writes to Fils: who they are, why they do something, what they call a thing."""

from __future__ import annotations

import unicodedata
from typing import Final

from fils.domain.errors import CommandRefused

NAME_LENGTH_MAX: Final = 100
REASON_LENGTH_MAX: Final = 1000
"""Characters. Longer words are refused and not cut: they are kept as they were given."""

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co"})
"""Unicode categories of controls, formats such as bidirectional marks, surrogates and private use."""


def new_name(text: str, *, what: str) -> str:
    """
    The name that a person gives something, cleaned of line breaks, control and bidirectional characters.

    Args:
        text: As it was written.
        what: What gets the name, for the refusal: ``account``.

    Raises:
        CommandRefused: If nothing is left of it, or too much.
    """
    name = clean(text)
    if not 1 <= len(name) <= NAME_LENGTH_MAX:
        raise CommandRefused("name_invalid", f"give the {what} a name of 1 to {NAME_LENGTH_MAX} characters")
    return name


def who(by: str) -> str:
    """
    A person's name, cleaned as all words are.

    Raises:
        CommandRefused: If it says nothing or is too long.
    """
    name = clean(by)
    if not name:
        raise CommandRefused("name_required", "say who you are: a name that a colleague would recognise")
    if len(name) > NAME_LENGTH_MAX:
        raise CommandRefused("name_too_long", f"the name is longer than {NAME_LENGTH_MAX} characters")
    return name


def who_and_why(by: str, why: str, *, wanted: str) -> tuple[str, str]:
    """
    A person's name and reason, cleaned of line breaks, control and bidirectional characters.

    Args:
        by: The name.
        why: The reason.
        wanted: What a person is told who gives no reason.

    Raises:
        CommandRefused: If either says nothing or is too long.
    """
    name, reason = who(by), clean(why)
    if not reason:
        raise CommandRefused("reason_required", wanted)
    if len(reason) > REASON_LENGTH_MAX:
        raise CommandRefused(
            "reason_too_long",
            f"the reason is longer than {REASON_LENGTH_MAX} characters; cite where it is written",
        )
    return name, reason


def folded(name: str) -> str:
    """*name* as names are compared: in one case, and letters with marks in one spelling of Unicode's several."""
    return unicodedata.normalize("NFC", name.casefold())


def clean(text: str) -> str:
    """*text* on one line, without what is not seen: controls, formats such as bidirectional marks, surrogates."""
    on_one_line = " ".join(text.split())
    seen = "".join(character for character in on_one_line if unicodedata.category(character) not in _UNSEEN)
    return " ".join(seen.split())
