"""
Money: integer minor units with a currency, and its text at the borders.

Nothing here or anywhere else in Fils holds money as a binary fraction. Text such as ``"1.500"`` exists only
where another party wants it (KNET's wire, a person's screen) and is made and read here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from fils.domain.currency import Currency

__all__ = ["KWD", "Currency", "Money", "MoneyTextInvalid"]


KWD: Final = Currency.KWD
"""Kuwaiti dinar, the one currency KNET moves."""

_DIGITS: Final = re.compile(r"[0-9]+")

_MAX_TEXT_LENGTH: Final = 18
"""Longest text read as an amount: what it says always fits a signed integer of 64 bits."""


class MoneyTextInvalid(ValueError):
    """A text is not an amount of the currency: a sign, a space, no digits, too many, or a wrong number of decimals."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency. ``Money(10_500, KWD)`` is 10.500 KWD."""

    amount: int
    """Integer minor units, never negative."""
    currency: Currency

    def __post_init__(self) -> None:
        if type(self.amount) is not int:
            raise TypeError("an amount of money is an int of minor units")
        if self.amount < 0:
            raise ValueError("an amount of money is never negative")

    def to_text(self) -> str:
        """Write the major unit with all of the currency's decimals: 1500 fils are ``"1.500"``."""
        exponent = self.currency.exponent
        if exponent == 0:
            return str(self.amount)
        major, minor = divmod(self.amount, 10**exponent)
        return f"{major}.{minor:0{exponent}d}"

    @classmethod
    def from_text(cls, text: str, currency: Currency) -> Money:
        """
        Read what ``to_text`` writes, and nothing looser.

        Raises:
            MoneyTextInvalid: If *text* is not plain ASCII digits with exactly the currency's decimals, or is longer
                than 18 characters.
        """
        if len(text) > _MAX_TEXT_LENGTH:
            raise MoneyTextInvalid(f"not an amount of {currency}")
        major, point, minor = text.partition(".")
        decimals_fit = len(minor) == currency.exponent and bool(point) == bool(currency.exponent)
        if not decimals_fit or not _DIGITS.fullmatch(major) or not _DIGITS.fullmatch(minor or "0"):
            raise MoneyTextInvalid(f"not an amount of {currency}")
        return cls(int(major + minor), currency)

    def __str__(self) -> str:
        return f"{self.to_text()} {self.currency}"
