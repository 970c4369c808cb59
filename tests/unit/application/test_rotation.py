"""Credentials that are rotated while payments are under way: what an old key may still say, and who is asked how."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fils.application.notifications import receive_notification
from fils.application.visits import bring_notification
from fils.domain.errors import MessageRejected
from fils.domain.evidence import Outcome
from fils.domain.payment import Payment
from tests.support.application_ports import CHANNEL, KnownTerminals, notification
from tests.support.payment_states import Counter

CLOSES = timedelta(minutes=50)
INSTANT = timedelta(microseconds=1)


async def started(counter: Counter) -> Payment:
    payment = await counter.confirm()
    await counter.start(payment)
    return payment


def rotate(counter: Counter, version: int) -> None:
    """New attempts start with *version*."""
    assert isinstance(counter.ports.terminals, KnownTerminals)
    counter.ports.terminals.versions[CHANNEL.terminal_id] = version


async def tell(counter: Counter, version: int) -> None:
    """KNET's server tells of the latest start in what that version of the credentials decrypts."""
    news = notification(counter.statement(Outcome.CAPTURED), version=version)
    await receive_notification(counter.ports, CHANNEL.terminal_id, news)


async def test_an_attempt_under_way_is_told_of_with_its_own_credentials_and_with_newer_ones(
    counter: Counter,
) -> None:
    await started(counter)
    rotate(counter, 2)
    await tell(counter, 1)
    await tell(counter, 2)


async def test_credentials_from_before_the_attempt_say_nothing_about_it(counter: Counter) -> None:
    rotate(counter, 2)
    payment = await started(counter)
    with pytest.raises(MessageRejected):
        await tell(counter, 1)
    news = notification(counter.statement(Outcome.CAPTURED), version=1)
    with pytest.raises(MessageRejected):
        await bring_notification(counter.ports, CHANNEL.terminal_id, news)
    assert await counter.ports.store.evidence(payment.id) == ()
    assert counter.bank.inquiries == []


async def test_old_credentials_say_nothing_about_an_attempt_that_is_closed(counter: Counter) -> None:
    await started(counter)
    rotate(counter, 2)
    counter.clock.move(CLOSES - INSTANT)
    await tell(counter, 1)
    counter.clock.move(INSTANT)
    with pytest.raises(MessageRejected):
        await tell(counter, 1)
    await tell(counter, 2)


async def test_current_credentials_speak_of_a_closed_attempt(counter: Counter) -> None:
    await started(counter)
    counter.clock.move(timedelta(hours=30))
    await tell(counter, 1)


async def test_knet_is_asked_with_the_attempts_own_credentials_while_it_is_under_way(
    counter: Counter,
) -> None:
    payment = await started(counter)
    rotate(counter, 2)
    counter.clock.move(CLOSES - INSTANT)
    await counter.settle(payment)
    counter.clock.move(INSTANT)
    await counter.settle(payment)
    assert [inquiry.credentials_version for inquiry in counter.bank.inquiries] == [1, 2]


async def test_a_bank_that_knows_the_current_credentials_by_another_id_is_asked_with_the_attempts_own(
    counter: Counter,
) -> None:
    """It would say "not found" there about a payment that it captured, and the payment would expire."""
    payment = await started(counter)
    assert isinstance(counter.ports.terminals, KnownTerminals)
    counter.ports.terminals.renamed.add((CHANNEL.terminal_id, 2))
    rotate(counter, 2)
    counter.clock.move(CLOSES)
    await counter.settle(payment)
    assert [inquiry.credentials_version for inquiry in counter.bank.inquiries] == [1]


async def test_a_terminal_that_is_not_set_up_any_more_is_asked_about_with_the_attempts_own(
    counter: Counter,
) -> None:
    payment = await started(counter)
    assert isinstance(counter.ports.terminals, KnownTerminals)
    counter.ports.terminals.versions.clear()
    counter.clock.move(CLOSES)
    await counter.settle(payment)
    assert [inquiry.credentials_version for inquiry in counter.bank.inquiries] == [1]


async def test_old_credentials_stay_old_when_the_terminal_is_switched_off(counter: Counter) -> None:
    payment = await started(counter)
    rotate(counter, 2)
    assert isinstance(counter.ports.terminals, KnownTerminals)
    counter.ports.terminals.disabled.add(CHANNEL.terminal_id)
    counter.clock.move(CLOSES)
    with pytest.raises(MessageRejected):
        await tell(counter, 1)
    await counter.settle(payment)
    assert [inquiry.credentials_version for inquiry in counter.bank.inquiries] == [2]
    await tell(counter, 2)
