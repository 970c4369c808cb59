"""
Ending an order: write the decision, tell the merchant, and say where the customer's browser goes.

Each way in which faults send the news is one row of a table; what follows later is written with the decision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final
from urllib.parse import urlencode

from fils.knet.simulator.books import Books, End
from fils.knet.simulator.faults import Faults, NotificationFault, other_amount
from fils.knet.simulator.orders import Act, Due, News, Order
from fils.knet.simulator.outcomes import Decision, Result
from fils.knet.simulator.settings import SimulatorSettings, SimulatorTerminal
from fils.knet.simulator.telling import Teller
from fils.knet.simulator.texts import error_words
from fils.knet.wire import ErrorReturn, NotificationMode, write_error_return

_CANCELLED: Final = "IPAY0100048"
_STATE_INVALID: Final = "IPAY0100055"
_DUPLICATE: Final = "IPAY0100114"


class EndedBefore(Exception):
    """Another submit ended the order first."""


@dataclass(frozen=True, slots=True)
class SendTo:
    """The browser is redirected: the merchant answered with this address, or an error sends it elsewhere."""

    url: str


@dataclass(frozen=True, slots=True)
class PostForm:
    """The browser carries the fields itself: a page with them and a button that posts them."""

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


def return_with_error(order: Order, terminal: SimulatorTerminal, code: str) -> SendTo | PostForm:
    """
    Return how the browser tells the merchant of an error: in clear, by its address or by a form.

    Args:
        order: Whose error it is, at whatever state.
        terminal: Says whether a form is wanted, and in mode L whether it goes to responseURL.
        code: KNET's code, such as ``IPAY0100048``.
    """
    udf1, udf2, udf3, udf4, udf5 = order.placed.user_fields
    fields = ErrorReturn(
        error=code,
        error_text=f"{code} - {error_words(code)}",
        track_id=order.placed.track_id,
        payment_id=order.payment_id,
        amount_text=order.placed.amount.to_text(),
        udf1=udf1,
        udf2=udf2,
        udf3=udf3,
        udf4=udf4,
        udf5=udf5,
    )
    if terminal.mode is NotificationMode.BROWSER and terminal.error_at_response_url:
        return PostForm(order.placed.response_url, write_error_return(fields))
    return carry_error(order.placed.error_url, fields, by_post=terminal.error_by_post)


def carry_error(error_url: str, fields: ErrorReturn, *, by_post: bool) -> SendTo | PostForm:
    """Return how the browser carries an error to an errorURL: by a form that it posts, or by the address."""
    form = write_error_return(fields)
    return PostForm(error_url, form) if by_post else SendTo(f"{error_url}?{urlencode(form)}")


class _Way(Enum):
    """How the news of an order go to the merchant."""

    NOW = "at once"
    IN_CLEAR = "in clear with the browser, and no other way"
    NEVER = "never"
    LATE = "after the browser has ended"
    AFTER_RETURN = "after the browser has come back with an error"


_WAYS: Final = {
    NotificationFault.LOST: _Way.NEVER,
    NotificationFault.LATE: _Way.LATE,
    NotificationFault.AFTER_RETURN: _Way.AFTER_RETURN,
}
_NEWS: Final = {
    (_Way.NOW, NotificationMode.SERVER_TO_SERVER): News.DUE,
    (_Way.NOW, NotificationMode.BROWSER): News.CARRIED,
    (_Way.IN_CLEAR, NotificationMode.SERVER_TO_SERVER): News.CARRIED,
    (_Way.IN_CLEAR, NotificationMode.BROWSER): News.CARRIED,
    (_Way.NEVER, NotificationMode.SERVER_TO_SERVER): News.REFUSED,
    (_Way.NEVER, NotificationMode.BROWSER): News.LOST,
    (_Way.LATE, NotificationMode.SERVER_TO_SERVER): News.REFUSED,
    (_Way.LATE, NotificationMode.BROWSER): News.LATER,
    (_Way.AFTER_RETURN, NotificationMode.SERVER_TO_SERVER): News.LATER,
    (_Way.AFTER_RETURN, NotificationMode.BROWSER): News.LATER,
}
"""What the books say of the news at once."""


class Endings:
    """Ends orders of one bank."""

    def __init__(
        self, books: Books, teller: Teller, settings: SimulatorSettings, clock: Callable[[], datetime]
    ) -> None:
        self._books = books
        self._teller = teller
        self._settings = settings
        self._clock = clock

    async def end(self, order: Order, terminal: SimulatorTerminal, decision: Decision) -> Destination:
        """
        Decide first and commit, then tell the merchant.

        Raises:
            EndedBefore: If the order had ended already; nothing was done.
        """
        faults = self._books.faults_of(terminal, order)
        way = _way(decision, faults)
        now = self._clock()
        end = self._plan(order, decision, faults, _NEWS[way, terminal.mode], now)
        finished = self._books.end(order.payment_id, end, now)
        if finished is None:
            raise EndedBefore
        match way:
            case _Way.NOW:
                return await self._tell_now(finished, terminal, faults)
            case _Way.IN_CLEAR:
                return return_with_error(finished, terminal, decision.error_code or _CANCELLED)
            case _Way.AFTER_RETURN:
                return return_with_error(finished, terminal, _STATE_INVALID)
            case _Way.NEVER | _Way.LATE:
                return BrowserClosed() if terminal.mode is NotificationMode.BROWSER else Undelivered()

    def _plan(self, order: Order, decision: Decision, faults: Faults, news: News, now: datetime) -> End:
        """What is written with the decision, and what follows from it later."""
        payment_id, captured = order.payment_id, decision.result is Result.CAPTURED
        due: list[Due] = []
        if news is News.DUE:
            due.append(self._teller.giving_up(payment_id, now))
        if news is News.REFUSED and captured:
            due.append(Due(payment_id, Act.REVERSE, now + self._settings.reversal_delay(payment_id)))
        if _way(decision, faults) in (_Way.LATE, _Way.AFTER_RETURN):
            due.append(Due(payment_id, Act.TELL, now + faults.notification_delay))
        if decision.captured_later:
            due.append(Due(payment_id, Act.CAPTURE, now + self._settings.capture_delay(payment_id)))
        charges_another = faults.wrong_amount and (captured or decision.captured_later)
        amount = other_amount(order.placed.amount) if charges_another else order.placed.amount
        return End(decision=decision, amount=amount, news=news, due=tuple(due))

    async def _tell_now(self, order: Order, terminal: SimulatorTerminal, faults: Faults) -> Destination:
        tampered = faults.notification is NotificationFault.TAMPERED
        repeated = faults.notification is NotificationFault.REPEATED
        more_count = faults.notification_count - 1 if repeated else 0
        errs = faults.error_after_success and order.result is Result.CAPTURED
        if terminal.mode is NotificationMode.BROWSER:
            await self._teller.carry(order, terminal, more_count + 1 if errs else more_count)
            if errs:
                return return_with_error(order, terminal, _DUPLICATE)
            form = self._teller.form(order, terminal, tampered=tampered)
            return PostForm(order.placed.response_url, form)
        url = await self._teller.tell(order, terminal, tampered=tampered)
        await self._teller.repeat(order, terminal, more_count)
        if url is None:
            # The merchant did not take the news in time, or the bank gave it up while it was being told.
            return Undelivered()
        return return_with_error(order, terminal, _DUPLICATE) if errs else SendTo(url)


def _way(decision: Decision, faults: Faults) -> _Way:
    cancelled_in_clear = faults.cancel_at_error_url and decision.result is Result.CANCELED
    if decision.error_code is not None or cancelled_in_clear:
        return _Way.IN_CLEAR
    if decision.delivery_fails:
        return _Way.NEVER
    return _WAYS.get(faults.notification, _Way.NOW)
