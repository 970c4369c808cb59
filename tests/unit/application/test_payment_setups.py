"""Creating, reading and confirming payment setups."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fils.application.confirming import confirm_payment_setup
from fils.application.deciding import DECISIONS_MAX
from fils.application.payment_setups import create_payment_setup, get_payment_setup
from fils.application.ports import Batch, Ports
from fils.domain.errors import (
    InvariantViolated,
    NotFound,
    PaymentMethodNotReady,
    PaymentSetupAlreadyConfirmed,
    PaymentSetupExpired,
    RequestRefused,
    StorageUnavailable,
)
from fils.domain.events import EventType
from fils.domain.evidence import Outcome
from fils.domain.identifiers import PaymentSetupId, ProcessingChannelId
from fils.domain.money import KWD, Currency
from fils.domain.payment import Payment, PaymentStatus
from fils.domain.payment_setup import KNET, Language, PaymentSetup, SetupTerms
from fils.locks import ProcessLocks
from tests.support.application_ports import (
    ACCOUNT,
    CHANNEL,
    OTHER_ACCOUNT,
    OTHER_CHANNEL,
    KnownTerminals,
    ScriptedBank,
    SettableClock,
    make_ports,
    seed,
)
from tests.support.payment_states import Counter
from tests.support.stores import BusyStore, OvertakenStore

TERMS = SetupTerms(
    processing_channel_id=CHANNEL.id,
    amount_minor=1000,
    currency=KWD,
    reference="ORD-1",
    description="Coffee",
    language=Language.ARABIC,
    success_url="https://shop.example/paid",
    failure_url="https://shop.example/failed",
    carried={"metadata": {"cart": 7}, "customer": {"name": "Noura"}},
)


async def create(ports: Ports, terms: SetupTerms = TERMS) -> PaymentSetup:
    return (await create_payment_setup(ports, ACCOUNT.id, terms)).setup


async def confirm(ports: Ports, setup: PaymentSetup) -> Payment:
    return (await confirm_payment_setup(ports, ACCOUNT.id, setup.id, KNET)).payment


async def refused_codes(ports: Ports, terms: SetupTerms) -> tuple[str, ...]:
    with pytest.raises(RequestRefused) as caught:
        await create(ports, terms)
    return caught.value.codes


# Create and get


async def test_a_setup_is_stored_as_it_was_told(counter: Counter) -> None:
    setup = await create(counter.ports)
    view = await get_payment_setup(counter.ports, ACCOUNT.id, setup.id)
    assert view.setup == setup
    assert view.setup.terms == TERMS
    assert view.latest_payment is None


async def test_everything_wrong_is_told_at_once(counter: Counter) -> None:
    terms = SetupTerms(success_url="ftp://shop.example", failure_url="//shop.example")
    assert await refused_codes(counter.ports, terms) == (
        "processing_channel_id_required",
        "amount_required",
        "currency_required",
        "success_url_invalid",
        "fail_url_invalid",
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount_minor": 0}, "amount_invalid"),
        ({"amount_minor": -1}, "amount_invalid"),
        ({"amount_minor": 1_000_000_000}, "amount_invalid"),
        ({"processing_channel_id": ProcessingChannelId("pc_nobodys")}, "processing_channel_id_invalid"),
        ({"processing_channel_id": OTHER_CHANNEL.id}, "processing_channel_id_invalid"),
        ({"success_url": "http://shop.example/"}, "success_url_invalid"),
    ],
    ids=str,
)
async def test_a_value_that_is_not_allowed_is_refused(
    counter: Counter, change: dict[str, Any], code: str
) -> None:
    assert await refused_codes(counter.ports, replace(TERMS, **change)) == (code,)


@pytest.mark.parametrize("amount_minor", [1, 999_999_999])
async def test_the_smallest_and_the_largest_amount_are_taken(counter: Counter, amount_minor: int) -> None:
    setup = await create(counter.ports, replace(TERMS, amount_minor=amount_minor))
    assert setup.money.amount == amount_minor


async def test_a_setup_of_another_account_is_not_found(counter: Counter) -> None:
    setup = await create(counter.ports)
    with pytest.raises(NotFound):
        await get_payment_setup(counter.ports, OTHER_ACCOUNT.id, setup.id)
    with pytest.raises(NotFound):
        await confirm_payment_setup(counter.ports, OTHER_ACCOUNT.id, setup.id, KNET)
    with pytest.raises(NotFound):
        await get_payment_setup(counter.ports, ACCOUNT.id, PaymentSetupId("set_nobodys"))


# Confirm


async def test_a_confirm_makes_a_pending_payment_with_its_event_and_its_first_look(counter: Counter) -> None:
    ports, clock = counter.ports, counter.clock
    setup = await create(ports)
    payment = await confirm(ports, setup)
    assert payment.status is PaymentStatus.PENDING
    assert payment.amount == setup.money
    assert (payment.reference, payment.description) == ("ORD-1", "Coffee")
    assert payment.metadata == {"cart": 7}
    assert payment.link_expires_at == clock.time + timedelta(minutes=30)
    assert payment.expires_at == clock.time + timedelta(minutes=60)
    view = await get_payment_setup(ports, ACCOUNT.id, setup.id)
    assert view.latest_payment == payment
    (event,) = await ports.store.events(payment.id)
    assert (event.type, event.sequence) == (EventType.PAYMENT_PENDING, 1)
    lease = timedelta(minutes=1)
    before = payment.expires_at - timedelta(microseconds=1)
    assert await ports.store.claim_due_payments(now=before, limit=9, lease=lease) == ()
    assert await ports.store.claim_due_payments(now=payment.expires_at, limit=9, lease=lease) == (payment.id,)


async def test_metadata_that_is_no_object_is_not_taken_over(counter: Counter) -> None:
    setup = await create(counter.ports, replace(TERMS, carried={"metadata": ["a"]}))
    assert (await confirm(counter.ports, setup)).metadata == {}


async def test_a_second_confirm_is_refused(counter: Counter) -> None:
    setup = await create(counter.ports)
    await confirm(counter.ports, setup)
    with pytest.raises(PaymentSetupAlreadyConfirmed):
        await confirm(counter.ports, setup)


async def test_a_setup_is_confirmed_again_after_its_payment_ended_without_money(counter: Counter) -> None:
    payment = await counter.confirm()
    await counter.end(payment, Outcome.CANCELED)
    again = (await confirm_payment_setup(counter.ports, ACCOUNT.id, payment.setup_id, KNET)).payment
    assert again.id != payment.id
    assert again.session_id != payment.session_id


async def test_a_paid_setup_is_not_confirmed_again(counter: Counter) -> None:
    payment = await counter.confirm()
    await counter.end(payment, Outcome.CAPTURED)
    with pytest.raises(PaymentSetupAlreadyConfirmed):
        await confirm_payment_setup(counter.ports, ACCOUNT.id, payment.setup_id, KNET)


async def test_a_setup_that_is_not_ready_is_refused_with_its_flags(counter: Counter) -> None:
    setup = await create(counter.ports, replace(TERMS, language=None, currency=Currency.USD))
    with pytest.raises(PaymentMethodNotReady) as caught:
        await confirm(counter.ports, setup)
    assert caught.value.codes == ("currency_not_supported", "language_required")


async def test_a_setup_is_too_old_after_a_day(counter: Counter) -> None:
    setup = await create(counter.ports)
    counter.clock.move(timedelta(hours=24))
    with pytest.raises(PaymentSetupExpired):
        await confirm(counter.ports, setup)


async def test_a_channel_whose_terminal_is_not_set_up_is_told(counter: Counter) -> None:
    ports = replace(counter.ports, terminals=KnownTerminals({}))
    with pytest.raises(RequestRefused, match="payee_not_onboarded"):
        await confirm(ports, await create(ports))


async def test_a_channel_that_vanished_is_our_bug(counter: Counter) -> None:
    setup = await create(counter.ports)
    lost = replace(
        setup,
        id=PaymentSetupId("set_lost"),
        terms=replace(TERMS, processing_channel_id=ProcessingChannelId("pc_gone")),
    )
    await counter.ports.store.commit(Batch(inserts=(lost,)))
    with pytest.raises(InvariantViolated):
        await confirm(counter.ports, lost)


@pytest.mark.parametrize("node_count", [1, 3])
async def test_of_200_confirms_at_once_one_makes_a_payment(node_count: int) -> None:
    clock, bank = SettableClock(), ScriptedBank()
    ports = make_ports(store=(store := BusyStore()), clock=clock, bank=bank)
    await seed(ports)
    nodes = [replace(ports, locks=ProcessLocks()) for _ in range(node_count)]
    setup = await create(ports)
    results = await asyncio.gather(
        *(confirm(nodes[number % node_count], setup) for number in range(200)), return_exceptions=True
    )
    payments = [result for result in results if isinstance(result, Payment)]
    refused = [result for result in results if isinstance(result, PaymentSetupAlreadyConfirmed)]
    assert (len(payments), len(refused)) == (1, 199)
    # Inside a node they queue, so that only another node can overtake a decision.
    assert store.conflict_count == node_count - 1
    assert await ports.store.latest_payments(ACCOUNT.id, limit=9) == (payments[0],)


# Overtaken


async def test_an_overtaken_decision_is_made_anew() -> None:
    store = OvertakenStore()
    ports = make_ports(store=store)
    await seed(ports)
    setup = await create(ports)
    store.overtaken_count = DECISIONS_MAX - 1
    payment = await confirm(ports, setup)
    assert await store.payment(payment.id) == payment
    assert store.refused_count == DECISIONS_MAX - 1


async def test_a_decision_that_is_always_overtaken_writes_nothing_and_says_so() -> None:
    store = OvertakenStore()
    ports = make_ports(store=store)
    await seed(ports)
    setup = await create(ports)
    store.overtaken_count = DECISIONS_MAX
    with pytest.raises(StorageUnavailable):
        await confirm(ports, setup)
    assert store.refused_count == DECISIONS_MAX
    assert await store.payment_setup(setup.id) == setup
    assert await store.latest_payments(ACCOUNT.id, limit=9) == ()
