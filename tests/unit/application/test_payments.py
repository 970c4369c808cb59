"""Reading payments, by their id and by the session id of the browser's return."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fils.application.inquiry_budget import INQUIRIES_MAX
from fils.application.payment_setups import get_payment_setup
from fils.application.payments import find_payment, get_payment, latest_payments
from fils.application.ports import Batch
from fils.application.settling import settle_due_payments
from fils.application.visits import see_payment
from fils.domain.errors import NotFound, StorageUnavailable
from fils.domain.evidence import BankStatement, Outcome
from fils.domain.payment import Payment
from fils.domain.payment_attempt import AttemptState
from tests.support.application_ports import ACCOUNT, OTHER_ACCOUNT, WatchedStore
from tests.support.payment_states import Counter


async def test_a_payment_is_read_by_its_id_before_anybody_came(counter: Counter) -> None:
    payment = await counter.confirm()
    view = await get_payment(counter.ports, ACCOUNT.id, payment.id)
    assert (view.payment, view.attempt, view.by_session) == (payment, None, False)


async def test_the_latest_attempt_tells_until_one_has_decided(counter: Counter) -> None:
    payment = await counter.confirm()
    await counter.start(payment)
    await counter.start(payment)
    first, second = await counter.ports.store.attempts(payment.id)
    assert (await get_payment(counter.ports, ACCOUNT.id, payment.id)).attempt == second
    counter.clock.move(timedelta(minutes=51))
    counter.bank.answers.append(BankStatement(outcome=Outcome.NOT_CAPTURED, result="NOT CAPTURED"))
    counter.bank.answers.append(BankStatement(outcome=Outcome.NOT_FOUND, result="not found"))
    await counter.settle(payment)
    view = await get_payment(counter.ports, ACCOUNT.id, payment.id)
    assert view.attempt is not None
    assert view.attempt.id == first.id


@pytest.mark.parametrize(
    "name", ["", "pay_", "pay_4gubyq2w335upc54dx7a4257lq", "sid_4gubyq2w335upc54dx7a4257lq"]
)
async def test_what_names_no_payment_is_not_found(counter: Counter, name: str) -> None:
    with pytest.raises(NotFound):
        await get_payment(counter.ports, ACCOUNT.id, name)


async def test_a_payment_of_another_account_is_not_found(counter: Counter) -> None:
    payment = await counter.confirm()
    await counter.end(payment, Outcome.CAPTURED)
    for name in (payment.id, payment.session_id):
        with pytest.raises(NotFound):
            await get_payment(counter.ports, OTHER_ACCOUNT.id, name)


async def test_a_session_id_lives_from_the_return_and_ends(counter: Counter) -> None:
    payment = await counter.confirm()
    with pytest.raises(NotFound):
        await get_payment(counter.ports, ACCOUNT.id, payment.session_id)
    await counter.end(payment, Outcome.CAPTURED)
    counter.clock.move(timedelta(minutes=15) - timedelta(microseconds=1))
    view = await get_payment(counter.ports, ACCOUNT.id, payment.session_id)
    assert view.by_session
    assert view.payment.id == payment.id
    counter.clock.move(timedelta(microseconds=1))
    with pytest.raises(NotFound):
        await get_payment(counter.ports, ACCOUNT.id, payment.session_id)


async def test_the_latest_payments_are_the_accounts_own_newest(counter: Counter) -> None:
    payments = [await counter.confirm() for _ in range(3)]
    assert await latest_payments(counter.ports, ACCOUNT.id, limit=2) == (payments[2], payments[1])
    assert await latest_payments(counter.ports, OTHER_ACCOUNT.id, limit=2) == ()


# Reads that ask


async def is_due(counter: Counter, payment: Payment) -> bool:
    due = await counter.ports.store.claim_due_payments(now=counter.clock.time, limit=99, lease=timedelta())
    return payment.id in due


async def started(counter: Counter) -> Payment:
    """A payment whose customer went to KNET a while ago."""
    payment = await counter.confirm()
    await counter.start(payment)
    counter.clock.move(timedelta(seconds=10))
    return payment


async def test_a_read_by_id_brings_the_inquiry_forward_and_answers_what_is_stored(counter: Counter) -> None:
    payment = await started(counter)
    assert not await is_due(counter, payment)
    view = await get_payment(counter.ports, ACCOUNT.id, payment.id)
    assert view.payment == await counter.stored(payment.id)
    assert counter.bank.inquiries == []
    assert await is_due(counter, payment)
    counter.bank.answers.append(counter.statement(Outcome.CAPTURED))
    await settle_due_payments(counter.ports, limit=9)
    assert [inquiry.track_id for inquiry in counter.bank.inquiries] == [counter.bank.starts[-1].track_id]


async def test_reads_that_follow_each_other_cause_one_inquiry_in_ten_seconds(counter: Counter) -> None:
    payment = await started(counter)
    for _ in range(30):
        await get_payment(counter.ports, ACCOUNT.id, payment.id)
        await settle_due_payments(counter.ports, limit=9)
        counter.clock.move(timedelta(seconds=1))
    # At 0, 10 and 20 seconds; the schedule's own first one is later.
    assert len(counter.bank.inquiries) == 3


async def test_a_read_just_after_an_inquiry_asks_for_none(counter: Counter) -> None:
    payment = await started(counter)
    await counter.settle(payment)
    counter.clock.move(timedelta(seconds=9))
    await get_payment(counter.ports, ACCOUNT.id, payment.id)
    committed = await counter.ports.store.claim_due_payments(
        now=counter.clock.time, limit=9, lease=timedelta()
    )
    assert committed == ()


async def test_nobody_is_asked_about_a_payment_that_has_no_attempt_or_is_decided() -> None:
    store = WatchedStore()
    counter = await Counter.open(store=store)
    fresh = await counter.confirm()
    paid, canceled = await counter.confirm(), await counter.confirm()
    await counter.end(paid, Outcome.CAPTURED)
    await counter.end(canceled, Outcome.CANCELED)
    counter.clock.move(timedelta(seconds=10))
    committed_count = len(store.committed)
    for payment in (fresh, paid, canceled):
        await get_payment(counter.ports, ACCOUNT.id, payment.id)
    assert len(store.committed) == committed_count


async def test_nobody_is_asked_about_a_payment_whose_capture_is_surplus() -> None:
    store = WatchedStore()
    counter = await Counter.open(store=store)
    payment = await started(counter)
    (attempt,) = await counter.ports.store.attempts(payment.id)
    await counter.ports.store.commit(Batch(updates=(replace(attempt, state=AttemptState.CAPTURED),)))
    committed_count = len(store.committed)
    await get_payment(counter.ports, ACCOUNT.id, payment.id)
    assert len(store.committed) == committed_count


async def test_a_terminals_budget_bounds_the_inquiries_of_all_its_payments(counter: Counter) -> None:
    payments = [await counter.confirm() for _ in range(INQUIRIES_MAX + 1)]
    for payment in payments:
        await counter.start(payment)
    counter.clock.move(timedelta(seconds=10))
    for payment in payments:
        await get_payment(counter.ports, ACCOUNT.id, payment.id)
    assert not await is_due(counter, payments[-1])
    assert await settle_due_payments(counter.ports, limit=99) == INQUIRIES_MAX


async def test_lists_and_the_page_that_waits_ask_nobody(counter: Counter) -> None:
    payment = await started(counter)
    await find_payment(counter.ports, ACCOUNT.id, payment.id)
    await latest_payments(counter.ports, ACCOUNT.id, limit=9)
    await get_payment_setup(counter.ports, ACCOUNT.id, payment.setup_id)
    await see_payment(counter.ports, counter.token(payment))
    assert not await is_due(counter, payment)


async def test_what_is_stored_is_told_also_when_nothing_can_be_written() -> None:
    store = WatchedStore()
    counter = await Counter.open(store=store)
    payment = await started(counter)
    store.trouble = StorageUnavailable("the disk is full")
    assert (await get_payment(counter.ports, ACCOUNT.id, payment.id)).payment.id == payment.id


async def test_a_stranger_who_reads_asks_nobody(counter: Counter) -> None:
    payment = await started(counter)
    with pytest.raises(NotFound):
        await get_payment(counter.ports, OTHER_ACCOUNT.id, payment.id)
    assert not await is_due(counter, payment)
