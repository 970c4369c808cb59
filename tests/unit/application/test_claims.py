"""KNET's notification names another amount: KNET is asked with it too, until it took that back or it is surplus."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fils.application.visits import Wait, open_link
from fils.domain.errors import MessageRejected
from fils.domain.evidence import BankStatement, EvidenceKind, Outcome
from fils.domain.money import KWD, Money
from fils.domain.payment import Payment, PaymentStatus
from fils.domain.payment_attempt import AttemptState, NotificationMode, PaymentAttempt
from tests.support.payment_states import Counter

OURS, CLAIMED = Money(1000, KWD), Money(2000, KWD)


async def claimed(counter: Counter) -> Payment:
    """A payment whose attempt KNET's server called captured over another amount."""
    payment = await counter.confirm()
    await counter.start(payment)
    with pytest.raises(MessageRejected):
        await counter.tell_by_server(over(counter, CLAIMED))
    return payment


def over(counter: Counter, amount: Money, outcome: Outcome = Outcome.CAPTURED) -> BankStatement:
    return replace(counter.statement(outcome), amount=amount)


async def attempt_of(counter: Counter, payment: Payment) -> PaymentAttempt:
    (attempt,) = await counter.ports.store.attempts(payment.id)
    return attempt


async def test_knet_is_asked_with_our_amount_and_with_its_own(counter: Counter) -> None:
    payment = await claimed(counter)
    counter.bank.answers.extend([over(counter, CLAIMED, Outcome.SUSPECT), over(counter, CLAIMED)])
    await counter.settle(payment)
    assert [inquiry.amount for inquiry in counter.bank.inquiries] == [OURS, CLAIMED]
    assert (await attempt_of(counter, payment)).state is AttemptState.OPEN
    stored = await counter.ports.store.evidence(payment.id)
    asked = [item.asked_amount for item in stored if item.kind is EvidenceKind.INQUIRY]
    assert asked == [None, CLAIMED]


async def test_equal_answers_to_two_amounts_are_two_pieces_of_evidence(counter: Counter) -> None:
    payment = await claimed(counter)
    suspect = over(counter, CLAIMED, Outcome.SUSPECT)
    counter.bank.answers.extend([suspect, suspect])
    counter.bank.raw = "the same"
    await counter.settle(payment)
    kinds = [item.kind for item in await counter.ports.store.evidence(payment.id)]
    assert kinds.count(EvidenceKind.INQUIRY) == 2


async def test_what_knet_did_not_take_back_is_booked_over_its_amount_and_counts_for_nothing(
    counter: Counter,
) -> None:
    payment = await claimed(counter)
    for wait in (timedelta(seconds=5), timedelta(minutes=5)):
        counter.clock.move(wait)
        counter.bank.answers.extend([over(counter, CLAIMED, Outcome.SUSPECT), over(counter, CLAIMED)])
        await counter.settle(payment)
    attempt = await attempt_of(counter, payment)
    assert (attempt.captured_amount, attempt.is_surplus) == (CLAIMED, True)
    assert attempt.attention is not None
    assert (await counter.stored(payment.id)).status is PaymentStatus.PENDING
    setup = await counter.ports.store.payment_setup(payment.setup_id)
    assert setup is not None
    assert setup.counted_attempt_id is None


async def test_what_knet_took_back_ends_the_payment_when_the_attempt_is_closed(counter: Counter) -> None:
    payment = await claimed(counter)
    for wait in (timedelta(minutes=1), timedelta(minutes=49)):
        counter.clock.move(wait)
        suspect, reversed_ = (over(counter, CLAIMED, item) for item in (Outcome.SUSPECT, Outcome.REVERSED))
        counter.bank.answers.extend([suspect, reversed_])
        await counter.settle(payment)
    assert (await counter.stored(payment.id)).status is PaymentStatus.DECLINED
    assert (await attempt_of(counter, payment)).attention is None


async def test_a_forged_claim_does_not_keep_a_payment_from_being_captured(counter: Counter) -> None:
    payment = await claimed(counter)
    for wait in (timedelta(seconds=5), timedelta(minutes=5)):
        counter.clock.move(wait)
        counter.bank.answers.extend([over(counter, OURS), over(counter, OURS, Outcome.SUSPECT)])
        await counter.settle(payment)
    assert (await counter.stored(payment.id)).status is PaymentStatus.CAPTURED
    assert (await attempt_of(counter, payment)).attention is None


async def test_a_visit_asks_with_both_amounts_and_starts_nothing_beside_a_claim(counter: Counter) -> None:
    payment = await claimed(counter)
    counter.bank.answers.extend([over(counter, CLAIMED, Outcome.SUSPECT), over(counter, CLAIMED)])
    door = await open_link(counter.ports, counter.token(payment))
    assert isinstance(door, Wait)
    assert [inquiry.amount for inquiry in counter.bank.inquiries] == [OURS, CLAIMED]


async def test_in_mode_l_the_browsers_coming_asks_with_both_amounts_and_books_at_once() -> None:
    counter = await Counter.open(NotificationMode.BROWSER)
    payment = await counter.confirm()
    await counter.start(payment)
    counter.bank.answers.extend([over(counter, CLAIMED, Outcome.SUSPECT), over(counter, CLAIMED)])
    await counter.bring_statement(over(counter, CLAIMED))
    attempt = await attempt_of(counter, payment)
    assert (attempt.captured_amount, attempt.counts) == (CLAIMED, False)
    assert (await counter.stored(payment.id)).status is PaymentStatus.PENDING
