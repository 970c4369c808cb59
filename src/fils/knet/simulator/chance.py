"""Chances that can be repeated: each follows from the bank's seed, the payment id and what it is for. Pure."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Final

_MICROSECOND: Final = timedelta(microseconds=1)


def seeded_number(seed: int, payment_id: str, purpose: str, count: int) -> int:
    """Return one of the numbers from 0 to *count* - 1."""
    text = f"{seed} {payment_id} {purpose}".encode()
    return int.from_bytes(hashlib.sha256(text).digest()) % count


def seeded_delay(seed: int, payment_id: str, purpose: str, longest: timedelta) -> timedelta:
    """Return a time from 0 to *longest*, to the microsecond."""
    return seeded_number(seed, payment_id, purpose, longest // _MICROSECOND + 1) * _MICROSECOND
