"""
What is made to go wrong on purpose: with the news of an order, with its inquiry, or with the browser's way back.

Faults are set for one order or for all orders of a terminal. They change what the bank says and when, never its books:
these stay the truth that a merchant's books are compared with. Only ``wrong_amount`` changes the truth itself: the
bank then really captures another amount than it was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class NotificationFault(StrEnum):
    """What happens to the news of an order on its way to the merchant."""

    NONE = "none"
    LOST = "lost"
    """It never arrives. In mode N the bank has no answer and gives money back; in mode L the browser posts nothing."""
    LATE = "late"
    """It arrives after ``notification_delay``. In mode N the bank did not wait for it: as LOST, and then it arrives."""
    REPEATED = "repeated"
    """It arrives ``notification_count`` times, one after the other; the first answer counts."""
    AFTER_RETURN = "after_return"
    """The customer's browser is back (at errorURL) before it arrives; it is delivered then and may still be taken."""
    TAMPERED = "tampered"
    """One bit of the encrypted text is another one."""


class InquiryFault(StrEnum):
    """What an inquiry about an order is answered with."""

    NONE = "none"
    DOWN = "down"
    """Status 503 and no XML."""
    SLOW = "slow"
    """The right answer, after ``inquiry_delay``."""
    SUSPECT = "suspect"
    """``FAILURE(SUSPECT)``."""
    STALE = "stale"
    """What would have been answered before the order ended or, once it is reversed, before that."""
    WRONG_AMOUNT = "wrong_amount"
    """The right answer, with another amount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Everything that goes wrong with one order. The default is that nothing does."""

    notification: NotificationFault = NotificationFault.NONE
    notification_delay: timedelta = timedelta(seconds=30)
    """For LATE."""
    notification_count: int = 2
    """For REPEATED."""
    inquiry: InquiryFault = InquiryFault.NONE
    inquiry_delay: timedelta = timedelta(seconds=5)
    """For SLOW."""
    error_after_success: bool = False
    """The browser goes to errorURL with IPAY0100114 although the merchant took the news of a capture."""
    wrong_amount: bool = False
    """The bank captures another amount than it was asked for, and says so everywhere."""
    cancel_at_error_url: bool = False
    """A cancelled order is told in clear at errorURL (IPAY0100048) instead of by the encrypted news."""


NO_FAULTS = Faults()
