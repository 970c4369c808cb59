"""Payments that the passing of time settles: a closed browser, nobody, a silent bank, a restart."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from fils.application.deciding import commit_case, read_case
from fils.application.ports import Answer, Batch, Inquiry
from fils.application.settling import settle_due_payments, settle_payment
from fils.application.visits import present_return
from fils.domain.errors import InvariantViolated
from fils.domain.events import EventType
from fils.domain.evidence import BankStatement, EvidenceKind, Outcome
from fils.domain.payment import Payment, PaymentStatus
from fils.domain.payment_attempt import AttemptState
from fils.domain.settling import returned
from tests.support import records
from tests.support.application_ports import ScriptedBank, SettableClock, make_ports, seed
from tests.support.payment_states import Counter
from tests.support.stores import OvertakenStore

MISSING = BankStatement(outcome=Outcome.NOT_FOUND, result="not found", error="IPAY0100263")


async def event_types(counter: Counter, payment: Payment) -> list[EventType]:
    events = await counter.ports.store.events(payment.id)
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    return [event.type for event in events]


async def status(counter: Counter, payment: Payment) -> PaymentStatus | None:
    return (await counter.stored(payment.id)).status


async def run_until(counter: Counter, end: timedelta, *, step: timedelta = timedelta(seconds=5)) -> int:
    """Let time pass in steps, with the settling loop's work done at each; returns how often a payment was due."""
    due_count, stop_at = 0, counter.clock.time + end
    while counter.clock.time < stop_at:
        counter.clock.move(step)
        due_count += await settle_due_payments(counter.ports, limit=16)
    return due_count


async def test_a_closed_browser_is_provisional_and_then_captured_with_one_event_for_each_row(
    counter: Counter,
) -> None:
    payment = await counter.confirm()
    await counter.start(payment)
    await counter.notify(Outcome.CAPTURED)
    counter.bank.answers.extend([counter.statement(Outcome.CAPTURED)] * 99)
    await run_until(counter, timedelta(minutes=4, seconds=55))
    assert await status(counter, payment) is PaymentStatus.PENDING
    await run_until(counter, timedelta(seconds=10))
    assert await status(counter, payment) is PaymentStatus.CAPTURED
    assert await event_types(counter, payment) == [
        EventType.PAYMENT_PENDING,
        EventType.PAYMENT_CAPTURE_PENDING,
        EventType.PAYMENT_CAPTURED,
    ]
    pending, provisional, captured = await counter.ports.store.events(payment.id)
    assert provisional.response is None
    assert provisional.action_id is None
    assert captured.response is not None
    assert captured.action_id == (await counter.stored(payment.id)).capture_action_id
    assert captured.attempt_id == (await counter.stored(payment.id)).decided_by
    assert pending.amount == payment.amount
    assert await run_until(counter, timedelta(hours=30), step=timedelta(minutes=5)) == 0


async def test_a_lost_notification_is_found_by_asking(counter: Counter) -> None:
    payment = await counter.confirm()
    await counter.start(payment)
    counter.bank.answers.extend([counter.statement(Outcome.CAPTURED)] * 99)
    await run_until(counter, timedelta(minutes=11))
    assert await status(counter, payment) is PaymentStatus.CAPTURED


async def test_a_payment_nobody_came_for_expires_without_asking(counter: Counter) -> None:
    payment = await counter.confirm()
    await run_until(counter, timedelta(minutes=59), step=timedelta(minutes=1))
    assert await status(counter, payment) is PaymentStatus.PENDING
    await run_until(counter, timedelta(minutes=1), step=timedelta(minutes=1))
    assert await status(counter, payment) is PaymentStatus.EXPIRED
    assert counter.bank.inquiries == []
    assert await event_types(counter, payment) == [EventType.PAYMENT_PENDING, EventType.PAYMENT_EXPIRED]
    assert await run_until(counter, timedelta(hours=30), step=timedelta(minutes=30)) == 0


async def test_a_customer_who_left_knets_page_makes_the_payment_expire_once_the_attempt_is_closed(
    counter: Counter,
) -> None:
    payment = await counter.confirm()
    counter.clock.move(timedelta(minutes=29))
    await counter.start(payment)
    counter.bank.answers.extend([MISSING] * 99)
    await run_until(counter, timedelta(minutes=49), step=timedelta(minutes=1))
    assert await status(counter, payment) is PaymentStatus.PENDING
    await run_until(counter, timedelta(minutes=1), step=timedelta(minutes=1))
    assert await status(counter, payment) is PaymentStatus.EXPIRED


async def test_a_silent_bank_leaves_the_payment_pending_and_calls_a_person_at_the_horizon(
    counter: Counter,
) -> None:
    payment = await counter.confirm()
    await counter.start(payment)
    await run_until(counter, timedelta(hours=24) - timedelta(minutes=1), step=timedelta(minutes=1))
    (attempt,) = await counter.ports.store.attempts(payment.id)
    assert attempt.attention is None
    await run_until(counter, timedelta(minutes=1), step=timedelta(minutes=1))
    (attempt,) = await counter.ports.store.attempts(payment.id)
    assert attempt.attention == "KNET gave no answer that decides"
    assert attempt.state is AttemptState.OPEN
    assert await status(counter, payment) is PaymentStatus.PENDING
    repeats = 5  # each after as long as the bank has been silent; the hours soon come sooner
    assert len(counter.bank.inquiries) == 4 + 1 + 24 + repeats
    assert await run_until(counter, timedelta(hours=30), step=timedelta(minutes=30)) == 0


async def test_a_silent_bank_that_speaks_again_settles_the_payment(counter: Counter) -> None:
    payment = await counter.confirm()
    await counter.start(payment)
    await run_until(counter, timedelta(hours=5), step=timedelta(minutes=1))
    counter.bank.answers.extend([counter.statement(Outcome.CAPTURED)] * 99)
    await run_until(counter, timedelta(hours=1, minutes=6), step=timedelta(minutes=1))
    assert await status(counter, payment) is PaymentStatus.CAPTURED


async def test_what_was_due_while_nobody_ran_is_due_at_once(counter: Counter) -> None:
    payment = await counter.confirm()
    await counter.start(payment)
    await counter.notify(Outcome.CAPTURED)
    counter.clock.move(timedelta(hours=3))
    restarted = Counter(
        make_ports(store=counter.ports.store, clock=counter.clock, bank=counter.bank),
        counter.bank,
        counter.clock,
    )
    counter.bank.answers.extend([counter.statement(Outcome.CAPTURED)] * 2)
    assert await settle_due_payments(restarted.ports, limit=16) == 1
    restarted.clock.move(timedelta(minutes=5))
    assert await settle_due_payments(restarted.ports, limit=16) == 1
    assert await status(restarted, payment) is PaymentStatus.CAPTURED


async def test_every_answer_is_kept_as_evidence(counter: Counter) -> None:
    payment = await counter.confirm()
    await counter.start(payment)
    counter.bank.answers.extend([MISSING, BankStatement(outcome=Outcome.UNKNOWN, result="WHAT")])
    await run_until(counter, timedelta(minutes=3), step=timedelta(minutes=1))
    kept = await counter.ports.store.evidence(payment.id)
    assert [(item.kind, item.statement and item.statement.outcome) for item in kept] == [
        (EvidenceKind.INQUIRY, Outcome.NOT_FOUND),
        (EvidenceKind.INQUIRY, Outcome.UNKNOWN),
    ]


async def test_a_settled_payment_is_asked_about_with_its_own_attempts_facts(counter: Counter) -> None:
    payment = await counter.confirm()
    await counter.start(payment)
    await counter.settle(payment)
    (attempt,) = await counter.ports.store.attempts(payment.id)
    assert counter.bank.inquiries == [
        Inquiry(
            terminal_id=attempt.terminal_id,
            credentials_version=attempt.credentials_version,
            track_id=attempt.track_id,
            amount=payment.amount,
        )
    ]


async def test_only_so_many_are_taken_in_hand_at_once(counter: Counter) -> None:
    for _ in range(3):
        await counter.confirm()
    counter.clock.move(timedelta(hours=1))
    assert [await settle_due_payments(counter.ports, limit=2) for _ in range(3)] == [2, 1, 0]


async def test_a_payment_that_cannot_be_settled_does_not_keep_the_others() -> None:
    class BrokenBank(ScriptedBank):
        async def inquire(self, inquiry: Inquiry) -> Answer:
            if len(self.inquiries) == 0:
                self.inquiries.append(inquiry)
                raise InvariantViolated("the credentials are gone")
            await asyncio.sleep(0.01)
            return await super().inquire(inquiry)

    bank, clock = BrokenBank(), SettableClock()
    counter = Counter(make_ports(bank=bank, clock=clock), bank, clock)
    await seed(counter.ports)
    payments = [await counter.confirm() for _ in range(2)]
    for payment in payments:
        await counter.start(payment)
    clock.move(timedelta(hours=2))
    bank.answers.append(MISSING)
    with pytest.raises(InvariantViolated):
        await settle_due_payments(counter.ports, limit=16)
    statuses = [await status(counter, payment) for payment in payments]
    assert statuses == [PaymentStatus.PENDING, PaymentStatus.EXPIRED]


async def test_two_rows_that_fire_in_one_commit_write_an_event_each_with_its_own_facts(
    counter: Counter,
) -> None:
    payment = await counter.confirm()
    await counter.start(payment)
    first = counter.statement(Outcome.CAPTURED)
    await counter.start(payment)
    await present_return(counter.ports, await counter.notify(Outcome.CAPTURED))
    counter.bank.answers.extend([first, counter.statement(Outcome.CAPTURED)])
    await counter.settle(payment)
    assert await event_types(counter, payment) == [
        EventType.PAYMENT_PENDING,
        EventType.PAYMENT_CAPTURE_PENDING,
        EventType.PAYMENT_CAPTURED,
    ]
    _, provisional, captured = await counter.ports.store.events(payment.id)
    assert (provisional.attempt_id, provisional.action_id, provisional.response) == (None, None, None)
    assert captured.attempt_id == (await counter.ports.store.attempts(payment.id))[1].id


async def test_an_answer_survives_being_overtaken() -> None:
    store = OvertakenStore()
    bank, clock = ScriptedBank(), SettableClock()
    counter = Counter(make_ports(store=store, bank=bank, clock=clock), bank, clock)
    await seed(counter.ports)
    payment = await counter.confirm()
    await counter.start(payment)
    bank.answers.append(MISSING)
    store.overtaken_count = 3
    await counter.settle(payment)
    assert len(bank.inquiries) == 1
    assert len(await store.evidence(payment.id)) == 1


async def test_a_case_may_be_decided_about_again_after_its_commit(counter: Counter) -> None:
    payment = await counter.confirm()
    await counter.start(payment)
    case = await settle_payment(counter.ports, payment.id)
    assert case == await read_case(counter.ports.store, payment.id)
    now = counter.clock.time
    after = returned(case, case.attempts[0].id, now=now)
    again = await commit_case(counter.ports, case, after, now=now)
    assert again == await read_case(counter.ports.store, payment.id)


@pytest.mark.parametrize("gone", ["payment", "setup"])
async def test_a_payment_that_vanished_is_our_bug(counter: Counter, gone: str) -> None:
    orphan = records.payment()
    if gone == "setup":
        await counter.ports.store.commit(Batch(inserts=(orphan,)))
    with pytest.raises(InvariantViolated):
        await read_case(counter.ports.store, orphan.id)
