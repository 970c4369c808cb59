"""
What the bank's side said about an attempt, as it is kept: statements, and the evidence they are part of.

A statement is typed and in Fils' words. How KNET's words become an outcome is decided by the connector's mapping,
what a statement proves by ``knowing``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum

from fils.domain.identifiers import AccountId, EvidenceId, PaymentAttemptId, PaymentId
from fils.domain.money import Money


class Outcome(StrEnum):
    """What one statement of KNET says happened. A word that is not known is UNKNOWN and proves nothing."""

    CAPTURED = "captured"
    NOT_CAPTURED = "not_captured"
    CANCELED = "canceled"
    DENIED_BY_RISK = "denied_by_risk"
    HOST_TIMEOUT = "host_timeout"
    REVERSED = "reversed"
    """Captured, and taken back by KNET itself."""
    FAILED = "failed"
    """A bare FAILURE, which does not say why."""
    NOT_FOUND = "not_found"
    """KNET has no such transaction (IPAY0100263); also for one the customer never submitted."""
    SUSPECT = "suspect"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class BankStatement:
    """What KNET said about one attempt. Absent details are None."""

    outcome: Outcome
    result: str
    """KNET's own word, cleaned of control characters."""
    track_id: str | None = None
    amount: Money | None = None
    knet_payment_id: str | None = None
    transaction_id: str | None = None
    bank_reference: str | None = None
    auth_code: str | None = None
    auth_response_code: str | None = None
    post_date: str | None = None
    avr: str | None = None
    error: str | None = None
    """A code such as ``IPAY0100263``."""
    error_text: str | None = None

    def over(self, earlier: BankStatement | None) -> BankStatement:
        """This statement, with *earlier*'s details where this one is silent; an error is never taken over."""
        if earlier is None:
            return self
        details = (item.name for item in fields(self) if item.name not in ("error", "error_text"))
        silent = [name for name in details if getattr(self, name) is None]
        return replace(self, **{name: getattr(earlier, name) for name in silent})


class EvidenceKind(StrEnum):
    """How a piece of evidence reached us."""

    NOTIFICATION = "notification"
    """KNET's server told us and waited for an answer: unless it is acknowledged, it takes a capture back."""
    BROWSER_NOTIFICATION = "browser_notification"
    """The customer's browser carried KNET's news (mode L). It says the same and is acknowledged by nobody."""
    INQUIRY = "inquiry"
    RETURN = "return"
    """The browser presented the attempt's return secret, which only our acknowledgement carried."""
    ERROR_RETURN = "error_return"
    """The browser came to errorURL. Unauthenticated: it proves nothing and only asks for an inquiry."""
    RESOLUTION = "resolution"
    """A named person's word about the attempt, with what it rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What a person found out about an attempt. ``resolving`` checks that *by* and *why* say something."""

    is_captured: bool
    """Whether the customer's money came and is still there."""
    by: str
    """Who says so."""
    why: str
    """What it rests on, such as a line of the bank's report."""
    at: datetime
    """Aware UTC time at which it was said."""
    about: str | None = None
    """Why the attempt needed a person, if it did. The same again is not brought to a person twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One thing that was said, stored before anything is decided by it and never changed."""

    id: EvidenceId
    account_id: AccountId
    payment_id: PaymentId
    attempt_id: PaymentAttemptId
    kind: EvidenceKind
    digest: str
    """A keyed hash of the content; the same content for the same attempt is stored once."""
    received_at: datetime
    statement: BankStatement | None = None
    """None where nothing is said beyond the arrival itself."""
    asked_amount: Money | None = None
    """Of an inquiry: the amount it was made with, where that is not the attempt's."""
    sealed: str | None = None
    """The raw message, encrypted under the data key."""
    resolution: Resolution | None = None
    """The person's word; None for everything that came from the bank's side."""

    @property
    def is_notification(self) -> bool:
        """Whether it is KNET's news of how the attempt ended, whoever carried it."""
        return self.kind in (EvidenceKind.NOTIFICATION, EvidenceKind.BROWSER_NOTIFICATION)
