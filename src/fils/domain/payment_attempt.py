"""
One try of a customer to pay at KNET: its own track id, its own evidence, its own capture.

KNET wants a new track id for every start, so a payment has as many attempts as the customer started. An attempt is
open until evidence closes it; only ``knowing`` decides which.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fils.domain.evidence import BankStatement, Outcome, Resolution
from fils.domain.identifiers import AccountId, PaymentAttemptId, PaymentId, PaymentSetupId, TerminalId
from fils.domain.money import Money


class NotificationMode(StrEnum):
    """Who carries KNET's news of how an attempt ended. The bank sets it for each terminal."""

    SERVER = "server"
    """KNET's server tells ours (mode N), and takes back a capture whose news was not acknowledged."""
    BROWSER = "browser"
    """The customer's browser carries it (mode L). Nobody acknowledges anything, and nothing is taken back."""


class AttemptState(StrEnum):
    """Where an attempt stands."""

    OPEN = "open"
    CAPTURED = "captured"
    NEGATIVE = "negative"
    """Ended without money; late evidence can still turn it into CAPTURED."""


@dataclass(frozen=True, slots=True)
class OtherCapture:
    """A capture over another amount than was asked for: only KNET's notification named it, and its inquiry agrees."""

    amount: Money
    since: datetime
    """When KNET's first answer that says so had reached us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentAttempt:
    """A payment attempt. It is changed only together with its payment, and guarded by its own version too."""

    id: PaymentAttemptId
    account_id: AccountId
    setup_id: PaymentSetupId
    payment_id: PaymentId
    terminal_id: TerminalId
    credentials_version: int
    """Which version of the terminal's credentials the start was encrypted with, and answers are decrypted with."""
    track_id: str
    amount: Money
    return_secret_hash: str
    return_secret_sealed: str
    """Kept so that a repeated notification gets the same answer."""
    started_at: datetime
    """The time of its 302 to KNET, committed before that was sent."""
    mode: NotificationMode = NotificationMode.SERVER
    """How its terminal was set when it started."""
    state: AttemptState = AttemptState.OPEN
    outcome: Outcome | None = None
    """What it ended with, once it is not open."""
    counts: bool = False
    """Whether its capture is the one of the setup that counts. A captured attempt that does not count is surplus."""
    returned_at: datetime | None = None
    """When the browser presented the return secret."""
    provisional_at: datetime | None = None
    """When KNET's first CAPTURED at an inquiry, which could not decide yet, had reached us."""
    other_capture: OtherCapture | None = None
    """What KNET says that it captured instead of the amount; it never counts. None once it was taken back."""
    decided_at: datetime | None = None
    inquired_at: datetime | None = None
    """The last time KNET was asked about it, whether or not it answered."""
    unanswered_since: datetime | None = None
    """The first of the latest inquiries in a row that had no answer with a meaning; None after one that had."""
    said: BankStatement | None = None
    """Everything KNET said about it so far, later words over earlier ones."""
    notified_outcome: Outcome | None = None
    """What its notification said, if one came."""
    inquiry_outcome: Outcome | None = None
    """What the latest answer to an inquiry said, of those that can be read and contradict nothing."""
    attention: str | None = None
    """Why a person has to look, or None."""
    attention_since: datetime | None = None
    """Since when somebody has to look; None if nobody has to."""
    resolution: Resolution | None = None
    """The latest word of a person about it. What KNET says against that is brought to a person again."""
    version: int = 0

    @property
    def is_surplus(self) -> bool:
        """Captured and not counted: beside another capture of the same setup, or over another amount."""
        return self.state is AttemptState.CAPTURED and not self.counts

    @property
    def captured_amount(self) -> Money | None:
        """What KNET captured and did not take back, as far as is known; None if nothing."""
        if self.state is not AttemptState.CAPTURED:
            return None
        return self.other_capture.amount if self.other_capture else self.amount
