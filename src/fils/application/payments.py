"""Payments as their merchant reads them."""

from __future__ import annotations

from dataclasses import dataclass

from fils.application.ports import Ports
from fils.domain.errors import NotFound
from fils.domain.identifiers import SESSION, AccountId, PaymentId, SessionId, is_identifier
from fils.domain.payment import Payment
from fils.domain.payment_attempt import PaymentAttempt


@dataclass(frozen=True, slots=True)
class PaymentView:
    """A payment with the attempt that tells its story."""

    payment: Payment
    attempt: PaymentAttempt | None
    """The attempt that decided it; before that the latest one; None if the customer never came."""
    by_session: bool = False
    """Whether it was asked for by its session id; only then the API shows its actions."""


async def get_payment(ports: Ports, account_id: AccountId, name: str) -> PaymentView:
    """
    Read a payment by its id, or by the session id of the browser's return while that lives.

    Raises:
        NotFound: If the account has no such payment, or the session id names none any more.
    """
    by_session = is_identifier(SESSION, name)
    if by_session:
        payment = await ports.store.payment_by_session(SessionId(name))
        if payment is not None and not _session_lives(ports, payment):
            payment = None
    else:
        payment = await ports.store.payment(PaymentId(name))
    if payment is None or payment.account_id != account_id:
        raise NotFound
    return PaymentView(payment, await telling_attempt(ports, payment), by_session)


async def latest_payments(ports: Ports, account_id: AccountId, *, limit: int) -> tuple[Payment, ...]:
    """The account's newest payments, newest first, at most *limit*."""
    return await ports.store.latest_payments(account_id, limit=limit)


async def telling_attempt(ports: Ports, payment: Payment) -> PaymentAttempt | None:
    """The attempt that decided *payment*; while it is undecided, the latest."""
    if payment.decided_by is not None:
        return await ports.store.attempt(payment.decided_by)
    attempts = await ports.store.attempts(payment.id)
    return attempts[-1] if attempts else None


def _session_lives(ports: Ports, payment: Payment) -> bool:
    return payment.session_expires_at is not None and ports.clock.now() < payment.session_expires_at
