"""
A table of a TOML file, read strictly: a field that nobody knows is refused, and so is a value of another kind.

What was written is never repeated, for it may be a secret in the wrong place; a refusal names the file, the table and
the field, and says what to write.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from enum import Enum
from typing import TypeVar

from fils.domain.errors import ConfigurationError

_Word = TypeVar("_Word", bound=Enum)


class Table:
    """
    One table, with the name that people find it by.

    Args:
        place: The file, and what is inside it, such as ``terminals.toml, terminal 2``.
        values: As ``tomllib`` read them.
        known: The fields that it may have.

    Raises:
        ConfigurationError: If it has another field.
    """

    def __init__(self, place: str, values: Mapping[str, object], *, known: Collection[str]) -> None:
        self.place = place
        self._values = values
        for name in values:
            if name not in known:
                nearest = difflib.get_close_matches(name, known, n=1)
                advice = f"did you mean {nearest[0]}?" if nearest else f"there are {', '.join(known)}"
                raise ConfigurationError(f"{place}: {name!r} is no field; {advice}")

    def __contains__(self, name: str) -> bool:
        """Whether the field was written."""
        return name in self._values

    def refusal(self, name: str, advice: str) -> ConfigurationError:
        """What to raise when field *name* cannot be used; *advice* says what to write."""
        return ConfigurationError(f"{self.place}, {name}: {advice}")

    def text(self, name: str, default: str | None = None) -> str:
        """The text of field *name*; without a default the field is needed."""
        value = self._values.get(name, default)
        if value is None:
            raise self.refusal(name, "it is missing")
        if not isinstance(value, str):
            raise self.refusal(name, "write a text in quotes")
        return value

    def flag(self, name: str, default: bool) -> bool:
        """The yes or no of field *name*."""
        value = self._values.get(name, default)
        if not isinstance(value, bool):
            raise self.refusal(name, "write true or false")
        return value

    def number(self, name: str, default: int, *, least: int, most: int) -> int:
        """The whole number of field *name*, *least* and *most* included."""
        value = self._values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self.refusal(name, f"write a whole number from {least} to {most}")
        return value

    def word(self, name: str, default: _Word) -> _Word:
        """One of the words that the kind of *default* has as its values."""
        words = {word.value: word for word in type(default)}
        value = self._values.get(name, default.value)
        if not isinstance(value, str) or value not in words:
            raise self.refusal(name, f"write one of {', '.join(words)}")
        return words[value]

    def texts(self, name: str, default: Sequence[str] = ()) -> tuple[str, ...]:
        """The texts of the list in field *name*."""
        value = self._values.get(name, default)
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise self.refusal(name, "write a list of texts in quotes")
        return tuple(value)

    def table(self, name: str) -> Mapping[str, object]:
        """The values of the table in field *name*; none if it was not written."""
        value = self._values.get(name, {})
        if not isinstance(value, Mapping):
            raise self.refusal(name, "write it as a table")
        return value

    def tables(self, name: str) -> list[Mapping[str, object]]:
        """The values of each ``[[name]]``, in order."""
        value = self._values.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
            raise self.refusal(name, f"write each one under a line with [[{name}]]")
        return value
