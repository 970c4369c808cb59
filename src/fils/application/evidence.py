"""
What was said about a payment, as an operator reads it. The raw messages are sealed, and opening them is recorded first.
"""

from __future__ import annotations

from dataclasses import dataclass

from fils.application.ports import Batch, Ports
from fils.application.settling import EVIDENCE_PURPOSE
from fils.domain.audit import AuditedAct, AuditEntry
from fils.domain.errors import NotFound
from fils.domain.evidence import Evidence
from fils.domain.identifiers import AUDIT_ENTRY, AuditEntryId, PaymentId
from fils.domain.payment import Payment
from fils.domain.person import who_and_why


@dataclass(frozen=True, slots=True)
class PaymentEvidence:
    """Everything that was said about a payment, in the order of arrival, and who opened the raw messages."""

    payment: Payment
    items: tuple[Evidence, ...]
    raw: tuple[str | None, ...]
    """The raw message of each item; None where it has none or was not opened."""
    audit: tuple[AuditEntry, ...]


async def list_evidence(ports: Ports, payment_id: PaymentId) -> PaymentEvidence:
    """
    What was said about the payment, with the raw messages left sealed.

    Raises:
        NotFound: If there is no such payment.
    """
    payment = await _payment(ports, payment_id)
    items = await ports.store.evidence(payment.id)
    return PaymentEvidence(payment, items, (None,) * len(items), await ports.store.audit_entries(payment.id))


async def read_raw_evidence(ports: Ports, payment_id: PaymentId, *, by: str, why: str) -> PaymentEvidence:
    """
    The same with the raw messages opened, after it was recorded who reads them and why.

    Raises:
        NotFound: If there is no such payment.
        CommandRefused: If *by* or *why* says nothing.
        StorageUnavailable: If it could not be recorded; then nothing is opened.
        InvariantViolated: If a message does not open: it is not of this database.
    """
    name, reason = who_and_why(by, why, wanted="say with --why what the raw messages have to be read for")
    payment = await _payment(ports, payment_id)
    entry = AuditEntry(
        id=AuditEntryId(ports.ids.identifier(AUDIT_ENTRY)),
        account_id=payment.account_id,
        subject_id=payment.id,
        act=AuditedAct.RAW_EVIDENCE_READ,
        by=name,
        why=reason,
        at=ports.clock.now(),
    )
    await ports.store.commit(Batch(inserts=(entry,)))
    items = await ports.store.evidence(payment.id)
    raw = tuple(_opened(ports, item) for item in items)
    return PaymentEvidence(payment, items, raw, await ports.store.audit_entries(payment.id))


def _opened(ports: Ports, item: Evidence) -> str | None:
    return ports.vault.open(EVIDENCE_PURPOSE, item.sealed) if item.sealed is not None else None


async def _payment(ports: Ports, payment_id: PaymentId) -> Payment:
    payment = await ports.store.payment(payment_id)
    if payment is None:
        raise NotFound
    return payment
