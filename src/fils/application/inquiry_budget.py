"""How many inquiries the reads of merchants may cause, so that a program that polls makes no stream of them."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from fils.domain.identifiers import PaymentId, TerminalId

HINTS_APART: Final = timedelta(seconds=10)
"""How far apart the inquiries about a payment are that are made for somebody's asking."""
INQUIRIES_MAX: Final = 20
"""How many of them one terminal has in that time, from this process. KNET publishes no limit of its own."""


class InquiryBudget:
    """
    What is left of it, for each terminal.

    Only the payments that took from it in the last seconds are remembered, so it is as small as the budget itself.
    """

    def __init__(self) -> None:
        self._taken: dict[TerminalId, OrderedDict[PaymentId, datetime]] = {}

    def take(self, terminal_id: TerminalId, payment_id: PaymentId, *, now: datetime) -> bool:
        """
        Take one inquiry about the payment from the terminal's budget.

        Args:
            terminal_id: The terminal of the payment.
            payment_id: The payment that was read.
            now: Aware UTC time.

        Returns:
            Whether there was one: none is left for a payment that took one in the last ten seconds, or for a
            terminal whose budget is used up.
        """
        taken = self._taken.setdefault(terminal_id, OrderedDict())
        while taken and next(iter(taken.values())) <= now - HINTS_APART:
            taken.popitem(last=False)
        if payment_id in taken or len(taken) >= INQUIRIES_MAX:
            return False
        taken[payment_id] = now
        return True
