"""KNET's news carried by the customer's browser (mode L): stored first, believed by nobody, and asked about at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fils.application.settling import LEASE
from fils.application.visits import ToShop, bring_notification, see_payment
from fils.domain.errors import MessageRejected, StorageUnavailable
from fils.domain.events import EventType
from fils.domain.evidence import BankStatement, EvidenceKind, Outcome
from fils.domain.identifiers import TerminalId
from fils.domain.money import KWD, Money
from fils.domain.payment import Payment, PaymentStatus
from fils.domain.payment_attempt import NotificationMode, PaymentAttempt
from tests.support.application_ports import CHANNEL, WatchedStore, notification
from tests.support.payment_states import SUCCESS_URL, Counter

WINDOW = timedelta(minutes=5)


@pytest.fixture
async def counter() -> Counter:
    """A shop whose terminal is set to mode L."""
    return await Counter.open(NotificationMode.BROWSER)


async def started(counter: Counter) -> Payment:
    payment = await counter.confirm()
    await counter.start(payment)
    return payment


async def attempt_of(counter: Counter, payment: Payment) -> PaymentAttempt:
    return (await counter.ports.store.attempts(payment.id))[-1]


async def status(counter: Counter, payment: Payment) -> PaymentStatus | None:
    return (await counter.stored(payment.id)).status


async def is_due(counter: Counter, payment: Payment) -> bool:
    due = await counter.ports.store.claim_due_payments(now=counter.clock.time, limit=99, lease=LEASE)
    return payment.id in due


async def bring(counter: Counter, statement: BankStatement, *, raw: str = "aa") -> None:
    await bring_notification(counter.ports, CHANNEL.terminal_id, notification(statement, raw))


async def test_an_attempt_keeps_how_its_terminal_was_set_when_it_started(counter: Counter) -> None:
    payment = await started(counter)
    assert (await attempt_of(counter, payment)).mode is NotificationMode.BROWSER


async def test_the_news_is_stored_and_the_inquiry_made_at_once_decides(counter: Counter) -> None:
    payment = await started(counter)
    counter.bank.answers.append(counter.statement(Outcome.CAPTURED))
    await counter.bring(Outcome.CAPTURED)
    assert await status(counter, payment) is PaymentStatus.CAPTURED
    news, answer = await counter.ports.store.evidence(payment.id)
    assert (news.kind, news.statement) == (
        EvidenceKind.BROWSER_NOTIFICATION,
        counter.statement(Outcome.CAPTURED),
    )
    assert answer.kind is EvidenceKind.INQUIRY
    assert (await attempt_of(counter, payment)).returned_at is None
    events = [event.type for event in await counter.ports.store.events(payment.id)]
    assert events == [EventType.PAYMENT_PENDING, EventType.PAYMENT_CAPTURED]


@pytest.mark.parametrize("outcome", [Outcome.CANCELED, Outcome.NOT_CAPTURED, Outcome.DENIED_BY_RISK])
async def test_a_refusal_that_the_inquiry_repeats_ends_the_payment(
    counter: Counter, outcome: Outcome
) -> None:
    payment = await started(counter)
    counter.bank.answers.append(counter.statement(outcome))
    await counter.bring(outcome)
    assert await status(counter, payment) is PaymentStatus.CANCELED


async def test_news_that_the_inquiry_does_not_confirm_never_decides(counter: Counter) -> None:
    payment = await started(counter)
    await counter.bring(Outcome.CAPTURED)
    assert await status(counter, payment) is PaymentStatus.PENDING
    counter.bank.answers.append(replace(counter.statement(Outcome.NOT_FOUND), amount=None))
    counter.clock.move(timedelta(hours=1))
    await counter.settle(payment)
    assert await status(counter, payment) is PaymentStatus.PENDING
    assert (await attempt_of(counter, payment)).attention is not None


async def test_with_the_inquiry_down_the_payment_is_looked_at_within_seconds(counter: Counter) -> None:
    payment = await started(counter)
    await counter.bring(Outcome.CAPTURED)
    counter.clock.move(timedelta(seconds=5))
    assert await is_due(counter, payment)
    counter.bank.answers.append(counter.statement(Outcome.CAPTURED))
    await counter.settle(payment)
    assert await status(counter, payment) is PaymentStatus.CAPTURED


async def test_a_closed_browser_is_settled_by_one_inquiry_because_nothing_is_taken_back(
    counter: Counter,
) -> None:
    payment = await started(counter)
    counter.clock.move(timedelta(minutes=1))
    counter.bank.answers.append(counter.statement(Outcome.CAPTURED))
    await counter.settle(payment)
    assert await status(counter, payment) is PaymentStatus.CAPTURED


async def test_the_session_id_lives_from_the_browsers_coming(counter: Counter) -> None:
    payment = await started(counter)
    await counter.bring(Outcome.CAPTURED)
    ends = (await counter.stored(payment.id)).session_expires_at
    assert ends == counter.clock.time + timedelta(minutes=15)


async def test_the_news_brought_again_changes_nothing_and_asks_nobody(counter: Counter) -> None:
    payment = await started(counter)
    counter.bank.answers.append(counter.statement(Outcome.CAPTURED))
    await counter.bring(Outcome.CAPTURED)
    stored, asked_count = await counter.stored(payment.id), len(counter.bank.inquiries)
    for _ in range(3):
        await counter.bring(Outcome.CAPTURED)
    assert await counter.stored(payment.id) == stored
    assert len(counter.bank.inquiries) == asked_count
    assert len(await counter.ports.store.evidence(payment.id)) == 2


async def test_the_news_brought_again_asks_knet_at_most_once_in_ten_seconds(counter: Counter) -> None:
    await started(counter)
    for _ in range(10):
        await counter.bring(Outcome.CAPTURED)
        counter.clock.move(timedelta(seconds=1))
    assert len(counter.bank.inquiries) == 1
    await counter.bring(Outcome.CAPTURED)
    assert len(counter.bank.inquiries) == 2


async def test_other_news_is_asked_about_at_once(counter: Counter) -> None:
    await started(counter)
    await counter.bring(Outcome.HOST_TIMEOUT)
    await counter.bring(Outcome.CAPTURED)
    assert len(counter.bank.inquiries) == 2


async def test_a_message_of_knets_server_makes_the_answer_provisional(counter: Counter) -> None:
    payment = await started(counter)
    counter.bank.answers.append(counter.statement(Outcome.CAPTURED))
    statement = counter.statement(Outcome.CAPTURED)
    await counter.tell_by_server(statement)
    await counter.bring(Outcome.CAPTURED)
    assert await status(counter, payment) is PaymentStatus.PENDING
    counter.clock.move(WINDOW)
    counter.bank.answers.append(statement)
    await counter.settle(payment)
    assert await status(counter, payment) is PaymentStatus.CAPTURED


async def test_the_same_message_by_browser_and_by_server_is_two_pieces_of_evidence(counter: Counter) -> None:
    payment = await started(counter)
    statement = counter.statement(Outcome.CAPTURED)
    await bring(counter, statement)
    await counter.tell_by_server(statement, raw="aa")
    kinds = [item.kind for item in await counter.ports.store.evidence(payment.id)]
    assert kinds == [EvidenceKind.BROWSER_NOTIFICATION, EvidenceKind.NOTIFICATION]


async def test_a_terminal_set_to_mode_n_decides_no_earlier_when_a_browser_brings_the_news() -> None:
    counter = await Counter.open(NotificationMode.SERVER)
    payment = await started(counter)
    counter.bank.answers.append(counter.statement(Outcome.CAPTURED))
    await counter.bring(Outcome.CAPTURED)
    assert await status(counter, payment) is PaymentStatus.PENDING
    assert (await attempt_of(counter, payment)).provisional_at is not None


@pytest.mark.parametrize("changes", [{"amount": Money(1, KWD)}, {"knet_payment_id": "1"}], ids=str)
async def test_news_that_does_not_fit_is_kept_and_the_browser_is_served_all_the_same(
    counter: Counter, changes: dict[str, object]
) -> None:
    payment = await started(counter)
    await counter.bring(Outcome.CAPTURED)
    statement = replace(counter.statement(Outcome.CAPTURED), **changes)  # type: ignore[arg-type]  # names of fields
    await bring(counter, statement, raw="bb")
    assert [item.statement for item in await counter.ports.store.evidence(payment.id)][-1] == statement
    assert await status(counter, payment) is PaymentStatus.PENDING


async def test_a_capture_of_a_paid_setup_is_kept_as_surplus_because_knet_takes_nothing_back(
    counter: Counter,
) -> None:
    payment = await started(counter)
    first = counter.statement(Outcome.CAPTURED)
    counter.bank.answers.append(replace(first, outcome=Outcome.NOT_FOUND))
    await counter.start(payment)
    second = counter.statement(Outcome.CAPTURED)
    for number, statement in enumerate((second, first)):
        counter.bank.answers.append(statement)
        await bring(counter, statement, raw=f"{number}")
    surplus, counted = await counter.ports.store.attempts(payment.id)
    assert (surplus.is_surplus, counted.counts) == (True, True)
    assert surplus.attention is not None


async def test_a_late_capture_of_an_expired_payment_counts(counter: Counter) -> None:
    payment = await started(counter)
    counter.clock.move(timedelta(minutes=61))
    counter.bank.answers.append(BankStatement(outcome=Outcome.NOT_FOUND, result="not found"))
    await counter.settle(payment)
    assert await status(counter, payment) is PaymentStatus.EXPIRED
    counter.bank.answers.append(counter.statement(Outcome.CAPTURED))
    await counter.bring(Outcome.CAPTURED)
    door = await see_payment(counter.ports, counter.token(payment))
    assert isinstance(door, ToShop)
    assert door.url.startswith(SUCCESS_URL)


async def test_what_names_no_attempt_of_the_terminal_is_refused(counter: Counter) -> None:
    payment = await started(counter)
    statement = counter.statement(Outcome.CAPTURED)
    with pytest.raises(MessageRejected):
        await bring(counter, replace(statement, track_id="T0"))
    with pytest.raises(MessageRejected):
        await bring_notification(counter.ports, TerminalId("trm_another"), notification(statement))
    assert await counter.ports.store.evidence(payment.id) == ()


async def test_what_cannot_be_stored_is_not_asked_about() -> None:
    store = WatchedStore()
    counter = await Counter.open(NotificationMode.BROWSER, store=store)
    await started(counter)
    store.trouble = StorageUnavailable("the disk is full")
    with pytest.raises(StorageUnavailable):
        await counter.bring(Outcome.CAPTURED)
    assert counter.bank.inquiries == []
