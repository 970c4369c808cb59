"""The receipt of a decided payment: the facts of the attempt that decided it, and whether money may still move."""

from __future__ import annotations

from datetime import timedelta

from fils.application.receipts import get_receipt
from fils.domain.evidence import Outcome
from tests.support.application_ports import ACCOUNT
from tests.support.payment_states import DECIDED, Counter


async def test_a_receipt_has_the_facts_of_the_attempt_that_decided() -> None:
    counter = await Counter.open()
    payment = await counter.confirm()
    await counter.start(payment)
    await counter.end(payment, Outcome.CAPTURED)
    first, second = (start.track_id for start in counter.bank.starts)

    receipt = await get_receipt(counter.ports, await counter.stored(payment.id))

    assert first != receipt.track_id == second
    assert receipt.outcome is Outcome.CAPTURED
    assert receipt.merchant == ACCOUNT.name
    assert receipt.said is not None
    assert receipt.said.bank_reference == "914310000349"


async def test_without_an_attempt_there_is_nothing_of_the_bank() -> None:
    counter = await Counter.open()
    payment = await counter.confirm()
    await DECIDED["expired"](counter, payment)
    receipt = await get_receipt(counter.ports, await counter.stored(payment.id))
    assert (receipt.track_id, receipt.outcome, receipt.said) == (None, None, None)
    assert not receipt.is_unsettled


async def test_an_attempt_knet_never_heard_of_still_has_its_track_id() -> None:
    counter = await Counter.open()
    payment = await counter.confirm()
    await counter.start(payment)
    counter.clock.move(timedelta(minutes=61))
    counter.bank.answers.append(counter.statement(Outcome.NOT_FOUND))
    await counter.settle(payment)
    receipt = await get_receipt(counter.ports, await counter.stored(payment.id))
    assert receipt.track_id == counter.bank.starts[-1].track_id
    assert receipt.outcome is Outcome.NOT_FOUND


async def test_an_attempt_that_is_open_again_leaves_a_payment_unsettled() -> None:
    counter = await Counter.open()
    payment = await counter.confirm()
    await DECIDED["timed-out"](counter, payment)
    assert not (await get_receipt(counter.ports, await counter.stored(payment.id))).is_unsettled
    counter.clock.move(timedelta(minutes=9))
    counter.bank.answers.append(counter.statement(Outcome.CAPTURED))
    await counter.settle(payment)
    receipt = await get_receipt(counter.ports, await counter.stored(payment.id))
    assert receipt.is_unsettled
    assert receipt.outcome is None


async def test_reading_a_receipt_changes_nothing() -> None:
    counter = await Counter.open()
    payment = await counter.confirm()
    await counter.end(payment, Outcome.CAPTURED)
    before = await counter.stored(payment.id)
    attempts = await counter.ports.store.attempts(payment.id)
    assert await get_receipt(counter.ports, before) == await get_receipt(counter.ports, before)
    assert await counter.stored(payment.id) == before
    assert await counter.ports.store.attempts(payment.id) == attempts
