"""
What is made to go wrong on purpose: with the news of an order, with its inquiry, or with the browser's way back.

Faults are set for one order or for all orders of a terminal. They change what the bank says and when, never its books:
these stay the truth that a merchant's books are compared with. Only ``wrong_amount`` changes the truth itself: the
bank then really captures another amount than it was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final, TypeVar

from fils.domain.money import KWD, Money

_LARGEST_AMOUNT: Final = Money(999_999_999, KWD)
_LONGEST_SECONDS: Final = 86_400
_MOST_NOTIFICATIONS: Final = 1_000

_Word = TypeVar("_Word", bound=StrEnum)


class NotificationFault(StrEnum):
    """What happens to the news of an order on its way to the merchant."""

    NONE = "none"
    LOST = "lost"
    """It never arrives. In mode N the bank has no answer and gives money back; in mode L the browser posts nothing."""
    LATE = "late"
    """It arrives after ``notification_delay``. In mode N the bank did not wait for it: as LOST, and then it arrives,
    and no answer to it saves the money. In mode L the browser was closed and posts the form then."""
    REPEATED = "repeated"
    """It arrives ``notification_count`` times, one after the other; the first answer counts. In mode L the page with
    the button is the last of them."""
    AFTER_RETURN = "after_return"
    """The customer's browser is back (at errorURL, with IPAY0100055) before it arrives; it is delivered
    ``notification_delay`` later and may still be taken."""
    TAMPERED = "tampered"
    """One bit of the encrypted text is another one."""


class InquiryFault(StrEnum):
    """What an inquiry about an order is answered with. DOWN and SLOW befall refunds too."""

    NONE = "none"
    DOWN = "down"
    """Status 503 and no XML, and nothing is done."""
    SLOW = "slow"
    """The right answer, after ``inquiry_delay``; what was asked for is done before it."""
    SUSPECT = "suspect"
    """``FAILURE(SUSPECT)``."""
    STALE = "stale"
    """What would have been answered before the last thing that happened to the order: before it was reversed, before
    it turned out captured, or before it ended."""
    WRONG_AMOUNT = "wrong_amount"
    """The right answer, with another amount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Everything that goes wrong with one order. The default is that nothing does."""

    notification: NotificationFault = NotificationFault.NONE
    notification_delay: timedelta = timedelta(seconds=30)
    """For LATE and AFTER_RETURN."""
    notification_count: int = 2
    """For REPEATED."""
    inquiry: InquiryFault = InquiryFault.NONE
    inquiry_delay: timedelta = timedelta(seconds=5)
    """For SLOW. The bank waits no longer than a minute."""
    error_after_success: bool = False
    """The browser goes to errorURL with IPAY0100114 although the merchant took the news of a capture."""
    wrong_amount: bool = False
    """The bank captures another amount than it was asked for, and says so everywhere."""
    cancel_at_error_url: bool = False
    """A cancelled order is told in clear at errorURL (IPAY0100048) instead of by the encrypted news."""


NO_FAULTS = Faults()


class FaultsInvalid(Exception):
    """A description of faults cannot be used; the message names the field and never repeats its value."""


_FIELDS: Final = (
    *("notification", "notification_delay_seconds", "notification_count"),
    *("inquiry", "inquiry_delay_seconds"),
    *("error_after_success", "wrong_amount", "cancel_at_error_url"),
)


def write_faults(faults: Faults) -> dict[str, object]:
    """Describe *faults* in plain values, times in seconds, as ``read_faults`` reads them."""
    return {
        "notification": faults.notification.value,
        "notification_delay_seconds": faults.notification_delay.total_seconds(),
        "notification_count": faults.notification_count,
        "inquiry": faults.inquiry.value,
        "inquiry_delay_seconds": faults.inquiry_delay.total_seconds(),
        "error_after_success": faults.error_after_success,
        "wrong_amount": faults.wrong_amount,
        "cancel_at_error_url": faults.cancel_at_error_url,
    }


def read_faults(fields: Mapping[str, object]) -> Faults:
    """
    Read a description of faults; what is left out is as if nothing went wrong.

    Raises:
        FaultsInvalid: If a field is unknown, of another type or out of its range.
    """
    unknown = next((name for name in fields if name not in _FIELDS), None)
    if unknown is not None:
        raise FaultsInvalid(f"there is no field {unknown[:40]!r}; the fields are {', '.join(_FIELDS)}")
    complete = write_faults(NO_FAULTS) | dict(fields)
    return Faults(
        notification=_read_word(complete, "notification", NotificationFault),
        notification_delay=_read_seconds(complete, "notification_delay_seconds"),
        notification_count=_read_count(complete, "notification_count"),
        inquiry=_read_word(complete, "inquiry", InquiryFault),
        inquiry_delay=_read_seconds(complete, "inquiry_delay_seconds"),
        error_after_success=_read_switch(complete, "error_after_success"),
        wrong_amount=_read_switch(complete, "wrong_amount"),
        cancel_at_error_url=_read_switch(complete, "cancel_at_error_url"),
    )


def other_amount(amount: Money) -> Money:
    """Return an amount that is a fils off *amount*, and that KNET's messages can still hold."""
    step = -1 if amount == _LARGEST_AMOUNT else 1
    return Money(amount.amount + step, amount.currency)


def _read_word(fields: Mapping[str, object], name: str, words: type[_Word]) -> _Word:
    value = fields[name]
    word = next((word for word in words if word == value), None)
    if word is None:
        raise FaultsInvalid(f"{name} is none of {', '.join(words)}")
    return word


def _read_seconds(fields: Mapping[str, object], name: str) -> timedelta:
    value = fields[name]
    # True is a number in Python; a value that is not a number compares as false.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LONGEST_SECONDS:
        raise FaultsInvalid(f"{name} is not a number of seconds from 0 to {_LONGEST_SECONDS}")
    return timedelta(seconds=value)


def _read_count(fields: Mapping[str, object], name: str) -> int:
    value = fields[name]
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST_NOTIFICATIONS:
        raise FaultsInvalid(f"{name} is not a whole number from 1 to {_MOST_NOTIFICATIONS}")
    return value


def _read_switch(fields: Mapping[str, object], name: str) -> bool:
    value = fields[name]
    if not isinstance(value, bool):
        raise FaultsInvalid(f"{name} is neither true nor false")
    return value
