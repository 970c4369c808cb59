"""
How an order can end: the result in KNET's words, and the test cards that bring each end about. Pure.

KNET's own test card decides by its expiry alone (Merchant Integration Manual K-064, test card). The cards of
``TEST_CARDS`` are this simulator's: KNET's test host has no way to ask for those ends. Their numbers end in the code
that they stand for, the issuer's or KNET's own.
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
    error_code: str | None = None
    """KNET's code that the merchant is told in clear at errorURL, instead of by the encrypted news."""


class CardKind(StrEnum):
    """Which test card was typed in. The books keep this instead of the number."""

    ORDINARY = "ordinary"
    DO_NOT_HONOUR = "do_not_honour"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    EXPIRED_CARD = "expired_card"
    WRONG_PIN = "wrong_pin"
    AMOUNT_LIMIT = "amount_limit"
    RESTRICTED_CARD = "restricted_card"
    USE_LIMIT = "use_limit"
    PIN_TRIES = "pin_tries"
    ISSUER_DOWN = "issuer_down"
    RISK = "risk"
    OTP = "otp"
    HOST_TIMEOUT = "host_timeout"
    LATE_CAPTURE = "late_capture"
    UNDELIVERABLE = "undeliverable"


@dataclass(frozen=True, slots=True)
class NumberedCard:
    """One test card."""

    kind: CardKind
    digits: str
    """The ten digits after the prefix."""
    decision: Decision
    """Its end with the approving expiry."""


def _declined(kind: CardKind, code: str) -> NumberedCard:
    return NumberedCard(kind, code.zfill(10), Decision(Result.NOT_CAPTURED, code))


TEST_CARDS: Final = (
    _declined(CardKind.DO_NOT_HONOUR, _DO_NOT_HONOUR),
    _declined(CardKind.INSUFFICIENT_FUNDS, "51"),
    _declined(CardKind.EXPIRED_CARD, "54"),
    _declined(CardKind.WRONG_PIN, "55"),
    _declined(CardKind.AMOUNT_LIMIT, "61"),
    _declined(CardKind.RESTRICTED_CARD, "62"),
    _declined(CardKind.USE_LIMIT, "65"),
    _declined(CardKind.PIN_TRIES, "75"),
    _declined(CardKind.ISSUER_DOWN, "91"),
    NumberedCard(CardKind.RISK, "0000000045", Decision(Result.DENIED_BY_RISK, None)),
    NumberedCard(CardKind.OTP, "0000000092", Decision(Result.CAPTURED, _APPROVED)),
    NumberedCard(CardKind.HOST_TIMEOUT, "0000000158", Decision(Result.HOST_TIMEOUT, None)),
    NumberedCard(
        CardKind.LATE_CAPTURE, "0000001158", Decision(Result.HOST_TIMEOUT, None, captured_later=True)
    ),
    NumberedCard(
        CardKind.UNDELIVERABLE, "0000000249", Decision(Result.CAPTURED, _APPROVED, delivery_fails=True)
    ),
)
"""Every card whose number means something, in the order in which people are shown them."""

_KINDS: Final = {card.digits: card.kind for card in TEST_CARDS}
_DECISIONS: Final = {card.kind: card.decision for card in TEST_CARDS}

CANCELED: Final = Decision(Result.CANCELED, auth_resp_code=None)
"""The customer pressed Cancel."""
OTP_TRIES_OVER: Final = Decision(Result.CANCELED, auth_resp_code=None, error_code="IPAY0100049")
"""Too many wrong one-time passwords: KNET cancels the order and says why at errorURL."""


def kind_of(digits: str) -> CardKind:
    """Return which test card the ten *digits* after the prefix are; any that are not in the table are ordinary."""
    return _KINDS.get(digits, CardKind.ORDINARY)


def asks_for_otp(kind: CardKind, expiry: tuple[int, int], approving_expiry: tuple[int, int]) -> bool:
    """Tell whether the issuer wants a one-time password; for a card that it declines anyway it wants none."""
    return kind is CardKind.OTP and expiry == approving_expiry


def decide(kind: CardKind, expiry: tuple[int, int], approving_expiry: tuple[int, int]) -> Decision:
    """
    Answer as the issuer does: the approving expiry brings a test card's own end, any other is declined.

    Args:
        kind: Which card it is; an ordinary one with the approving expiry is captured.
        expiry: Its year and month.
        approving_expiry: The one that the bank is set to approve.
    """
    if expiry != approving_expiry:
        return Decision(Result.NOT_CAPTURED, _DO_NOT_HONOUR)
    return _DECISIONS.get(kind, Decision(Result.CAPTURED, _APPROVED))
