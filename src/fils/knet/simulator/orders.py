"""What the bank's books know: an order, its card, its refunds, and what is to happen later. Plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fils.domain.money import Money
from fils.knet.simulator.faults import Faults
from fils.knet.simulator.outcomes import CardKind, Result
from fils.knet.wire import Language


class OrderState(StrEnum):
    """The states of an order that KNET's portal shows."""

    INITIALIZED = "INITIALIZED"
    PRESENTED = "PRESENTED"
    PROCESSED = "PROCESSED"


class News(StrEnum):
    """Whether the merchant has taken the news of a processed order."""

    NONE = "NONE"
    """There is nothing to tell yet."""
    LATER = "LATER"
    """It is told at a time that stands among the things that are due."""
    DUE = "DUE"
    """The merchant is being told, or the process died while it was."""
    TAKEN = "TAKEN"
    """The merchant answered with a ``REDIRECT=`` line."""
    REFUSED = "REFUSED"
    """It did not, in mode N: KNET gives back what it could not tell."""
    CARRIED = "CARRIED"
    """The customer's browser was given it. Nobody acknowledges that, and nothing is given back."""
    LOST = "LOST"
    """The customer's browser was never given it. Nothing is given back either."""


class Funds(StrEnum):
    """Where the money of an order is."""

    NONE = "NONE"
    """With the customer."""
    CAPTURED = "CAPTURED"
    """With the merchant, refunds aside."""
    REVERSED = "REVERSED"
    """With the customer again, because the merchant could not be told."""


class Act(StrEnum):
    """What happens to an order by itself, at a time."""

    GIVE_UP = "GIVE_UP"
    """The merchant should long have answered: it was not told."""
    REVERSE = "REVERSE"
    """Captured money is given back."""
    CAPTURE = "CAPTURE"
    """An order that ended with HOST TIMEOUT turns out captured."""
    TELL = "TELL"
    """The news goes out."""


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that happens later."""

    payment_id: str
    act: Act
    at: datetime
    """Aware time."""


@dataclass(frozen=True, slots=True)
class NewOrder:
    """A start message that passed every check."""

    terminal_id: str
    track_id: str
    amount: Money
    language: Language
    response_url: str
    error_url: str
    user_fields: tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Card:
    """What the books keep of a card: never its whole number, never its PIN."""

    masked: str
    """The first six and the last four digits, stars between them."""
    expiry: tuple[int, int]
    """Year and month."""
    kind: CardKind = CardKind.ORDINARY
    """Which test card it is."""


@dataclass(frozen=True, slots=True)
class Order:
    """One line of the books."""

    payment_id: str
    placed: NewOrder
    opened_at: datetime
    state: OrderState
    card: Card | None
    otp_sent_at: datetime | None
    """When the issuer last sent a one-time password for the card; None if it wants none."""
    otp_failure_count: int
    """How many wrong ones came back; another card of the customer does not make it fewer."""
    result: Result | None
    amount: Money
    """What the transaction is made over: what was asked for, unless a fault changed it."""
    auth: str
    ref: str
    tran_id: str
    post_date: str
    auth_resp_code: str | None
    processed_at: datetime | None
    news: News
    funds: Funds
    faults: Faults | None
    """Set for this order alone; None leaves it to the terminal's."""

    @property
    def captured_late(self) -> bool:
        """Whether the merchant was told of a host timeout and the money was taken after all."""
        return self.result is Result.HOST_TIMEOUT and self.funds is not Funds.NONE


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back because the merchant asked for it: a transaction of its own."""

    payment_id: str
    amount: Money
    auth: str
    ref: str
    tran_id: str
    post_date: str
    refunded_at: datetime
