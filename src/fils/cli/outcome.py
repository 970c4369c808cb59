"""Waiting for the end of a payment, and what that end is called. No output, and time comes from outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fils.cli.payments_api import ApiRefused, ApiUnreachable, Payment

PAID: Final = 0
NOT_PAID: Final = 1
UNDECIDED: Final = 3
"""Exit codes of ``fils pay``; 2 is that of a wrong call."""

POLL_INTERVAL_S: Final = 1

_PENDING: Final = "Pending"
_CANCELED: Final = "Canceled"
_CUSTOMER_CANCELLATION: Final = "20017"
"""The response code of a payment that its customer cancelled (Checkout.com, response codes)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a payment's status means, in words and as an exit code."""

    words: str
    exit_code: int


_BY_STATUS: Final = {
    "Captured": Verdict("Paid.", PAID),
    _CANCELED: Verdict("Not paid: the bank declined it.", NOT_PAID),
    "Declined": Verdict("Not paid: KNET took the money and then gave it back.", NOT_PAID),
    "Expired": Verdict("Not paid: nobody finished it in time.", NOT_PAID),
    "Voided": Verdict("Not paid: the money had come and was taken back.", NOT_PAID),
}


def judge(payment: Payment) -> Verdict:
    """Say what became of *payment*. A status that is not known counts as undecided."""
    if payment.status == _CANCELED and payment.response[0] == _CUSTOMER_CANCELLATION:
        return Verdict("Not paid: the customer cancelled.", NOT_PAID)
    unfamiliar = Verdict(f"Its status is {payment.status}, which says neither paid nor not paid.", UNDECIDED)
    return _BY_STATUS.get(payment.status, unfamiliar)


def wait_for_decision(
    ask: Callable[[], Payment],
    *,
    timeout_s: int,
    tell: Callable[[str, int], None],
    seconds: Callable[[], float],
    pause: Callable[[int], None],
) -> Payment | None:
    """
    Ask each second how a payment stands, until it is decided.

    A server that does not answer for a while (a restart, say) is asked again.

    Args:
        ask: Reads the payment.
        timeout_s: How long to wait, in seconds.
        tell: Called after each undecided answer with a text and the seconds so far.
        seconds: A clock that only goes forward, in seconds.
        pause: Waits for so many seconds.

    Returns:
        The payment once it is no longer Pending, or None when the time is up.

    Raises:
        ApiRefused: If asking again cannot help.
    """
    started = seconds()
    while True:
        elapsed_s = int(seconds() - started)
        text = "Waiting for the customer"
        try:
            payment = ask()
        except ApiUnreachable:
            text = "Fils does not answer, asking again"
        except ApiRefused as refused:
            if not refused.may_pass:
                raise
            text = f"Fils answers {refused.status}, asking again"
        else:
            if payment.status != _PENDING:
                return payment
        if elapsed_s >= timeout_s:
            return None
        tell(text, elapsed_s)
        pause(POLL_INTERVAL_S)
