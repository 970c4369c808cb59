"""
A model of KNET, as small as the truth about orders can be: what a customer did, what was captured, what was given back.

It is the connector of the use cases, and answers inquiries by the truth or, by a fault, otherwise. It remembers what it
said, so that laws are checked against its words and not against what Fils made of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import count
from typing import Final

from fils.application.ports import Answer, Inquiry, PaymentStart
from fils.domain.errors import NotSent, OutcomeUnknown
from fils.domain.evidence import BankStatement, Outcome
from fils.domain.identifiers import TerminalId
from fils.domain.money import KWD, Money
from fils.domain.payment_attempt import NotificationMode
from tests.support.application_ports import SettableClock

CUSTOMER_HAS: Final = timedelta(minutes=50)
"""So long after its start an order can be paid, with every wait of the bank's own: link, page and host."""
REVERSED_WITHIN: Final = timedelta(seconds=120)
"""How long the bank takes at most to give back what it could not tell."""
STALE_BY: Final = timedelta(seconds=120)
"""How long after it a stale answer still keeps silent about a reversal; with the above shorter than the window."""
SLOW_BY: Final = timedelta(seconds=9)


class InquiryFault(StrEnum):
    """What is wrong with the answers to inquiries about an order."""

    NONE = "none"
    DOWN = "down"
    UNREADABLE = "unreadable"
    SLOW = "slow"
    """The truth of the moment it was asked, told later; much may happen meanwhile."""
    STALE = "stale"
    """As if the order had not ended, or not been reversed lately."""
    SUSPECT = "suspect"
    WRONG_AMOUNT = "wrong_amount"


LIES: Final = frozenset({InquiryFault.STALE, InquiryFault.SUSPECT, InquiryFault.WRONG_AMOUNT})


@dataclass(frozen=True, slots=True)
class Said:
    """One answer to an inquiry that reached Fils."""

    asked_at: datetime
    heard_at: datetime
    outcome: Outcome
    amount: Money | None


@dataclass
class Order:
    """What the bank knows about one start of its page."""

    start: PaymentStart
    mode: NotificationMode
    knet_payment_id: str
    opened_at: datetime
    amount: Money
    """What the customer's account is charged: the amount asked for, unless the bank errs."""
    result: Outcome | None = None
    """What the customer's time on the page ended with."""
    ended_at: datetime | None = None
    captured_late_at: datetime | None = None
    """After a HOST TIMEOUT: when it turns out that the issuer took the money."""
    reversed_at: datetime | None = None
    fault: InquiryFault = InquiryFault.NONE
    has_lied: bool = False
    """Whether Fils was ever told anything about it that a person has to look at."""
    said: list[Said] = field(default_factory=list)
    inquired_at: list[datetime] = field(default_factory=list)
    """Also the inquiries that were not answered."""
    told: list[BankStatement] = field(default_factory=list)
    """The notifications that reached Fils, acknowledged or not."""
    news_version: int | None = None
    """Which version of the terminal's credentials its notifications were written with."""
    is_acknowledged: bool | None = None
    """Whether the first notification was; None before it."""
    return_secret: str | None = None
    """What our acknowledgement gave the customer's browser."""
    has_returned: bool = False

    def truth(self, at: datetime) -> Outcome:
        """What became of it by *at*."""
        if self.result is None or self.ended_at is None or at < self.ended_at:
            return Outcome.NOT_FOUND
        if self.reversed_at is not None and at >= self.reversed_at:
            return Outcome.REVERSED
        if self.captured_late_at is not None and at >= self.captured_late_at:
            return Outcome.CAPTURED
        return self.result

    def statement(self, outcome: Outcome) -> BankStatement:
        """*outcome* with all that identifies the order, as notifications and inquiries have it."""
        if outcome is Outcome.NOT_FOUND:
            return BankStatement(outcome=outcome, result="not found", error="IPAY0100263")
        return BankStatement(
            outcome=outcome,
            result=outcome.upper(),
            track_id=self.start.track_id,
            amount=self.amount,
            knet_payment_id=self.knet_payment_id,
        )


class ModelBank:
    """The bank. *modes* says who carries the news of each terminal's orders."""

    def __init__(self, clock: SettableClock, modes: dict[TerminalId, NotificationMode]) -> None:
        self._clock = clock
        self._modes = modes
        self._numbers = count(100202600100000001)
        self.orders: dict[str, Order] = {}
        self.meanwhile: Callable[[timedelta], Awaitable[None]] = self._let_pass
        """What happens while a slow answer is awaited."""

    def start_url(self, start: PaymentStart) -> str:
        """The browser follows the address at once: it opens the order."""
        assert start.track_id not in self.orders, "no track id is used twice"
        self.orders[start.track_id] = Order(
            start=start,
            mode=self._modes[start.terminal_id],
            knet_payment_id=str(next(self._numbers)),
            opened_at=self._clock.now(),
            amount=start.amount,
        )
        return f"https://bank.example/{start.track_id}"

    async def inquire(self, inquiry: Inquiry) -> Answer:
        """Answer by the truth and the order's fault."""
        order = self.orders[inquiry.track_id]
        assert inquiry.terminal_id == order.start.terminal_id
        assert inquiry.credentials_version >= order.start.credentials_version
        asked_at = self._clock.now()
        order.inquired_at.append(asked_at)
        fault = order.fault
        if fault is InquiryFault.DOWN:
            raise NotSent("the bank is down")
        if fault is InquiryFault.UNREADABLE:
            raise OutcomeUnknown("the answer cannot be read")
        statement = self._statement(order, inquiry, asked_at)
        if fault is InquiryFault.SLOW:
            await self.meanwhile(SLOW_BY)
        order.has_lied |= fault in LIES or statement.outcome is Outcome.SUSPECT
        order.said.append(Said(asked_at, self._clock.now(), statement.outcome, statement.amount))
        return Answer(statement, f"{statement}")

    def money(self) -> Counter[tuple[str, str, int]]:
        """What is captured and not given back: terminal, track id and amount in minor units."""
        now = self._clock.now()
        return Counter(
            (order.start.terminal_id, order.start.track_id, order.amount.amount)
            for order in self.orders.values()
            if order.truth(now) is Outcome.CAPTURED
        )

    def _statement(self, order: Order, inquiry: Inquiry, at: datetime) -> BankStatement:
        truth = order.truth(at)
        if order.fault is InquiryFault.STALE:
            truth = order.truth(at - STALE_BY) if truth is Outcome.REVERSED else Outcome.NOT_FOUND
        if truth is Outcome.NOT_FOUND:
            return order.statement(truth)
        if order.fault is InquiryFault.SUSPECT or inquiry.amount != order.amount:
            return order.statement(Outcome.SUSPECT)
        statement = order.statement(truth)
        if order.fault is InquiryFault.WRONG_AMOUNT:
            return _with_another_amount(statement)
        return statement

    async def _let_pass(self, span: timedelta) -> None:
        self._clock.move(span)


def _with_another_amount(statement: BankStatement) -> BankStatement:
    assert statement.amount is not None
    return replace(statement, amount=Money(statement.amount.amount + 1, KWD))
