"""
What must never stand in clear in a stored document: a look for secrets by their form.

It finds what was stored by a mistake of ours: card numbers, trandata, secret keys, link tokens. A shop's own words
(its reference, its urls) and the numbers that KNET gives to payments may look like a card number, or, as a signature
does, like trandata; so there only forms are looked for that nothing but a secret has.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

_CARD_NUMBER: Final = re.compile(r"(?<![0-9A-Za-z])[0-9]{16}(?![0-9A-Za-z])")
_TRANDATA: Final = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{96,}(?![0-9A-Za-z])")
"""KNET's ciphertext in hexadecimal: three blocks at least. No digest of ours is as long."""
_SECRET_KEY: Final = re.compile(r"\bsk_(?:sbox_)?[a-z2-7]{26}[a-z2-7*#$=]")
_LINK_TOKEN: Final = re.compile(r"\btok_[a-z2-7]{26}\b")

_BEGINNINGS: Final = ("sk_", "tok_")
_DIGITS: Final = re.compile(r"[0-9]{16}")
_HEXADECIMAL: Final = re.compile(r"[0-9A-Fa-f]{96}")
"""Documents with none of these are not taken apart: nearly all, and a plain look is much quicker than an exact one."""

_OTHERS_WORDS: Final = frozenset(
    {
        *("reference", "description", "metadata", "carried", "key"),
        *("success_url", "failure_url", "default_success_url", "default_failure_url"),
        *("knet_payment_id", "transaction_id", "bank_reference"),
    }
)
"""Fields that hold what shops and KNET write."""


def clear_secrets(document: str) -> Iterator[str]:
    """
    The kinds of secret that stand in clear in *document*, each with the name of its field.

    Args:
        document: A stored record, in JSON.
    """
    if _may_hold_one(document):
        yield from _in_value(json.loads(document), field="document", is_ours=True)


def _may_hold_one(document: str) -> bool:
    return (
        any(beginning in document for beginning in _BEGINNINGS)
        or _DIGITS.search(document) is not None
        or _HEXADECIMAL.search(document) is not None
    )


def _in_value(value: object, *, field: str, is_ours: bool) -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _in_value(name, field=field, is_ours=is_ours)
            yield from _in_value(part, field=name, is_ours=is_ours and name not in _OTHERS_WORDS)
    elif isinstance(value, list):
        for part in value:
            yield from _in_value(part, field=field, is_ours=is_ours)
    elif isinstance(value, str):
        if is_ours and _TRANDATA.search(value):
            yield f"trandata in {field}"
        if _SECRET_KEY.search(value):
            yield f"a secret key in {field}"
        if is_ours and any(_passes_luhn(found) for found in _CARD_NUMBER.findall(value)):
            yield f"a card number in {field}"
        if is_ours and _LINK_TOKEN.search(value):
            yield f"a link token in {field}"


def _passes_luhn(number: str) -> bool:
    """Whether the check digit is that of a card number (ISO/IEC 7812-1, annex B)."""
    digits = [int(digit) for digit in reversed(number)]
    doubled = (2 * digit for digit in digits[1::2])
    return (sum(digits[::2]) + sum(value - 9 if value > 9 else value for value in doubled)) % 10 == 0
