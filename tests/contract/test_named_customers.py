"""Payments of one customer that are confirmed at once share the customer, on every kind of store."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from fils.application.ports import Store
from fils.locks import ProcessLocks
from tests.support.api_client import ApiClient, documented_request
from tests.support.application_ports import ACCOUNT, make_ports, seed

NODE_COUNT = 3
EACH_COUNT = 10
ADDRESS = "nour@example.com"


@pytest.mark.parametrize("name", ["Nour", "Nour {number}"], ids=["one name", "a name each"])
async def test_payments_at_once_share_the_customer(store: Store, name: str) -> None:
    ports = make_ports(store=store)
    await seed(ports)
    nodes = [ApiClient(replace(ports, locks=ProcessLocks())) for _ in range(NODE_COUNT)]

    async def pay(api: ApiClient, number: int) -> str:
        told = {"email": {"address": ADDRESS}, "name": name.format(number=number)}
        setup = await api.create(documented_request(customer=told))
        confirmed = await api.call("POST", f"/payments/setups/{setup.document['id']}/confirm/knet")
        assert confirmed.status == 202
        payment = (await api.call("GET", f"/payments/{confirmed.document['id']}")).document
        assert payment["customer"]["name"] == told["name"]
        customer_id: str = payment["customer"]["id"]
        return customer_id

    found = await asyncio.gather(
        *(pay(nodes[number % NODE_COUNT], number) for number in range(NODE_COUNT * EACH_COUNT))
    )
    customer = await store.customer_by_email(ACCOUNT.id, ADDRESS)
    assert customer is not None
    assert set(found) == {customer.id}
    assert len(await store.latest_payments(ACCOUNT.id, limit=100)) == NODE_COUNT * EACH_COUNT


async def test_an_address_is_free_after_its_customer_was_deleted(store: Store) -> None:
    ports = make_ports(store=store)
    await seed(ports)
    api = ApiClient(ports)
    first = (await api.call("POST", "/customers", {"email": ADDRESS})).document["id"]
    assert (await api.call("DELETE", f"/customers/{first}")).status == 204
    second = (await api.call("POST", "/customers", {"email": ADDRESS})).document["id"]
    customer = await store.customer_by_email(ACCOUNT.id, ADDRESS)
    assert customer is not None
    assert customer.id == second != first
