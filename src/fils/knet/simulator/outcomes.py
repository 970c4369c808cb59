"""
How an order can end: the result in KNET's words, and the test cards that bring each end about. Pure.

KNET's own test card decides by its expiry alone (Merchant Integration Manual K-064, test card). The other cards are
this simulator's: KNET's test host has no way to ask for those ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_APPROVED: Final = "00"
_DO_NOT_HONOUR: Final = "05"


class Result(StrEnum):
    """How an order ended, in KNET's words on the wire."""

    CAPTURED = "CAPTURED"
    NOT_CAPTURED = "NOT CAPTURED"
    CANCELED = "CANCELED"
    DENIED_BY_RISK = "DENIED BY RISK"
    HOST_TIMEOUT = "HOST TIMEOUT"


@dataclass(frozen=True, slots=True)
class Decision:
    """What the issuer said about an order, or that the customer cancelled it (then without a code)."""

    result: Result
    auth_resp_code: str | None
    captured_later: bool = False
    """With HOST TIMEOUT: the issuer took the money after all, which shows a little later."""
    delivery_fails: bool = False
    """The merchant is never reached with the news, whatever faults are set."""


CANCELED: Final = Decision(Result.CANCELED, auth_resp_code=None)


def decide_by_expiry(expiry: tuple[int, int], approving_expiry: tuple[int, int]) -> Decision:
    """Answer as the issuer of the test card does: the approving expiry is captured, any other declined."""
    if expiry == approving_expiry:
        return Decision(Result.CAPTURED, _APPROVED)
    return Decision(Result.NOT_CAPTURED, _DO_NOT_HONOUR)
