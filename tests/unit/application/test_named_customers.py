"""What a confirm writes about its customer, and whom it waits for meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from fils.application.confirming import confirm_payment_setup
from fils.application.customers import delete_customer, update_customer
from fils.application.payment_setups import create_payment_setup, update_payment_setup
from fils.application.ports import Batch, Ports
from fils.domain.customer import Customer, CustomerDetails
from fils.domain.identifiers import CustomerId
from fils.domain.money import KWD
from fils.domain.payment import Payment
from fils.domain.payment_setup import KNET, CustomerTerms, Language, PaymentSetup, SetupTerms
from fils.locks import ProcessLocks
from fils.storage.memory import MemoryStore
from tests.support.application_ports import ACCOUNT, CHANNEL, make_ports, seed
from tests.support.stores import BusyStore, OvertakenStore

NOUR = Customer(
    id=CustomerId("cus_o5czyuv4nbxuhc4ckxnmubmo2i"),
    account_id=ACCOUNT.id,
    created_at=ACCOUNT.created_at,
    email="nour@example.com",
    name="Nour",
)
TERMS = SetupTerms(
    processing_channel_id=CHANNEL.id,
    amount_minor=1000,
    currency=KWD,
    reference="ORD-1",
    language=Language.ARABIC,
    success_url="https://shop.example/paid",
    failure_url="https://shop.example/failed",
)
AS_KNOWN = CustomerTerms(email="Nour@Example.com", name="Nour")
RENAMED = CustomerTerms(email="Nour@Example.com", name="Noor")
RENAMED_BY_ID = CustomerTerms(id=NOUR.id, name="Noor")

Act = Callable[[Ports, CustomerTerms], Awaitable[Payment | None]]


class ContestedStore(MemoryStore):
    """Where another node changes a customer just before each commit that would change it."""

    async def commit(self, batch: Batch) -> None:
        for record in batch.updates:
            if isinstance(record, Customer):
                stored = await self.customer(record.id)
                assert stored is not None
                await super().commit(Batch(updates=(replace(stored, name="Of another node"),)))
        await super().commit(batch)


class MeetingStore(MemoryStore):
    """Where a commit waits for another one, as those that share a group commit do."""

    def __init__(self) -> None:
        super().__init__()
        self.meeting: asyncio.Barrier | None = None

    async def commit(self, batch: Batch) -> None:
        if self.meeting is not None:
            await self.meeting.wait()
        await super().commit(batch)


class WatchedLocks(ProcessLocks):
    """Locks that remember what was held."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[str] = []

    @asynccontextmanager
    async def holding(self, key: str) -> AsyncIterator[None]:
        async with super().holding(key):
            self.held.append(key)
            yield


async def opened(store: MemoryStore | None = None, *, locks: ProcessLocks | None = None) -> Ports:
    """The ports of a shop that knows Nour."""
    ports = replace(make_ports(store=store), locks=locks or ProcessLocks())
    await seed(ports)
    await ports.store.commit(Batch(inserts=(NOUR,)))
    return ports


async def create(ports: Ports, told: CustomerTerms) -> PaymentSetup:
    return (await create_payment_setup(ports, ACCOUNT.id, replace(TERMS, customer=told))).setup


async def confirm(ports: Ports, told: CustomerTerms) -> Payment:
    setup = await create(ports, told)
    return (await confirm_payment_setup(ports, ACCOUNT.id, setup.id, KNET)).payment


async def create_confirmed(ports: Ports, told: CustomerTerms) -> Payment | None:
    terms = replace(TERMS, customer=told, auto_confirm=KNET)
    return (await create_payment_setup(ports, ACCOUNT.id, terms)).latest_payment


async def update_confirmed(ports: Ports, told: CustomerTerms) -> Payment | None:
    setup = await create(ports, told)
    changed = await update_payment_setup(
        ports, ACCOUNT.id, setup.id, lambda before: (replace(before, auto_confirm=KNET), ())
    )
    return changed.latest_payment


WAYS = pytest.mark.parametrize("act", [confirm, create_confirmed, update_confirmed])


@WAYS
async def test_a_contested_customer_refuses_no_payment(act: Act) -> None:
    ports = await opened(ContestedStore())
    payment = await act(ports, RENAMED)
    assert payment is not None
    assert (payment.customer_id, payment.customer_name) == (NOUR.id, "Noor")
    stored = await ports.store.customer(NOUR.id)
    assert stored is not None
    assert stored.name == "Of another node"


async def test_a_new_customer_is_stored_however_often_its_payment_was_overtaken() -> None:
    store = OvertakenStore()
    ports = await opened(store)
    store.overtaken_count = 3
    payment = await confirm(ports, CustomerTerms(email="sara@example.com"))
    assert store.refused_count == 3
    customer = await ports.store.customer_by_email(ACCOUNT.id, "sara@example.com")
    assert customer is not None
    assert customer.id == payment.customer_id


@WAYS
async def test_payments_that_write_nothing_about_their_customer_are_committed_together(act: Act) -> None:
    store = MeetingStore()
    ports = await opened(store)

    async def pay() -> Payment | None:
        return await act(ports, AS_KNOWN)

    store.meeting = asyncio.Barrier(2)
    async with asyncio.timeout(5):
        payments = await asyncio.gather(pay(), pay())
    assert [payment and payment.customer_id for payment in payments] == [NOUR.id, NOUR.id]


@WAYS
@pytest.mark.parametrize("told", [RENAMED, RENAMED_BY_ID], ids=["by e-mail", "by id"])
async def test_a_payment_that_changes_its_customer_waits_for_others_who_do(
    act: Act, told: CustomerTerms
) -> None:
    locks = WatchedLocks()
    ports = await opened(locks=locks)
    await act(ports, told)
    assert locks.held[-1] == NOUR.id


async def test_a_shop_that_changes_a_customer_waits_for_its_payments() -> None:
    locks = WatchedLocks()
    ports = await opened(locks=locks)
    await update_customer(ports, ACCOUNT.id, NOUR.id, CustomerDetails(name="Noor"))
    await delete_customer(ports, ACCOUNT.id, NOUR.id)
    assert locks.held == [NOUR.id, NOUR.id]


async def test_an_update_that_confirms_nothing_waits_for_no_customer() -> None:
    locks = WatchedLocks()
    ports = await opened(locks=locks)
    setup = await create(ports, AS_KNOWN)
    await update_payment_setup(
        ports, ACCOUNT.id, setup.id, lambda before: (replace(before, customer=RENAMED), ())
    )
    assert locks.held == [setup.id]


async def test_payments_at_once_in_one_node_do_not_overtake_each_other() -> None:
    store, locks = BusyStore(), WatchedLocks()
    ports = await opened(store, locks=locks)
    told = [CustomerTerms(email="sara@example.com", name=f"Sara {number}") for number in range(9)]
    payments = await asyncio.gather(*(confirm(ports, each) for each in told))
    customer = await ports.store.customer_by_email(ACCOUNT.id, "sara@example.com")
    assert customer is not None
    assert {payment.customer_id for payment in payments} == {customer.id}
    assert store.conflict_count == 0
    # The first made the customer, under the address; the others changed it, under its id.
    assert locks.held.count(customer.id) == len(told) - 1
