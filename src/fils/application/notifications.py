"""
What KNET sends us: notifications, and browsers at errorURL.

A notification is stored as evidence before anything is decided, and nothing is decided here at all: the inquiry
decides. KNET takes a capture back when its notification is not acknowledged, so what is acknowledged follows rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fils.application.deciding import LOOK_AFTER
from fils.application.ports import Answer, Batch, Ports, Wake
from fils.application.settling import new_evidence
from fils.domain.errors import InvariantViolated, MessageRejected
from fils.domain.evidence import BankStatement, Evidence, EvidenceKind, Outcome
from fils.domain.identifiers import PaymentId, TerminalId
from fils.domain.knowing import disagreement
from fils.domain.payment_attempt import PaymentAttempt
from fils.domain.payment_setup import PaymentSetup

RETURN_PURPOSE: Final = "return secret"

_HINTS_APART: Final = timedelta(seconds=10)
"""How far apart the inquiries are that somebody without a proof of who they are can cause."""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """KNET may be told that its notification arrived."""

    return_secret: str
    """The secret for the return address; only this answer carries it."""


async def receive_notification(
    ports: Ports, terminal_id: TerminalId, notification: Answer
) -> Acknowledgement:
    """
    Store what KNET sent about an attempt and say whether it is acknowledged. A repeat gets the same answer.

    Args:
        terminal_id: The terminal whose address it came to, and whose key decrypted it.
        notification: What it says, and the raw message.

    Raises:
        MessageRejected: If it must not be acknowledged; KNET then reverses what it may have captured.
        StorageUnavailable: If it could not be stored.
    """
    statement = notification.statement
    attempt = await ports.store.attempt_by_track_id(terminal_id, statement.track_id or "")
    if attempt is None:
        raise MessageRejected("the notification names no attempt of this terminal")
    now = ports.clock.now()
    evidence = new_evidence(
        ports, attempt, EvidenceKind.NOTIFICATION, content=notification.raw, statement_of=notification
    )
    wake = Wake(attempt.account_id, attempt.payment_id, now + LOOK_AFTER, replace=False)
    # Whoever decides about the payment now has not read this; after it, the wake is not overwritten by theirs.
    async with ports.locks.holding(attempt.setup_id):
        await ports.store.commit(Batch(evidence=(evidence,), wakes=(wake,)))
    await _check_acknowledgeable(ports, attempt, statement, evidence.digest)
    return Acknowledgement(ports.vault.open(RETURN_PURPOSE, attempt.return_secret_sealed))


async def receive_error_return(ports: Ports, terminal_id: TerminalId, track_id: str) -> PaymentId | None:
    """
    Note that a browser came to errorURL. Anyone can send that, so it only brings the next inquiry forward, and
    not to less than ten seconds after the latest.

    Returns:
        The payment whose page the browser is sent to, or None if the track id is not known.
    """
    attempt = await ports.store.attempt_by_track_id(terminal_id, track_id)
    if attempt is None:
        return None
    evidence = new_evidence(ports, attempt, EvidenceKind.ERROR_RETURN, content="")
    asked_at = attempt.inquired_at or attempt.started_at
    wake_at = max(ports.clock.now(), asked_at + _HINTS_APART)
    wake = Wake(attempt.account_id, attempt.payment_id, wake_at, replace=False)
    await ports.store.commit(Batch(evidence=(evidence,), wakes=(wake,)))
    return attempt.payment_id


async def _check_acknowledgeable(
    ports: Ports, attempt: PaymentAttempt, statement: BankStatement, digest: str
) -> None:
    notifications = [
        item
        for item in await ports.store.evidence(attempt.payment_id)
        if item.attempt_id == attempt.id and item.kind is EvidenceKind.NOTIFICATION
    ]
    fault = disagreement(attempt, statement) or _other_payment_id(attempt, statement, notifications)
    if fault is not None:
        raise MessageRejected(fault)
    if statement.outcome is Outcome.CAPTURED:
        first_heard_at = min(item.received_at for item in notifications if item.digest == digest)
        paid_at = await _paid_by_another_at(ports, attempt)
        # A repeat gets the answer it got before the other attempt was captured.
        if paid_at is not None and first_heard_at >= paid_at:
            raise MessageRejected("the setup is already paid by another attempt")


def _other_payment_id(
    attempt: PaymentAttempt, statement: BankStatement, notifications: Iterable[Evidence]
) -> str | None:
    """A fault if an earlier notification named another payment id of KNET's."""
    for item in notifications:
        if item.statement is not None and disagreement(attempt, item.statement) is None:
            same = item.statement.knet_payment_id == statement.knet_payment_id
            return None if same else "another payment id"
    return None


async def _paid_by_another_at(ports: Ports, attempt: PaymentAttempt) -> datetime | None:
    """When another attempt's capture came to count for the setup, or None."""
    counted_id = (await _setup(ports, attempt)).counted_attempt_id
    if counted_id is None or counted_id == attempt.id:
        return None
    counted = await ports.store.attempt(counted_id)
    if counted is None or counted.decided_at is None:
        raise InvariantViolated("a setup counts an attempt that is not captured")
    return counted.decided_at


async def _setup(ports: Ports, attempt: PaymentAttempt) -> PaymentSetup:
    setup = await ports.store.payment_setup(attempt.setup_id)
    if setup is None:
        raise InvariantViolated("an attempt has no setup")
    return setup
