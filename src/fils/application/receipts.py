"""What a receipt of a decided payment says: the facts that the bank wants on it, read together. Nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass

from fils.application.payments import telling_attempt
from fils.application.ports import Ports
from fils.application.visits import merchant_name
from fils.domain.evidence import BankStatement, Outcome
from fils.domain.payment import Payment
from fils.domain.payment_attempt import AttemptState


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A decided payment and what is known about its end."""

    payment: Payment
    merchant: str
    """Whom the customer paid, or wanted to."""
    track_id: str | None
    """The track id of the attempt that decided the payment; None if the customer never came."""
    outcome: Outcome | None
    """How that attempt ended; None without an attempt, or while it is open again."""
    said: BankStatement | None
    """What KNET said about it, as far as it said anything."""
    is_unsettled: bool
    """Whether money may have moved although the payment is not captured: an attempt is open again, or surplus."""


async def get_receipt(ports: Ports, payment: Payment) -> Receipt:
    """The receipt of a decided *payment*, as it stands now."""
    attempt = await telling_attempt(ports, payment)
    attempts = await ports.store.attempts(payment.id)
    return Receipt(
        payment=payment,
        merchant=await merchant_name(ports, payment),
        track_id=attempt.track_id if attempt else None,
        outcome=attempt.outcome if attempt else None,
        said=attempt.said if attempt else None,
        is_unsettled=not payment.is_captured
        and any(attempt.state is not AttemptState.NEGATIVE for attempt in attempts),
    )
