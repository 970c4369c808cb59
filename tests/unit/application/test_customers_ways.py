"""
Every way a customer can go, in both modes: tabs, phones, back buttons, late banks and doors that do not fit.

Each is a sequence of events that would end wrongly if one rule of ``docs/explanation/knowing.md`` were missing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fils.application.notifications import receive_error_return
from fils.application.visits import (
    Door,
    LinkClosed,
    ToBank,
    ToShop,
    Wait,
    open_link,
    present_return,
    see_payment,
)
from fils.domain.errors import MessageRejected
from fils.domain.events import EventType
from fils.domain.evidence import BankStatement, Outcome
from fils.domain.payment import Payment, PaymentStatus
from fils.domain.payment_attempt import AttemptState, NotificationMode, PaymentAttempt
from fils.domain.response_codes import TIMEOUT
from tests.support.application_ports import CHANNEL
from tests.support.payment_states import FAILURE_URL, SUCCESS_URL, Counter

WINDOW = timedelta(minutes=5)
CLOSES = timedelta(minutes=50)
EXPIRES = timedelta(minutes=60)
MISSING = BankStatement(outcome=Outcome.NOT_FOUND, result="not found", error="IPAY0100263")


@pytest.fixture(params=NotificationMode)
async def counter(request: pytest.FixtureRequest) -> Counter:
    """A shop whose terminal is set to the one mode or to the other."""
    return await Counter.open(request.param)


def mode_of(counter: Counter) -> NotificationMode:
    return counter.ports.terminals.notification_mode(CHANNEL.terminal_id)


async def started(counter: Counter) -> Payment:
    payment = await counter.confirm()
    await counter.start(payment)
    return payment


async def visit(counter: Counter, payment: Payment) -> Door:
    return await open_link(counter.ports, counter.token(payment))


async def come_back(
    counter: Counter, payment: Payment, outcome: Outcome, *, answer: BankStatement | None = None
) -> Door:
    """KNET tells how the latest start ended, its browser comes back, and KNET answers *answer*, or nothing."""
    if answer is not None:
        counter.bank.answers.append(answer)
    if mode_of(counter) is NotificationMode.BROWSER:
        await counter.bring(outcome)
        return await see_payment(counter.ports, counter.token(payment))
    return await present_return(counter.ports, await counter.notify(outcome))


async def look(counter: Counter, payment: Payment, *answers: BankStatement, after: timedelta) -> None:
    """The settling loop looks at the payment; KNET answers about each attempt in turn, if it is asked about it."""
    counter.clock.move(after)
    for attempt, answer in zip(await attempts(counter, payment), answers, strict=True):
        if attempt.state is not AttemptState.CAPTURED:
            counter.bank.answers.append(answer)
    await counter.settle(payment)
    counter.bank.answers.clear()


async def status(counter: Counter, payment: Payment) -> PaymentStatus | None:
    return (await counter.stored(payment.id)).status


async def attempts(counter: Counter, payment: Payment) -> tuple[PaymentAttempt, ...]:
    return await counter.ports.store.attempts(payment.id)


def leads_to(door: Door, url: str) -> bool:
    return isinstance(door, ToShop) and door.url.startswith(url)


# Tabs, phones, back buttons


async def test_the_back_button_after_paying_starts_nothing_and_leads_to_the_shop(counter: Counter) -> None:
    payment = await started(counter)
    await come_back(counter, payment, Outcome.CAPTURED, answer=counter.statement(Outcome.CAPTURED))
    assert leads_to(await visit(counter, payment), SUCCESS_URL)
    assert len(await attempts(counter, payment)) == 1


async def test_the_back_button_while_nobody_knows_starts_nothing(counter: Counter) -> None:
    payment = await started(counter)
    await come_back(counter, payment, Outcome.CAPTURED)
    for _ in range(3):
        assert isinstance(await visit(counter, payment), Wait)
    assert len(await attempts(counter, payment)) == 1


async def test_a_reload_of_where_the_browser_came_back_decides_once(counter: Counter) -> None:
    payment = await started(counter)
    answer = counter.statement(Outcome.CAPTURED)
    for _ in range(3):
        assert leads_to(await come_back(counter, payment, Outcome.CAPTURED, answer=answer), SUCCESS_URL)
    events = [event.type for event in await counter.ports.store.events(payment.id)]
    assert events == [EventType.PAYMENT_PENDING, EventType.PAYMENT_CAPTURED]


async def test_a_second_tab_whose_customer_pays_in_the_first_leaves_one_capture(counter: Counter) -> None:
    payment = await started(counter)
    first = counter.statement(Outcome.CAPTURED)
    counter.bank.answers.append(MISSING)
    assert isinstance(await visit(counter, payment), ToBank)
    counter.bank.answers.clear()
    await look(counter, payment, first, MISSING, after=timedelta(minutes=1))
    await look(counter, payment, first, MISSING, after=WINDOW)
    assert await status(counter, payment) is PaymentStatus.CAPTURED
    await look(counter, payment, first, MISSING, after=EXPIRES)
    paid, left = await attempts(counter, payment)
    assert (paid.counts, left.state, left.attention) == (True, AttemptState.NEGATIVE, None)
    assert await status(counter, payment) is PaymentStatus.CAPTURED


async def both_phones_pay(counter: Counter) -> tuple[Payment, BankStatement, BankStatement]:
    """Two phones with one link, and both customers pay; KNET's word about each."""
    payment = await started(counter)
    first = counter.statement(Outcome.CAPTURED)
    counter.bank.answers.append(MISSING)
    assert isinstance(await visit(counter, payment), ToBank)
    second = counter.statement(Outcome.CAPTURED)
    for wait in (timedelta(minutes=1), WINDOW):
        await look(counter, payment, first, MISSING, after=wait)
    counter.clock.move(timedelta(seconds=1))
    if mode_of(counter) is NotificationMode.BROWSER:
        await counter.bring(Outcome.CAPTURED)
    else:
        with pytest.raises(MessageRejected):
            await counter.notify(Outcome.CAPTURED)
    return payment, first, second


async def test_of_two_phones_that_both_pay_the_second_payment_is_kept_as_surplus(counter: Counter) -> None:
    payment, first, second = await both_phones_pay(counter)
    for wait in (timedelta(seconds=5), WINDOW):
        await look(counter, payment, first, second, after=wait)
    counted, surplus = await attempts(counter, payment)
    assert (counted.counts, surplus.is_surplus) == (True, True)
    assert surplus.attention == "the customer paid twice: this capture is surplus"
    assert (await counter.stored(payment.id)).decided_by == counted.id


async def test_what_knet_takes_back_of_two_payments_leaves_nothing_for_a_person() -> None:
    counter = await Counter.open(NotificationMode.SERVER)
    payment, first, second = await both_phones_pay(counter)
    await look(counter, payment, first, second, after=timedelta(seconds=5))
    await look(counter, payment, first, replace(second, outcome=Outcome.REVERSED), after=CLOSES)
    counted, taken_back = await attempts(counter, payment)
    assert (taken_back.state, taken_back.outcome) == (AttemptState.NEGATIVE, Outcome.REVERSED)
    assert [counted.attention, taken_back.attention] == [None, None]
    assert await status(counter, payment) is PaymentStatus.CAPTURED


async def test_the_tenth_start_is_the_last(counter: Counter) -> None:
    payment = await counter.confirm()
    doors = [await visit(counter, payment) for _ in range(12)]
    assert [isinstance(door, ToBank) for door in doors] == [True] * 10 + [False] * 2
    counter.clock.move(timedelta(minutes=31))
    assert not isinstance(await visit(counter, payment), ToBank)


# Refused by the bank


@pytest.mark.parametrize("outcome", [Outcome.NOT_CAPTURED, Outcome.CANCELED, Outcome.DENIED_BY_RISK])
async def test_after_a_refusal_with_the_inquiry_down_the_same_link_offers_another_try(
    counter: Counter, outcome: Outcome
) -> None:
    payment = await started(counter)
    door = await come_back(counter, payment, outcome)
    assert isinstance(door, Wait)
    assert door.may_start
    assert isinstance(await visit(counter, payment), ToBank)
    assert leads_to(
        await come_back(counter, payment, Outcome.CAPTURED, answer=counter.statement(Outcome.CAPTURED)),
        SUCCESS_URL,
    )
    refused, paid = await attempts(counter, payment)
    assert (refused.counts, paid.counts) == (False, True)


async def test_a_refusal_that_the_inquiry_repeats_leads_to_the_shop(counter: Counter) -> None:
    payment = await started(counter)
    answer = counter.statement(Outcome.NOT_CAPTURED)
    assert leads_to(await come_back(counter, payment, Outcome.NOT_CAPTURED, answer=answer), FAILURE_URL)
    assert leads_to(await visit(counter, payment), FAILURE_URL)


# Late banks


async def ended(counter: Counter, end: PaymentStatus) -> Payment:
    """A payment that was canceled, or that nobody finished in time."""
    payment = await started(counter)
    if end is PaymentStatus.CANCELED:
        await come_back(counter, payment, Outcome.NOT_CAPTURED, answer=None)
        await look(counter, payment, counter.statement(Outcome.NOT_CAPTURED), after=timedelta(seconds=5))
    else:
        await look(counter, payment, MISSING, after=EXPIRES)
    assert await status(counter, payment) is end
    return payment


@pytest.mark.parametrize("hours", [1, 20])
async def test_a_capture_that_shows_after_the_payment_expired_counts(counter: Counter, hours: int) -> None:
    payment = await ended(counter, PaymentStatus.EXPIRED)
    paid = counter.statement(Outcome.CAPTURED)
    for wait in (timedelta(hours=hours), WINDOW):
        await look(counter, payment, paid, after=wait)
    assert await status(counter, payment) is PaymentStatus.CAPTURED


async def test_a_late_notification_of_an_expired_payment_is_taken_and_asked_about(counter: Counter) -> None:
    payment = await ended(counter, PaymentStatus.EXPIRED)
    counter.clock.move(timedelta(hours=40))
    answer = counter.statement(Outcome.CAPTURED)
    assert leads_to(await come_back(counter, payment, Outcome.CAPTURED, answer=answer), SUCCESS_URL)


async def test_a_late_notification_of_a_canceled_payment_is_taken_and_its_contradiction_brought_to_a_person(
    counter: Counter,
) -> None:
    payment = await ended(counter, PaymentStatus.CANCELED)
    await come_back(counter, payment, Outcome.CAPTURED, answer=counter.statement(Outcome.CAPTURED))
    assert await status(counter, payment) is PaymentStatus.CANCELED
    (attempt,) = await attempts(counter, payment)
    assert attempt.attention == "KNET says CAPTURED after it notified the opposite"


async def test_a_capture_that_shows_after_a_cancellation_that_nobody_notified_counts(
    counter: Counter,
) -> None:
    payment = await started(counter)
    await look(counter, payment, counter.statement(Outcome.NOT_CAPTURED), after=CLOSES)
    assert await status(counter, payment) is PaymentStatus.CANCELED
    for wait in (timedelta(hours=1), WINDOW):
        await look(counter, payment, counter.statement(Outcome.CAPTURED), after=wait)
    assert await status(counter, payment) is PaymentStatus.CAPTURED


async def test_a_host_timeout_decides_nothing_while_the_host_may_still_answer(counter: Counter) -> None:
    payment = await started(counter)
    answer = counter.statement(Outcome.HOST_TIMEOUT)
    door = await come_back(counter, payment, Outcome.HOST_TIMEOUT, answer=answer)
    assert isinstance(door, Wait)
    assert not door.may_start
    await look(counter, payment, counter.statement(Outcome.CAPTURED), after=timedelta(minutes=2))
    assert await status(counter, payment) is PaymentStatus.CAPTURED


async def test_a_host_timeout_ends_the_payment_when_it_is_closed_and_a_later_capture_still_counts(
    counter: Counter,
) -> None:
    payment = await started(counter)
    answer = counter.statement(Outcome.HOST_TIMEOUT)
    await come_back(counter, payment, Outcome.HOST_TIMEOUT, answer=answer)
    await look(counter, payment, answer, after=CLOSES)
    stored = await counter.stored(payment.id)
    assert (stored.status, stored.response) == (PaymentStatus.CANCELED, TIMEOUT)
    await look(counter, payment, counter.statement(Outcome.CAPTURED), after=timedelta(hours=3))
    assert await status(counter, payment) is PaymentStatus.CAPTURED


# Doors that do not fit


async def test_a_browser_at_error_url_after_success_changes_nothing_and_asks_nobody(counter: Counter) -> None:
    payment = await started(counter)
    await come_back(counter, payment, Outcome.CAPTURED, answer=counter.statement(Outcome.CAPTURED))
    stored, asked_count = await counter.stored(payment.id), len(counter.bank.inquiries)
    track_id = counter.bank.starts[-1].track_id
    assert await receive_error_return(counter.ports, CHANNEL.terminal_id, track_id) == payment.id
    counter.clock.move(timedelta(seconds=10))
    await counter.settle(payment)
    assert await counter.stored(payment.id) == stored
    assert len(counter.bank.inquiries) == asked_count
    assert leads_to(await see_payment(counter.ports, counter.token(payment)), SUCCESS_URL)


async def test_a_browser_at_error_url_while_knet_reports_success_waits_for_the_inquiry(
    counter: Counter,
) -> None:
    payment = await started(counter)
    track_id = counter.bank.starts[-1].track_id
    await receive_error_return(counter.ports, CHANNEL.terminal_id, track_id)
    assert isinstance(await see_payment(counter.ports, counter.token(payment)), Wait)
    for wait in (timedelta(seconds=10), WINDOW):
        await look(counter, payment, counter.statement(Outcome.CAPTURED), after=wait)
    assert await status(counter, payment) is PaymentStatus.CAPTURED


async def test_every_door_of_an_undecided_payment_says_so_and_none_leads_to_the_shop(
    counter: Counter,
) -> None:
    payment = await started(counter)
    doors = [
        await come_back(counter, payment, Outcome.CAPTURED),
        await visit(counter, payment),
        await see_payment(counter.ports, counter.token(payment)),
    ]
    assert all(isinstance(door, Wait) for door in doors)
    counter.clock.move(timedelta(minutes=31))
    assert not isinstance(await visit(counter, payment), ToShop | LinkClosed)


async def test_a_positive_answer_is_provisional_only_where_knet_could_still_take_the_money_back(
    counter: Counter,
) -> None:
    payment = await started(counter)
    await look(counter, payment, counter.statement(Outcome.CAPTURED), after=timedelta(minutes=1))
    expected = {
        NotificationMode.SERVER: PaymentStatus.PENDING,
        NotificationMode.BROWSER: PaymentStatus.CAPTURED,
    }
    assert await status(counter, payment) is expected[mode_of(counter)]
