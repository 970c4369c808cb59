"""Changing payment setups, alone and beside a confirm, and setups that confirm themselves."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fils.application.confirming import confirm_payment_setup
from fils.application.deciding import DECISIONS_MAX
from fils.application.payment_setups import (
    Change,
    create_payment_setup,
    get_payment_setup,
    update_payment_setup,
)
from fils.application.ports import Batch, Ports
from fils.application.setup_views import SetupView
from fils.domain.errors import (
    NotFound,
    PaymentMethodNotReady,
    PaymentSetupAlreadyConfirmed,
    PaymentSetupExpired,
    RequestRefused,
    StorageUnavailable,
)
from fils.domain.evidence import Outcome
from fils.domain.identifiers import PaymentSetupId, ProcessingChannelId
from fils.domain.money import KWD
from fils.domain.payment import Payment
from fils.domain.payment_setup import KNET, Language, PaymentSetup, SetupTerms
from fils.domain.readiness import MethodStatus, Readiness
from fils.locks import ProcessLocks
from tests.support.application_ports import (
    ACCOUNT,
    CHANNEL,
    OTHER_ACCOUNT,
    OTHER_CHANNEL,
    KnownTerminals,
    make_ports,
    seed,
)
from tests.support.payment_states import DECIDED, Counter
from tests.support.stores import BusyStore, InterruptedStore, OvertakenStore

TERMS = SetupTerms(
    processing_channel_id=CHANNEL.id,
    amount_minor=1000,
    currency=KWD,
    reference="ORD-1",
    language=Language.ARABIC,
    success_url="https://shop.example/1/paid",
    failure_url="https://shop.example/1/failed",
    carried={"metadata": {"version": 1}},
)
NEW_TERMS = replace(
    TERMS,
    amount_minor=2000,
    reference="ORD-2",
    language=Language.ENGLISH,
    success_url="https://shop.example/2/paid",
    failure_url="https://shop.example/2/failed",
    carried={"metadata": {"version": 2}},
)


def to(terms: SetupTerms, *faults: str) -> Change:
    """The change that makes *terms* of anything."""
    return lambda _before: (terms, faults)


def telling(**told: Any) -> Change:
    """The change that replaces some terms and keeps the others."""
    return lambda before: (replace(before, **told), ())


async def create(ports: Ports, terms: SetupTerms = TERMS) -> PaymentSetup:
    return (await create_payment_setup(ports, ACCOUNT.id, terms)).setup


async def update(ports: Ports, setup: PaymentSetup, change: Change) -> SetupView:
    return await update_payment_setup(ports, ACCOUNT.id, setup.id, change)


async def confirm(ports: Ports, setup: PaymentSetup) -> Payment:
    return (await confirm_payment_setup(ports, ACCOUNT.id, setup.id, KNET)).payment


async def stored_terms(ports: Ports, setup: PaymentSetup) -> SetupTerms:
    return (await get_payment_setup(ports, ACCOUNT.id, setup.id)).setup.terms


def told_by(payment: Payment) -> tuple[object, ...]:
    """Everything that a payment took from its setup."""
    return (
        payment.amount.amount,
        payment.reference,
        payment.language,
        payment.success_url,
        payment.failure_url,
        payment.metadata,
    )


def told_in(terms: SetupTerms) -> tuple[object, ...]:
    return (
        terms.amount_minor,
        terms.reference,
        terms.language,
        terms.success_url,
        terms.failure_url,
        terms.carried["metadata"],
    )


# What an update does


async def test_an_update_is_stored_and_answered_with_its_readiness(counter: Counter) -> None:
    setup = await create(counter.ports, replace(TERMS, language=None))
    view = await update(counter.ports, setup, telling(language=Language.ENGLISH))
    assert view.methods == {KNET: Readiness(MethodStatus.READY)}
    assert await stored_terms(counter.ports, setup) == replace(TERMS, language=Language.ENGLISH)
    assert view.setup.created_at == setup.created_at


@pytest.mark.parametrize(
    ("told", "codes"),
    [
        ({"amount_minor": None, "currency": None}, ("amount_required", "currency_required")),
        ({"processing_channel_id": None}, ("processing_channel_id_required",)),
        ({"amount_minor": 0}, ("amount_invalid",)),
        ({"success_url": "http://shop.example/"}, ("success_url_invalid",)),
        ({"processing_channel_id": OTHER_CHANNEL.id}, ("processing_channel_id_invalid",)),
        ({"processing_channel_id": "pc_nobodys"}, ("processing_channel_id_invalid",)),
        ({"auto_confirm": "card"}, ("payment_method_not_supported",)),
        ({"auto_confirm": "bitcoin"}, ("payment_method_invalid",)),
    ],
    ids=str,
)
async def test_an_update_is_checked_as_if_it_were_a_creation(
    counter: Counter, told: dict[str, Any], codes: tuple[str, ...]
) -> None:
    terms = replace(TERMS, **told)
    setup = await create(counter.ports)
    with pytest.raises(RequestRefused) as created:
        await create(counter.ports, terms)
    with pytest.raises(RequestRefused) as updated:
        await update(counter.ports, setup, to(terms))
    assert created.value.codes == updated.value.codes == codes
    assert await stored_terms(counter.ports, setup) == TERMS


async def test_a_field_that_could_not_be_read_refuses_the_update_and_is_not_missing_too(
    counter: Counter,
) -> None:
    setup = await create(counter.ports)
    with pytest.raises(RequestRefused) as caught:
        await update(counter.ports, setup, to(replace(TERMS, amount_minor=None), "amount_invalid"))
    assert caught.value.codes == ("amount_invalid",)
    assert await stored_terms(counter.ports, setup) == TERMS


async def test_a_setup_of_another_account_is_not_found(counter: Counter) -> None:
    setup = await create(counter.ports)
    with pytest.raises(NotFound):
        await update_payment_setup(counter.ports, OTHER_ACCOUNT.id, setup.id, to(NEW_TERMS))
    with pytest.raises(NotFound):
        await update_payment_setup(counter.ports, ACCOUNT.id, PaymentSetupId("set_nobodys"), to(NEW_TERMS))
    assert await stored_terms(counter.ports, setup) == TERMS


# When an update is taken


async def test_a_setup_whose_payment_is_pending_or_paid_stays_as_it_is(counter: Counter) -> None:
    payment = await counter.confirm()
    before = (await get_payment_setup(counter.ports, ACCOUNT.id, payment.setup_id)).setup
    with pytest.raises(PaymentSetupAlreadyConfirmed):
        await update(counter.ports, before, to(NEW_TERMS))
    await counter.end(payment, Outcome.CAPTURED)
    with pytest.raises(PaymentSetupAlreadyConfirmed):
        await update(counter.ports, before, to(NEW_TERMS))
    assert await stored_terms(counter.ports, before) == before.terms


@pytest.mark.parametrize("way", sorted(DECIDED.keys() - {"paid"}))
async def test_after_a_payment_without_money_the_setup_may_change_and_be_confirmed_again(
    counter: Counter, way: str
) -> None:
    first = await counter.confirm()
    setup = (await get_payment_setup(counter.ports, ACCOUNT.id, first.setup_id)).setup
    await DECIDED[way](counter, first)
    ended = await counter.stored(first.id)
    view = await update(counter.ports, setup, to(NEW_TERMS))
    assert view.latest_payment == ended
    second = await confirm(counter.ports, setup)
    assert told_by(second) == told_in(NEW_TERMS)
    assert await counter.stored(first.id) == ended


async def test_a_setup_too_old_to_be_confirmed_is_not_changed(counter: Counter) -> None:
    setup = await create(counter.ports)
    counter.clock.move(timedelta(hours=24) - timedelta(microseconds=1))
    await update(counter.ports, setup, to(NEW_TERMS))
    counter.clock.move(timedelta(microseconds=1))
    with pytest.raises(PaymentSetupExpired):
        await update(counter.ports, setup, to(TERMS))
    view = await get_payment_setup(counter.ports, ACCOUNT.id, setup.id)
    assert view.setup.terms == NEW_TERMS
    assert view.methods[KNET] == Readiness(MethodStatus.UNAVAILABLE, ("payment_setup_expired",))


# Beside a confirm


async def test_a_confirm_between_an_updates_reads_and_its_commit_wins() -> None:
    """Another node confirms just before the update is written, which then is refused."""
    ports = make_ports(store=(store := InterruptedStore()))
    await seed(ports)
    setup = await create(ports)
    payments: list[Payment] = []

    async def confirm_elsewhere() -> None:
        payments.append(await confirm(replace(ports, locks=ProcessLocks()), setup))

    store.meanwhile = confirm_elsewhere
    with pytest.raises(PaymentSetupAlreadyConfirmed):
        await update(ports, setup, to(NEW_TERMS))
    assert told_by(payments[0]) == told_in(TERMS)
    assert await stored_terms(ports, setup) == TERMS


async def test_an_update_between_a_confirms_reads_and_its_commit_is_what_is_confirmed() -> None:
    ports = make_ports(store=(store := InterruptedStore()))
    await seed(ports)
    setup = await create(ports)

    async def update_elsewhere() -> None:
        await update(replace(ports, locks=ProcessLocks()), setup, to(NEW_TERMS))

    store.meanwhile = update_elsewhere
    payment = await confirm(ports, setup)
    assert told_by(payment) == told_in(NEW_TERMS)
    assert await store.latest_payments(ACCOUNT.id, limit=9) == (payment,)


@pytest.mark.parametrize("node_count", [1, 3])
async def test_of_updates_and_confirms_at_once_the_payment_has_one_version_of_the_terms(
    node_count: int,
) -> None:
    ports = make_ports(store=BusyStore())
    await seed(ports)
    nodes = [replace(ports, locks=ProcessLocks()) for _ in range(node_count)]
    for turn in range(20):
        setup = await create(ports)
        # Each turn another one of the six is first.
        acts = [
            confirm(nodes[number % node_count], setup)
            if (number + turn) % 6 in (0, 3)
            else update(nodes[number % node_count], setup, version(number))
            for number in range(6)
        ]
        results: list[object] = await asyncio.gather(*acts, return_exceptions=True)
        (payment,) = (result for result in results if isinstance(result, Payment))
        others = [result for result in results if not isinstance(result, Payment | SetupView)]
        assert all(isinstance(other, PaymentSetupAlreadyConfirmed) for other in others)
        # The terms that stayed are those that were confirmed, and every value of the payment is of them.
        assert told_by(payment) == told_in(await stored_terms(ports, setup))


def version(number: int) -> Change:
    return to(
        replace(
            TERMS,
            amount_minor=(number + 1) * 1000,
            reference=f"ORD-{number}",
            success_url=f"https://shop.example/{number}/paid",
            failure_url=f"https://shop.example/{number}/failed",
            carried={"metadata": {"version": number}},
        )
    )


async def test_updates_at_once_lose_nothing() -> None:
    ports = make_ports(store=BusyStore())
    await seed(ports)
    nodes = [replace(ports, locks=ProcessLocks()) for _ in range(3)]
    setup = await create(ports, replace(TERMS, carried={}))

    def adding(name: str) -> Change:
        return lambda before: (replace(before, carried={**before.carried, name: {}}), ())

    names = [f"order {number}" for number in range(12)]
    await asyncio.gather(*(update(nodes[n % 3], setup, adding(name)) for n, name in enumerate(names)))
    assert set((await stored_terms(ports, setup)).carried) == set(names)


async def test_an_update_that_is_always_overtaken_writes_nothing_and_says_so() -> None:
    ports = make_ports(store=(store := OvertakenStore()))
    await seed(ports)
    setup = await create(ports)
    store.overtaken_count = DECISIONS_MAX - 1
    await update(ports, setup, to(NEW_TERMS))
    store.overtaken_count = DECISIONS_MAX
    with pytest.raises(StorageUnavailable):
        await update(ports, setup, to(TERMS))
    assert await stored_terms(ports, setup) == NEW_TERMS


# Setups that confirm themselves


async def test_a_ready_setup_that_is_to_be_confirmed_by_itself_is_born_with_its_payment(
    counter: Counter,
) -> None:
    view = await create_payment_setup(counter.ports, ACCOUNT.id, replace(TERMS, auto_confirm=KNET))
    assert view.latest_payment is not None
    assert told_by(view.latest_payment) == told_in(TERMS)
    assert await get_payment_setup(counter.ports, ACCOUNT.id, view.setup.id) == view
    (event,) = await counter.ports.store.events(view.latest_payment.id)
    assert event.type == "payment_pending"
    with pytest.raises(PaymentSetupAlreadyConfirmed):
        await confirm(counter.ports, view.setup)
    due = await counter.ports.store.claim_due_payments(
        now=view.latest_payment.expires_at, limit=9, lease=timedelta(minutes=1)
    )
    assert due == (view.latest_payment.id,)


async def test_a_setup_that_is_not_ready_waits_for_the_update_that_makes_it_so(counter: Counter) -> None:
    view = await create_payment_setup(
        counter.ports, ACCOUNT.id, replace(TERMS, auto_confirm=KNET, language=None)
    )
    assert view.latest_payment is None
    view = await update(counter.ports, view.setup, telling(description="Two shirts"))
    assert view.latest_payment is None
    view = await update(counter.ports, view.setup, telling(language=Language.ENGLISH))
    assert view.latest_payment is not None
    assert view.latest_payment.language is Language.ENGLISH
    stored = await get_payment_setup(counter.ports, ACCOUNT.id, view.setup.id)
    assert stored.latest_payment == view.latest_payment
    assert stored.setup.latest_payment_blocks
    assert len(await counter.ports.store.latest_payments(ACCOUNT.id, limit=9)) == 1


async def test_of_updates_at_once_that_make_a_setup_ready_one_makes_a_payment() -> None:
    ports = make_ports(store=BusyStore())
    await seed(ports)
    nodes = [replace(ports, locks=ProcessLocks()) for _ in range(3)]
    setup = await create(ports, replace(TERMS, auto_confirm=KNET, language=None))
    change = telling(language=Language.ENGLISH)
    results = await asyncio.gather(
        *(update(nodes[number % 3], setup, change) for number in range(12)), return_exceptions=True
    )
    assert sum(isinstance(result, SetupView) for result in results) == 1
    assert sum(isinstance(result, PaymentSetupAlreadyConfirmed) for result in results) == 11
    assert len(await ports.store.latest_payments(ACCOUNT.id, limit=9)) == 1


# The account and the key


async def test_the_accounts_urls_are_those_of_the_payment_where_the_shop_told_none(counter: Counter) -> None:
    ports = counter.ports
    account = replace(
        ACCOUNT, default_success_url="https://a.example/yes", default_failure_url="https://a.example/no"
    )
    await ports.store.commit(Batch(updates=(account,)))
    setup = await create(ports, replace(TERMS, success_url=None, failure_url=None))
    view = await get_payment_setup(ports, ACCOUNT.id, setup.id)
    assert view.methods == {KNET: Readiness(MethodStatus.READY)}
    assert (view.setup.terms.success_url, view.setup.terms.failure_url) == (None, None)
    payment = await confirm(ports, setup)
    assert (payment.success_url, payment.failure_url) == ("https://a.example/yes", "https://a.example/no")


async def test_an_account_that_wants_amounts_to_end_in_zero_refuses_others(counter: Counter) -> None:
    ports = counter.ports
    earlier = await create(ports, replace(TERMS, amount_minor=1001))
    await ports.store.commit(Batch(updates=(replace(ACCOUNT, last_digit_zero=True),)))
    for act in (
        create(ports, replace(TERMS, amount_minor=1001)),
        update(ports, earlier, telling(reference="x")),
    ):
        with pytest.raises(RequestRefused) as caught:
            await act
        assert caught.value.codes == ("amount_invalid",)
    view = await get_payment_setup(ports, ACCOUNT.id, earlier.id)
    assert view.methods[KNET] == Readiness(MethodStatus.INVALID, ("amount_invalid",))
    with pytest.raises(PaymentMethodNotReady):
        await confirm(ports, earlier)
    await update(ports, earlier, telling(amount_minor=1010))
    assert (await confirm(ports, earlier)).amount.amount == 1010


async def test_a_key_that_is_bound_to_a_channel_need_not_name_it_and_may_name_no_other(
    counter: Counter,
) -> None:
    ports = counter.ports
    second = replace(CHANNEL, id=ProcessingChannelId("pc_second"), name="Second")
    await ports.store.commit(Batch(inserts=(second,)))
    unnamed = replace(TERMS, processing_channel_id=None)
    view = await create_payment_setup(ports, ACCOUNT.id, unnamed, bound_to=second.id)
    assert view.setup.channel_id == second.id
    elsewhere = await create(ports)
    bound: dict[str, Any] = {"bound_to": second.id}
    for act in (
        create_payment_setup(ports, ACCOUNT.id, TERMS, **bound),
        update_payment_setup(ports, ACCOUNT.id, elsewhere.id, to(TERMS), **bound),
        confirm_payment_setup(ports, ACCOUNT.id, elsewhere.id, KNET, **bound),
    ):
        with pytest.raises(RequestRefused) as caught:
            await act
        assert caught.value.codes == ("processing_channel_id_invalid",)
    for taken in (replace(TERMS, processing_channel_id=second.id), unnamed):
        # A setup of another channel cannot be drawn over to the key's own.
        with pytest.raises(RequestRefused, match="processing_channel_id_invalid"):
            await update_payment_setup(ports, ACCOUNT.id, elsewhere.id, to(taken), **bound)
    cleared = await update_payment_setup(ports, ACCOUNT.id, view.setup.id, to(unnamed), **bound)
    assert cleared.setup.channel_id == second.id
    payment = (await confirm_payment_setup(ports, ACCOUNT.id, view.setup.id, KNET, **bound)).payment
    assert payment.processing_channel_id == second.id


async def test_what_can_never_be_confirmed_by_itself_is_refused(counter: Counter) -> None:
    terms = replace(TERMS, auto_confirm=KNET, excluded_payment_methods=(KNET,))
    with pytest.raises(RequestRefused) as caught:
        await create_payment_setup(counter.ports, ACCOUNT.id, terms)
    assert caught.value.codes == ("payment_method_not_supported",)


async def test_a_terminal_that_is_taken_away_makes_knet_unavailable(counter: Counter) -> None:
    setup = await create(counter.ports)
    ports = replace(counter.ports, terminals=KnownTerminals({}))
    view = await get_payment_setup(ports, ACCOUNT.id, setup.id)
    assert view.methods[KNET] == Readiness(MethodStatus.UNAVAILABLE, ("payee_not_onboarded",))
    created = await create_payment_setup(ports, ACCOUNT.id, replace(TERMS, auto_confirm=KNET))
    assert (created.methods, created.latest_payment) == (view.methods, None)
