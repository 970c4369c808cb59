"""
The card form: reading what the customer typed. Pure.

A card number and a PIN come in here and nothing of them leaves but the mask. Any ten digits after 888888 and any PIN
will do (KNET Merchant Integration Manual K-064, test card); what follows from the card stands in ``outcomes``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from fils.knet.simulator import identifiers
from fils.knet.simulator.orders import Card
from fils.knet.simulator.outcomes import kind_of

TEST_PREFIX: Final = "888888"
"""The only prefix taken: a real card's number must never be typed into a simulator."""

BANK_OPTION: Final = "201825717889145|Knet Test Card [KNET1]|0.000"
"""The value of the test bank in KNET's list: brand id, name and code, and an amount (public browser tests)."""

_YEARS_AHEAD: Final = 10
_TEN_DIGITS: Final = re.compile("[0-9]{10}")
_FOUR_DIGITS: Final = re.compile("[0-9]{4}")


class CardFault(StrEnum):
    """What is wrong with one field of the card form; each has a text in both languages."""

    NO_BANK = "no_bank"
    NOT_TEST_PREFIX = "not_test_prefix"
    NUMBER_WRONG = "number_wrong"
    NO_EXPIRY = "no_expiry"
    PIN_WRONG = "pin_wrong"


@dataclass(frozen=True, slots=True)
class CardFaults:
    """A card form that was not accepted: the first fault of each field, by the field's name, in page order."""

    by_field: Mapping[str, CardFault]


def read_card(form: Mapping[str, str], years: range) -> Card | CardFaults:
    """
    Read the card form.

    Args:
        form: The fields as the browser sent them; the number and the PIN are not kept.
        years: The years that the page offered.
    """
    faults: dict[str, CardFault] = {}
    if form.get("bank") != BANK_OPTION:
        faults["bank"] = CardFault.NO_BANK
    number = "".join(form.get("debitNumber", "").split())
    if form.get("dcprefix") != TEST_PREFIX:
        faults["dcprefix"] = CardFault.NOT_TEST_PREFIX
    if not _TEN_DIGITS.fullmatch(number):
        faults["debitNumber"] = CardFault.NUMBER_WRONG
    expiry = _read_expiry(form, years)
    if expiry is None:
        faults["month"] = CardFault.NO_EXPIRY
    if not _FOUR_DIGITS.fullmatch(form.get("cardPin", "")):
        faults["cardPin"] = CardFault.PIN_WRONG
    if faults or expiry is None:
        return CardFaults(faults)
    return Card(f"{TEST_PREFIX}******{number[-4:]}", expiry, kind_of(number))


def card_shown(card: Card) -> str:
    """Return what the confirm step shows of a card, in one text: what comes back with the form must be equal."""
    year, month = card.expiry
    return f"{card.masked} {month:02d}/{year}"


def expiry_years(at: datetime, approving_year: int) -> range:
    """Return the years that the page offers: from Kuwait's current year on, the approving one always included."""
    current = at.astimezone(identifiers.KUWAIT).year
    return range(min(current, approving_year), max(current + _YEARS_AHEAD, approving_year) + 1)


def _read_expiry(form: Mapping[str, str], years: range) -> tuple[int, int] | None:
    months = {str(month): month for month in range(1, 13)}
    offered = {str(year): year for year in years}
    month, year = months.get(form.get("month", "")), offered.get(form.get("year", ""))
    return None if month is None or year is None else (year, month)
