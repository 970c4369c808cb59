"""
What KNET sends us: notifications of its server, and browsers at errorURL.

A notification is stored as evidence before anything is decided, and nothing is decided here at all: the inquiry
decides. KNET takes a capture back when its notification is not acknowledged, so what is acknowledged follows rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fils.application.deciding import LOOK_AFTER
from fils.application.inquiry_budget import HINTS_APART
from fils.application.ports import Answer, Batch, Ports, Wake
from fils.application.settling import new_evidence
from fils.domain.errors import InvariantViolated, MessageRejected, RefusalReason
from fils.domain.evidence import BankStatement, Evidence, EvidenceKind, Outcome
from fils.domain.identifiers import PaymentId, TerminalId
from fils.domain.knowing import closes_at, disagreement
from fils.domain.payment_attempt import NotificationMode, PaymentAttempt
from fils.domain.payment_setup import PaymentSetup

RETURN_PURPOSE: Final = "return secret"


@dataclass(frozen=True, slots=True)
class Notification(Answer):
    """KNET's news of how an attempt ended: what it says, and the raw message."""

    credentials_version: int
    """Which version of the terminal's credentials decrypted it."""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """KNET may be told that its notification arrived."""

    payment_id: PaymentId
    return_secret: str | None
    """The secret for the return address, which only this answer carries. None for an attempt whose news a browser
    carries: that browser's customer could have asked for this answer, and would have the secret."""


async def receive_notification(
    ports: Ports, terminal_id: TerminalId, notification: Notification
) -> Acknowledgement:
    """
    Store what KNET's server sent about an attempt and say whether it is acknowledged. A repeat gets the same answer.

    Args:
        terminal_id: The terminal whose address it came to, and whose key decrypted it.
        notification: What it says.

    Raises:
        MessageRejected: If it must not be acknowledged; KNET then reverses what it may have captured.
        StorageUnavailable: If it could not be stored.
    """
    attempt = await find_attempt(ports, terminal_id, notification)
    evidence = await keep_notification(ports, attempt, notification, EvidenceKind.NOTIFICATION)
    await _check_acknowledgeable(ports, attempt, notification.statement, evidence.digest)
    if attempt.mode is NotificationMode.BROWSER:
        return Acknowledgement(attempt.payment_id, return_secret=None)
    secret = ports.vault.open(RETURN_PURPOSE, attempt.return_secret_sealed)
    return Acknowledgement(attempt.payment_id, secret)


async def find_attempt(ports: Ports, terminal_id: TerminalId, notification: Notification) -> PaymentAttempt:
    """
    The attempt that *notification* is about.

    Raises:
        MessageRejected: If the terminal has no such attempt, or an older key than it has now wrote about it.
    """
    track_id = notification.statement.track_id or ""
    attempt = await ports.store.attempt_by_track_id(terminal_id, track_id)
    if attempt is None:
        raise MessageRejected("the notification names no attempt of this terminal", RefusalReason.NOT_OURS)
    _check_version(ports, attempt, notification.credentials_version)
    return attempt


def _check_version(ports: Ports, attempt: PaymentAttempt, version: int) -> None:
    """An older key is one that somebody may have found since: it speaks only of attempts that were started with it."""
    if version < attempt.credentials_version:
        raise MessageRejected(
            "the notification was written with credentials from before the attempt",
            RefusalReason.OLD_CREDENTIALS,
        )
    current = ports.terminals.newest_version(attempt.terminal_id)
    is_old = current is not None and version < current
    if is_old and ports.clock.now() >= closes_at(attempt, ports.timing):
        raise MessageRejected(
            "the notification was written with old credentials, after the attempt was closed",
            RefusalReason.OLD_CREDENTIALS,
        )


async def keep_notification(
    ports: Ports, attempt: PaymentAttempt, notification: Notification, kind: EvidenceKind
) -> Evidence:
    """
    Store *notification* before anything is decided by it, and see that the payment is looked at soon.

    Raises:
        StorageUnavailable: If it could not be stored.
    """
    evidence = new_evidence(ports, attempt, kind, content=notification.raw, statement_of=notification)
    wake_at = ports.clock.now() + LOOK_AFTER
    wake = Wake(attempt.account_id, attempt.payment_id, wake_at, replace=False)
    # Whoever decides about the payment now has not read this; after it, the wake is not overwritten by theirs.
    async with ports.locks.holding(attempt.setup_id):
        await ports.store.commit(Batch(evidence=(evidence,), wakes=(wake,)))
    ports.telemetry.evidence_taken(evidence)
    return evidence


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
    wake_at = max(ports.clock.now(), asked_at + HINTS_APART)
    wake = Wake(attempt.account_id, attempt.payment_id, wake_at, replace=False)
    await ports.store.commit(Batch(evidence=(evidence,), wakes=(wake,)))
    ports.telemetry.evidence_taken(evidence)
    return attempt.payment_id


async def _check_acknowledgeable(
    ports: Ports, attempt: PaymentAttempt, statement: BankStatement, digest: str
) -> None:
    notifications = [
        item
        for item in await ports.store.evidence(attempt.payment_id)
        if item.attempt_id == attempt.id and item.is_notification
    ]
    fault = disagreement(attempt, statement) or _other_payment_id(attempt, statement, notifications)
    if fault is not None:
        raise MessageRejected(fault, RefusalReason.DISAGREES)
    if statement.outcome is Outcome.CAPTURED:
        first_heard_at = min(item.received_at for item in notifications if item.digest == digest)
        paid_at = await _paid_by_another_at(ports, attempt)
        # A repeat gets the answer it got before the other attempt was captured.
        if paid_at is not None and first_heard_at >= paid_at:
            raise MessageRejected("the setup is already paid by another attempt", RefusalReason.ALREADY_PAID)


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
