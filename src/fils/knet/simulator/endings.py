"""
Ending an order: write the decision, tell the merchant, and say where the customer's browser goes.

What the merchant did not take is given back (KNET Merchant Integration Manual K-064, sections 5 and 9).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from fils.knet.simulator.books import Books, Order
from fils.knet.simulator.merchant import Merchant, NotDelivered
from fils.knet.simulator.outcomes import Decision
from fils.knet.simulator.settings import SimulatorTerminal


class EndedBefore(Exception):
    """Another submit ended the order first."""


@dataclass(frozen=True, slots=True)
class SendTo:
    """The browser is redirected: the merchant answered with this address, or a fault sends it elsewhere."""

    url: str


@dataclass(frozen=True, slots=True)
class PostForm:
    """The browser carries the news itself (mode L): a page with these fields and a button that posts them."""

    url: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Undelivered:
    """The merchant could not be told: the customer sees KNET's error page, code 249."""


@dataclass(frozen=True, slots=True)
class BrowserClosed:
    """Mode L's browser ends here, as if its customer had closed it: a page that says so and leads nowhere."""


Destination = SendTo | PostForm | Undelivered | BrowserClosed
"""Where the customer's browser goes when an order has ended."""


class Endings:
    """Ends orders of one bank."""

    def __init__(self, books: Books, merchant: Merchant, clock: Callable[[], datetime]) -> None:
        self._books = books
        self._merchant = merchant
        self._clock = clock

    async def end(self, order: Order, terminal: SimulatorTerminal, decision: Decision) -> Destination:
        """
        Decide first and commit, then tell the merchant.

        Raises:
            EndedBefore: If the order had ended already; nothing was done.
        """
        finished = self._books.decide(order.payment_id, decision, self._clock())
        if finished is None:
            raise EndedBefore
        try:
            url = await self._merchant.tell(finished, terminal.key)
        except NotDelivered:
            self._books.mark_refused(order.payment_id)
            return Undelivered()
        # An inquiry after the time limit and before this line has already given the money back.
        return SendTo(url) if self._books.mark_taken(order.payment_id) else Undelivered()
