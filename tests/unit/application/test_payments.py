"""Reading payments, by their id and by the session id of the browser's return."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fils.application.payments import get_payment, latest_payments
from fils.domain.errors import NotFound
from fils.domain.evidence import BankStatement, Outcome
from tests.support.application_ports import ACCOUNT, OTHER_ACCOUNT
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
