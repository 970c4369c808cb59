"""Payments as their merchant reads them."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from fils.application.inquiry_budget import HINTS_APART
from fils.application.ports import Batch, Ports, Wake
from fils.domain.errors import NotFound, StorageUnavailable
from fils.domain.identifiers import SESSION, AccountId, PaymentId, SessionId, is_identifier
from fils.domain.payment import Payment
from fils.domain.payment_attempt import AttemptState, PaymentAttempt


@dataclass(frozen=True, slots=True)
class PaymentView:
    """A payment with the attempt that tells its story."""

    payment: Payment
    attempt: PaymentAttempt | None
    """The attempt that decided it; before that the latest one; None if the customer never came."""
    by_session: bool = False
    """Whether it was asked for by its session id; only then the API shows its actions."""


@dataclass(frozen=True, slots=True)
class PaymentPage:
    """Some of the payments that have a reference."""

    views: tuple[PaymentView, ...]
    total_count: int
    """How many have it, also those that are not on this page."""


async def get_payment(ports: Ports, account_id: AccountId, name: str) -> PaymentView:
    """
    Read a payment by its id, or by the session id of the browser's return while that lives.

    The answer is what is stored. Of a payment that is undecided it may bring the next inquiry forward, so that who
    asks again in a while learns more.

    Raises:
        NotFound: If the account has no such payment, or the session id names none any more.
    """
    view = await find_payment(ports, account_id, name)
    if _is_worth_asking(ports, view):
        wake = Wake(account_id, view.payment.id, ports.clock.now(), replace=False)
        # What is stored can be told, also where nothing can be written just now.
        with contextlib.suppress(StorageUnavailable):
            await ports.store.commit(Batch(wakes=(wake,)))
    return view


async def find_payment(ports: Ports, account_id: AccountId, name: str) -> PaymentView:
    """
    The same, and nothing but a read: for lists of what belongs to a payment.

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


async def list_payments(
    ports: Ports, account_id: AccountId, reference: str, *, skip: int, limit: int
) -> PaymentPage:
    """
    The account's payments with exactly this reference, newest first. No inquiry comes of it.

    Args:
        reference: As the shop wrote it; upper and lower case are different.
        skip: How many of the newest are left out.
        limit: How many are told at most.
    """
    store = ports.store
    total_count = await store.count_payments_by_reference(account_id, reference)
    payments: tuple[Payment, ...] = ()
    if skip < total_count:
        payments = await store.payments_by_reference(account_id, reference, skip=skip, limit=limit)
    # One after the other: a store has few connections for reads, and confirms wait for them as well.
    views = [PaymentView(payment, await telling_attempt(ports, payment)) for payment in payments]
    return PaymentPage(tuple(views), total_count)


async def latest_payments(ports: Ports, account_id: AccountId, *, limit: int) -> tuple[Payment, ...]:
    """The account's newest payments, newest first, at most *limit*."""
    return await ports.store.latest_payments(account_id, limit=limit)


async def telling_attempt(ports: Ports, payment: Payment) -> PaymentAttempt | None:
    """The attempt that decided *payment*; while it is undecided, the latest."""
    if payment.decided_by is not None:
        return await ports.store.attempt(payment.decided_by)
    attempts = await ports.store.attempts(payment.id)
    return attempts[-1] if attempts else None


def _is_worth_asking(ports: Ports, view: PaymentView) -> bool:
    """Whether KNET may know more by now, and may be asked: the budget is only taken from if so."""
    payment, attempt, now = view.payment, view.attempt, ports.clock.now()
    if payment.is_decided or attempt is None or attempt.state is AttemptState.CAPTURED:
        return False
    is_long_ago = now >= (attempt.inquired_at or attempt.started_at) + HINTS_APART
    return is_long_ago and ports.read_budget.take(payment.terminal_id, payment.id, now=now)


def _session_lives(ports: Ports, payment: Payment) -> bool:
    return payment.session_expires_at is not None and ports.clock.now() < payment.session_expires_at
