"""What KNET sends us: stored before anything is decided, acknowledged by rule, and never a decision by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fils.application.confirming import confirm_payment_setup
from fils.application.notifications import (
    Acknowledgement,
    receive_error_return,
    receive_notification,
)
from fils.application.ports import Batch
from fils.application.settling import LEASE
from fils.application.visits import present_return
from fils.domain.errors import InvariantViolated, MessageRejected
from fils.domain.evidence import BankStatement, Evidence, EvidenceKind, Outcome
from fils.domain.identifiers import PaymentAttemptId, PaymentSetupId, TerminalId
from fils.domain.money import KWD, Money
from fils.domain.payment import Payment, PaymentStatus
from fils.domain.payment_attempt import NotificationMode
from fils.domain.payment_setup import KNET
from fils.locks import ProcessLocks
from tests.support.application_ports import (
    ACCOUNT,
    CHANNEL,
    ScriptedBank,
    SettableClock,
    make_ports,
    notification,
    seed,
)
from tests.support.payment_states import Counter
from tests.support.stores import InterruptedStore


async def notify(counter: Counter, statement: BankStatement, *, raw: str = "aa") -> str:
    received = await receive_notification(counter.ports, CHANNEL.terminal_id, notification(statement, raw))
    assert received.return_secret is not None
    return received.return_secret


async def started(counter: Counter) -> Payment:
    payment = await counter.confirm()
    await counter.start(payment)
    return payment


async def evidence(counter: Counter, payment: Payment) -> tuple[Evidence, ...]:
    return await counter.ports.store.evidence(payment.id)


async def is_due(counter: Counter, payment: Payment) -> bool:
    due = await counter.ports.store.claim_due_payments(now=counter.clock.time, limit=99, lease=LEASE)
    return payment.id in due


@pytest.mark.parametrize("outcome", Outcome)
async def test_a_notification_decides_nothing_and_is_stored_sealed(
    counter: Counter, outcome: Outcome
) -> None:
    payment = await started(counter)
    statement = counter.statement(outcome)
    await notify(counter, statement, raw="5ea1ed")
    assert (await counter.stored(payment.id)).status is PaymentStatus.PENDING
    (item,) = await evidence(counter, payment)
    assert (item.kind, item.statement) == (EvidenceKind.NOTIFICATION, statement)
    assert item.sealed is not None
    assert "5ea1ed" not in item.sealed
    assert counter.ports.vault.open("evidence", item.sealed) == "5ea1ed"


async def test_the_browser_has_five_seconds_to_come_back_before_the_bank_is_asked(counter: Counter) -> None:
    payment = await started(counter)
    await notify(counter, counter.statement(Outcome.CAPTURED))
    counter.clock.move(timedelta(seconds=5) - timedelta(microseconds=1))
    assert not await is_due(counter, payment)
    counter.clock.move(timedelta(microseconds=1))
    assert await is_due(counter, payment)


async def test_a_repeat_gets_the_same_answer_and_is_stored_once(counter: Counter) -> None:
    payment = await started(counter)
    statement = counter.statement(Outcome.CAPTURED)
    first = await notify(counter, statement)
    assert await notify(counter, statement) == first
    assert len(await evidence(counter, payment)) == 1


async def test_a_repeat_gets_the_same_answer_also_once_the_payment_is_captured(counter: Counter) -> None:
    payment = await counter.confirm()
    secret = await counter.end(payment, Outcome.CAPTURED)
    assert await counter.notify(Outcome.CAPTURED) == secret


async def test_an_unknown_attempt_is_refused(counter: Counter) -> None:
    payment = await started(counter)
    for track_id in ("T0", "", None):
        with pytest.raises(MessageRejected):
            await notify(counter, replace(counter.statement(Outcome.CAPTURED), track_id=track_id))
    assert await evidence(counter, payment) == ()


async def test_another_terminals_notification_is_refused(counter: Counter) -> None:
    payment = await started(counter)
    news = notification(counter.statement(Outcome.CAPTURED))
    with pytest.raises(MessageRejected):
        await receive_notification(counter.ports, TerminalId("trm_another"), news)
    assert await evidence(counter, payment) == ()


@pytest.mark.parametrize("amount", [Money(999, KWD), Money(1001, KWD), None], ids=str)
async def test_a_wrong_amount_is_stored_and_not_acknowledged(counter: Counter, amount: Money | None) -> None:
    payment = await started(counter)
    statement = replace(counter.statement(Outcome.CAPTURED), amount=amount)
    for _ in range(2):
        with pytest.raises(MessageRejected):
            await notify(counter, statement)
    (item,) = await evidence(counter, payment)
    assert item.statement == statement
    counter.clock.move(timedelta(seconds=5))
    assert await is_due(counter, payment)


async def test_another_payment_id_of_knet_is_stored_and_refused(counter: Counter) -> None:
    payment = await started(counter)
    first = counter.statement(Outcome.CAPTURED)
    secret = await notify(counter, first)
    with pytest.raises(MessageRejected):
        await notify(counter, replace(first, knet_payment_id="1"), raw="bb")
    assert len(await evidence(counter, payment)) == 2
    assert await notify(counter, first) == secret


async def test_a_refused_notification_does_not_fix_knets_payment_id(counter: Counter) -> None:
    await started(counter)
    right = counter.statement(Outcome.CAPTURED)
    with pytest.raises(MessageRejected):
        await notify(counter, replace(right, knet_payment_id="1", amount=Money(1, KWD)), raw="bb")
    assert await notify(counter, right)


async def test_a_payment_id_that_differs_from_the_inquirys_is_refused(counter: Counter) -> None:
    payment = await counter.confirm()
    await counter.end(payment, Outcome.CAPTURED)
    other = replace(counter.statement(Outcome.CANCELED), knet_payment_id="1")
    with pytest.raises(MessageRejected):
        await notify(counter, other, raw="bb")


async def paid_beside(counter: Counter) -> tuple[Payment, BankStatement]:
    """A payment with two attempts, the first of which is captured; what KNET will say about the second."""
    payment = await started(counter)
    first = counter.statement(Outcome.CAPTURED)
    await counter.start(payment)
    second = counter.statement(Outcome.CAPTURED)
    await notify(counter, first, raw="first")
    for wait in (timedelta(seconds=5), timedelta(minutes=5)):
        counter.clock.move(wait)
        counter.bank.answers.append(first)
        counter.bank.answers.append(replace(second, outcome=Outcome.NOT_FOUND))
        await counter.settle(payment)
    assert (await counter.stored(payment.id)).is_captured
    return payment, second


async def test_captured_for_a_setup_that_is_paid_is_stored_and_not_acknowledged(counter: Counter) -> None:
    payment, second = await paid_beside(counter)
    counter.clock.move(timedelta(seconds=1))
    for _ in range(2):
        with pytest.raises(MessageRejected):
            await notify(counter, second, raw="second")
    stored = [item.statement for item in await evidence(counter, payment)]
    assert second in stored


async def test_a_negative_word_about_a_paid_setup_is_acknowledged(counter: Counter) -> None:
    _, second = await paid_beside(counter)
    assert await notify(counter, replace(second, outcome=Outcome.CANCELED), raw="second")


async def test_a_repeat_from_before_the_setup_was_paid_gets_the_same_answer(counter: Counter) -> None:
    payment = await started(counter)
    first = counter.statement(Outcome.CAPTURED)
    await counter.start(payment)
    second = counter.statement(Outcome.CAPTURED)
    secret = await notify(counter, second, raw="second")
    counter.clock.move(timedelta(seconds=1))
    first_secret = await notify(counter, first, raw="first")
    counter.bank.answers.append(first)
    await present_return(counter.ports, first_secret)
    assert (await counter.stored(payment.id)).is_captured
    assert await notify(counter, second, raw="second") == secret


async def test_captured_for_another_payment_of_a_paid_setup_is_not_acknowledged(counter: Counter) -> None:
    payment = await counter.confirm()
    await counter.end(payment, Outcome.CANCELED)
    again = (await confirm_payment_setup(counter.ports, ACCOUNT.id, payment.setup_id, KNET)).payment
    await counter.start(again)
    of_again = counter.statement(Outcome.CAPTURED)
    setup = await counter.ports.store.payment_setup(payment.setup_id)
    assert setup is not None
    (first,) = await counter.ports.store.attempts(payment.id)
    paid = replace(first, counts=True, decided_at=counter.clock.time)
    await counter.ports.store.commit(Batch(updates=(replace(setup, counted_attempt_id=paid.id), paid)))
    with pytest.raises(MessageRejected, match="already paid"):
        await notify(counter, of_again)


async def test_books_that_do_not_fit_together_are_our_bug(counter: Counter) -> None:
    payment = await started(counter)
    setup = await counter.ports.store.payment_setup(payment.setup_id)
    assert setup is not None
    gone = replace(setup, counted_attempt_id=PaymentAttemptId("att_gone"))
    await counter.ports.store.commit(Batch(updates=(gone,)))
    with pytest.raises(InvariantViolated):
        await notify(counter, counter.statement(Outcome.CAPTURED))
    (attempt,) = await counter.ports.store.attempts(payment.id)
    orphan = replace(
        attempt,
        id=PaymentAttemptId("att_orphan"),
        setup_id=PaymentSetupId("set_gone"),
        track_id="ORPHAN",
        return_secret_hash="orphan",
    )
    await counter.ports.store.commit(Batch(inserts=(orphan,)))
    with pytest.raises(InvariantViolated):
        await notify(counter, replace(counter.statement(Outcome.CAPTURED), track_id="ORPHAN"), raw="bb")


async def test_a_late_notification_for_an_expired_payment_is_acknowledged_and_asked_about(
    counter: Counter,
) -> None:
    payment = await started(counter)
    missing = BankStatement(outcome=Outcome.NOT_FOUND, result="not found")
    counter.clock.move(timedelta(hours=30))
    counter.bank.answers.append(missing)
    await counter.settle(payment)
    assert (await counter.stored(payment.id)).status is PaymentStatus.EXPIRED
    await counter.notify(Outcome.CAPTURED)
    for wait in (timedelta(seconds=5), timedelta(minutes=5)):
        counter.clock.move(wait)
        assert await is_due(counter, payment)
        counter.bank.answers.append(counter.statement(Outcome.CAPTURED))
        await counter.settle(payment)
    assert (await counter.stored(payment.id)).status is PaymentStatus.CAPTURED


async def test_evidence_is_stored_whatever_version_the_payment_has(counter: Counter) -> None:
    payment = await started(counter)
    statement = counter.statement(Outcome.CAPTURED)
    (attempt,) = await counter.ports.store.attempts(payment.id)
    await counter.ports.store.commit(Batch(updates=(attempt, await counter.stored(payment.id))))
    await notify(counter, statement)
    assert len(await evidence(counter, payment)) == 1


async def test_the_wake_of_a_notification_that_another_node_takes_during_a_decision_is_not_lost() -> None:
    store, bank, clock = InterruptedStore(), ScriptedBank(), SettableClock()
    counter = Counter(make_ports(store=store, bank=bank, clock=clock), bank, clock)
    await seed(counter.ports)
    payment = await started(counter)
    clock.move(timedelta(minutes=35))
    bank.answers.append(replace(counter.statement(Outcome.NOT_FOUND), amount=None, knet_payment_id=None))
    other_node = replace(counter.ports, locks=ProcessLocks())
    news = notification(counter.statement(Outcome.CAPTURED))
    store.meanwhile = lambda: receive_notification(other_node, CHANNEL.terminal_id, news)

    await counter.settle(payment)

    clock.move(timedelta(seconds=5))
    assert await is_due(counter, payment)


async def test_an_attempt_of_mode_l_is_acknowledged_without_a_return_secret() -> None:
    counter = await Counter.open(NotificationMode.BROWSER)
    payment = await started(counter)
    news = notification(counter.statement(Outcome.CAPTURED))
    acknowledged = await receive_notification(counter.ports, CHANNEL.terminal_id, news)
    assert acknowledged == Acknowledgement(payment.id, return_secret=None)


# errorURL


async def test_a_browser_at_error_url_proves_nothing_and_brings_the_inquiry_forward(counter: Counter) -> None:
    payment = await started(counter)
    track_id = counter.bank.starts[-1].track_id
    counter.clock.move(timedelta(seconds=10))
    assert not await is_due(counter, payment)
    assert await receive_error_return(counter.ports, CHANNEL.terminal_id, track_id) == payment.id
    assert await is_due(counter, payment)
    (item,) = await evidence(counter, payment)
    assert (item.kind, item.statement, item.sealed) == (EvidenceKind.ERROR_RETURN, None, None)
    assert (await counter.stored(payment.id)).status is PaymentStatus.PENDING


@pytest.mark.parametrize("answered", [True, False], ids=["answered", "unanswered"])
async def test_browsers_at_error_url_cause_one_inquiry_in_ten_seconds(
    counter: Counter, answered: bool
) -> None:
    payment = await started(counter)
    track_id = counter.bank.starts[-1].track_id
    counter.clock.move(timedelta(minutes=3))
    if answered:
        counter.bank.answers.append(replace(counter.statement(Outcome.NOT_FOUND), amount=None))
    await counter.settle(payment)
    for _ in range(9):
        counter.clock.move(timedelta(seconds=1))
        await receive_error_return(counter.ports, CHANNEL.terminal_id, track_id)
        assert not await is_due(counter, payment)
    counter.clock.move(timedelta(seconds=1))
    assert await is_due(counter, payment)


async def test_an_unknown_track_id_at_error_url_names_no_payment(counter: Counter) -> None:
    await started(counter)
    assert await receive_error_return(counter.ports, CHANNEL.terminal_id, "T0") is None
    track_id = counter.bank.starts[-1].track_id
    assert await receive_error_return(counter.ports, TerminalId("trm_another"), track_id) is None
