"""Updates and confirms of one setup at once, on real databases: a payment is of one version of the terms."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from fils.application.confirming import confirm_payment_setup
from fils.application.payment_setups import create_payment_setup, get_payment_setup, update_payment_setup
from fils.application.ports import Ports
from fils.application.setup_views import SetupView
from fils.domain.errors import PaymentSetupAlreadyConfirmed
from fils.domain.identifiers import PaymentSetupId
from fils.domain.money import KWD
from fils.domain.payment import Payment
from fils.domain.payment_setup import KNET, Language, SetupTerms
from fils.locks import ProcessLocks
from fils.storage import open_store
from tests.support.application_ports import ACCOUNT, CHANNEL, make_ports, seed

TURNS = 15


def version(number: int) -> SetupTerms:
    """Terms that say in every field which ones they are."""
    return SetupTerms(
        processing_channel_id=CHANNEL.id,
        amount_minor=number * 1000,
        currency=KWD,
        reference=f"ORD-{number}",
        description=f"Order {number}",
        language=Language.ENGLISH,
        success_url=f"https://shop.example/{number}/paid",
        failure_url=f"https://shop.example/{number}/failed",
        carried={"metadata": {"version": number}},
    )


def number_of(payment: Payment) -> int:
    """The version whose terms the payment took, all of them."""
    number = payment.amount.amount // 1000
    terms = version(number)
    assert payment.amount.amount == terms.amount_minor
    assert (payment.reference, payment.description) == (terms.reference, terms.description)
    assert (payment.success_url, payment.failure_url) == (terms.success_url, terms.failure_url)
    assert payment.metadata == terms.carried["metadata"]
    return number


@pytest.fixture
async def sqlite_node(tmp_path: Path) -> AsyncIterator[list[Ports]]:
    async with AsyncExitStack() as stack:
        store = await open_store(str(tmp_path / "fils.sqlite3"), mode="sandbox")
        stack.push_async_callback(store.close)
        ports = make_ports(store=store)
        await seed(ports)
        yield [ports]


@pytest.fixture
async def postgresql_nodes(postgresql_url: str) -> AsyncIterator[list[Ports]]:
    """Two nodes that share a database and nothing else."""
    async with AsyncExitStack() as stack:
        nodes = []
        for _ in range(2):
            store = await open_store(postgresql_url, mode="sandbox")
            stack.push_async_callback(store.close)
            nodes.append(replace(make_ports(store=store), locks=ProcessLocks()))
        await seed(nodes[0])
        yield nodes


async def update(node: Ports, setup_id: PaymentSetupId, number: int) -> SetupView:
    return await update_payment_setup(node, ACCOUNT.id, setup_id, lambda _before: (version(number), ()))


async def confirm(node: Ports, setup_id: PaymentSetupId) -> Payment:
    return (await confirm_payment_setup(node, ACCOUNT.id, setup_id, KNET)).payment


async def race(nodes: Sequence[Ports]) -> set[int]:
    """Race three updates and two confirms, several times; returns the versions that were confirmed."""
    confirmed = set()
    for turn in range(TURNS):
        created = await create_payment_setup(nodes[0], ACCOUNT.id, version(1))
        setup_id = created.setup.id
        acts = [
            confirm(nodes[place % len(nodes)], setup_id)
            if (place + turn) % 5 in (0, 3)
            else update(nodes[place % len(nodes)], setup_id, place + 2)
            for place in range(5)
        ]
        results: list[object] = await asyncio.gather(*acts, return_exceptions=True)
        (payment,) = (result for result in results if isinstance(result, Payment))
        refused = [result for result in results if not isinstance(result, Payment | SetupView)]
        assert all(isinstance(result, PaymentSetupAlreadyConfirmed) for result in refused)
        view = await get_payment_setup(nodes[-1], ACCOUNT.id, setup_id)
        assert view.latest_payment == payment
        assert view.setup.terms == version(number_of(payment))
        confirmed.add(number_of(payment))
    return confirmed


async def test_in_one_process_a_payment_is_of_one_version(sqlite_node: list[Ports]) -> None:
    assert len(await race(sqlite_node)) > 1


async def test_over_two_stores_on_one_database_a_payment_is_of_one_version(
    postgresql_nodes: list[Ports],
) -> None:
    assert len(await race(postgresql_nodes)) > 1
