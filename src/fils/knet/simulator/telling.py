"""
Telling a merchant how an order ended, and keeping in the books whether it was heard.

In mode N the bank's server tells and waits for one line; what was not heard is given back, after a while in which an
inquiry still says CAPTURED (KNET Merchant Integration Manual K-064, sections 5 and 9; how long KNET takes is not
published). In mode L the customer's browser carries a form, and nobody answers.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from fils.knet.simulator.books import Books
from fils.knet.simulator.chance import seeded_number
from fils.knet.simulator.merchant import Merchant, NotDelivered
from fils.knet.simulator.orders import Act, Due, Order
from fils.knet.simulator.settings import SimulatorSettings, SimulatorTerminal
from fils.knet.wire import PaymentResponse, TerminalKey, write_payment_response

_LOG: Final = logging.getLogger("fils")
_MARGIN: Final = timedelta(seconds=5)
"""How much later than its time limit a merchant that is being told is given up: the limit itself ends the call."""


class Teller:
    """Tells merchants of one bank."""

    def __init__(
        self, books: Books, merchant: Merchant, settings: SimulatorSettings, clock: Callable[[], datetime]
    ) -> None:
        self._books = books
        self._merchant = merchant
        self._settings = settings
        self._clock = clock

    def giving_up(self, payment_id: str, told_at: datetime) -> Due:
        """Return when a merchant that is told at an aware time counts as not told, should nothing be written before."""
        return Due(payment_id, Act.GIVE_UP, told_at + self._settings.notification_timeout + _MARGIN)

    async def tell(self, order: Order, terminal: SimulatorTerminal, *, tampered: bool = False) -> str | None:
        """
        Tell in mode N, once, and write down whether it was heard.

        Args:
            order: A finished order.
            terminal: Whose key enciphers the news.
            tampered: Whether one bit is changed on the way.

        Returns:
            The address for the customer's browser, or None when the merchant did not take the news, or took them
            too late.
        """
        try:
            url = await self._merchant.notify(
                order.placed.response_url, self.news(order, terminal, tampered=tampered)
            )
        except NotDelivered as failure:
            # Whoever writes the shop sees only that the money went back: the log says why.
            _LOG.warning("the merchant %s: the result of payment %s is not taken", failure, order.payment_id)
            delay = self._settings.reversal_delay(order.payment_id)
            self._books.give_up(order.payment_id, self._clock() + delay)
            return None
        return url if self._books.mark_taken(order.payment_id) else None

    async def repeat(self, order: Order, terminal: SimulatorTerminal, count: int) -> None:
        """Tell in mode N *count* times more, one after the other; nothing follows from any answer."""
        for _ in range(count):
            with suppress(NotDelivered):
                await self._merchant.notify(order.placed.response_url, self.news(order, terminal))

    async def carry(self, order: Order, terminal: SimulatorTerminal, count: int = 1) -> None:
        """Post the form of mode L *count* times, one after the other, in the place of the customer's browser."""
        for _ in range(count):
            with suppress(NotDelivered):
                await self._merchant.post_form(order.placed.response_url, self.form(order, terminal))

    def form(self, order: Order, terminal: SimulatorTerminal, *, tampered: bool = False) -> dict[str, str]:
        """Return the fields of the form that carries the news of a finished order in mode L."""
        return {
            "paymentid": order.payment_id,
            "trackid": order.placed.track_id,
            "trandata": self.news(order, terminal, tampered=tampered),
        }

    def news(self, order: Order, terminal: SimulatorTerminal, *, tampered: bool = False) -> str:
        """
        Return the enciphered news of a finished order.

        Raises:
            ValueError: If the order is not finished.
        """
        trandata = _encrypted(order, terminal.key)
        return _with_another_bit(trandata, self._settings.seed, order.payment_id) if tampered else trandata


def _encrypted(order: Order, key: TerminalKey) -> str:
    if order.result is None:
        raise ValueError("only a finished order is told")
    udf1, udf2, udf3, udf4, udf5 = order.placed.user_fields
    message = PaymentResponse(
        payment_id=order.payment_id,
        result=order.result.value,
        track_id=order.placed.track_id,
        amount=order.amount,
        auth=order.auth,
        ref=order.ref,
        tran_id=order.tran_id,
        post_date=order.post_date,
        auth_resp_code=order.auth_resp_code,
        udf1=udf1,
        udf2=udf2,
        udf3=udf3,
        udf4=udf4,
        udf5=udf5,
    )
    return write_payment_response(message, key)


def _with_another_bit(trandata: str, seed: int, payment_id: str) -> str:
    """Change one bit of hexadecimal text; which one follows from the seed and the payment id."""
    position, bit = divmod(seeded_number(seed, payment_id, "tampering", 4 * len(trandata)), 4)
    digit = int(trandata[position], 16) ^ (1 << bit)
    return f"{trandata[:position]}{digit:X}{trandata[position + 1 :]}"
