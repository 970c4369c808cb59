"""
The numbers that the bank hands out, and its calendar. Pure: a counter and a time go in, text comes out.

The patterns are read off dated public samples of KNET's answers since August 2023: the last digit of the year,
the day of the year, two digits that look like a node, and a running number. They are kept as text everywhere.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Final

KUWAIT: Final = timezone(timedelta(hours=3), "Asia/Kuwait")
"""Kuwait keeps UTC+3 all year."""

_TEST_PREFIX: Final = "100"
_NODE: Final = "10"


def payment_id(number: int, at: datetime) -> str:
    """Return the 18 digits of KNET's payment id for the *number*-th order, opened *at* an aware time."""
    return f"{_TEST_PREFIX}{_day(at)}{_NODE}{number:09d}"


def transaction_id(number: int, at: datetime) -> str:
    """Return the 15 digits of a transaction id for the *number*-th transaction, made *at* an aware time."""
    return f"{_day(at)}{_NODE}{number:09d}"


def reference(number: int, at: datetime) -> str:
    """
    Return the 12 digits of a reference for the *number*-th transaction, made *at* an aware time.

    Six digits would repeat after a million transactions in a day, so the node digits carry on from ten.
    """
    return f"{_day(at)}{10_000_000 + number % 90_000_000:08d}"


def authorisation(number: int) -> str:
    """Return what an issuer of the test environment answers with: ``B`` and five digits that look random."""
    return f"B{number * 61_169 % 100_000:05d}"


def business_date(at: datetime) -> str:
    """Return the posting date ``MMDD`` of an aware time: Kuwait's day (KNET's own cut-off hour is unknown)."""
    return at.astimezone(KUWAIT).strftime("%m%d")


def _day(at: datetime) -> str:
    local = at.astimezone(KUWAIT)
    return f"{local.year % 10}{local.timetuple().tm_yday:03d}"
