"""Evidence as an operator reads it: raw messages stay sealed until it is recorded who opens them."""

from __future__ import annotations

import pytest

from fils.application.evidence import list_evidence, read_raw_evidence
from fils.domain.audit import AuditedAct
from fils.domain.errors import CommandRefused, NotFound, StorageUnavailable
from fils.domain.evidence import EvidenceKind, Outcome
from fils.domain.identifiers import AUDIT_ENTRY, PaymentId, is_identifier
from tests.support.application_ports import ACCOUNT, WatchedStore, make_ports, seed
from tests.support.payment_states import Counter

NOBODY = PaymentId("pay_" + "a" * 26)


async def test_what_was_said_comes_in_its_order_with_raw_messages_sealed(counter: Counter) -> None:
    payment = await counter.confirm()
    await counter.end(payment, Outcome.CAPTURED)
    found = await list_evidence(counter.ports, payment.id)
    kinds = [item.kind for item in found.items]
    assert kinds == [EvidenceKind.NOTIFICATION, EvidenceKind.RETURN, EvidenceKind.INQUIRY]
    assert found.raw == (None, None, None)
    assert found.audit == ()
    assert found.payment == await counter.stored(payment.id)


async def test_raw_messages_are_opened_once_it_is_recorded_who_reads_them(counter: Counter) -> None:
    payment = await counter.confirm()
    await counter.end(payment, Outcome.CAPTURED)
    found = await read_raw_evidence(counter.ports, payment.id, by=" Noura\n", why="the bank asked")
    notification, arrival, inquiry = found.raw
    assert notification is not None
    assert notification.startswith("notification ")
    assert arrival is None
    assert inquiry == "captured 1"
    [entry] = found.audit
    assert is_identifier(AUDIT_ENTRY, entry.id)
    assert (entry.account_id, entry.subject_id) == (ACCOUNT.id, payment.id)
    assert (entry.act, entry.by, entry.why) == (AuditedAct.RAW_EVIDENCE_READ, "Noura", "the bank asked")
    assert entry.at == counter.clock.now()
    assert (await list_evidence(counter.ports, payment.id)).audit == (entry,)


async def test_what_cannot_be_recorded_is_not_opened() -> None:
    store = WatchedStore()
    first = await Counter.open()
    counter = Counter(make_ports(store=store, clock=first.clock, bank=first.bank), first.bank, first.clock)
    await seed(counter.ports)
    payment = await counter.confirm()
    await counter.end(payment, Outcome.CAPTURED)
    store.trouble = StorageUnavailable("the disk is full")
    with pytest.raises(StorageUnavailable):
        await read_raw_evidence(counter.ports, payment.id, by="Noura", why="the bank asked")


@pytest.mark.parametrize(("by", "why"), [("", "the bank asked"), ("Noura", " ")])
async def test_nobody_reads_without_a_name_and_a_reason(counter: Counter, by: str, why: str) -> None:
    payment = await counter.confirm()
    with pytest.raises(CommandRefused):
        await read_raw_evidence(counter.ports, payment.id, by=by, why=why)
    assert (await list_evidence(counter.ports, payment.id)).audit == ()


async def test_a_payment_that_does_not_exist_is_not_found(counter: Counter) -> None:
    with pytest.raises(NotFound):
        await list_evidence(counter.ports, NOBODY)
    with pytest.raises(NotFound):
        await read_raw_evidence(counter.ports, NOBODY, by="Noura", why="the bank asked")
    assert await counter.ports.store.audit_entries(NOBODY) == ()
