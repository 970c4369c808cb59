"""The customer a payment is made for, as its setup names it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from fils.domain.customer import Customer
from fils.locks import ProcessLocks
from tests.support.api_client import ApiAnswer, ApiClient, documented_request
from tests.support.application_ports import (
    ACCOUNT,
    OTHER_CHANNEL,
    OTHER_SECRET_KEY,
    WatchedStore,
    make_ports,
    seed,
)
from tests.support.stores import BusyStore

NOUR: dict[str, Any] = {
    "email": "Nour@Example.com",
    "name": "Nour",
    "phone": {"country_code": "965", "number": "99887766"},
    "metadata": {"tier": "gold", "since": 2019, "vip": True, "score": 1.5},
}
NOBODY = "cus_o5czyuv4nbxuhc4ckxnmubmo2i"


async def keep(api: ApiClient, **changes: object) -> str:
    answer = await api.call("POST", "/customers", NOUR | changes)
    assert answer.status == 201
    customer_id: str = answer.document["id"]
    return customer_id


async def read(api: ApiClient, name: str, **options: Any) -> ApiAnswer:
    return await api.call("GET", f"/customers/{quote(name)}", **options)


async def pay(api: ApiClient, customer: object = None, **changes: object) -> dict[str, Any]:
    """The payment of a setup that names *customer*."""
    setup = await api.create(documented_request(customer=customer, **changes))
    assert setup.status == 200
    confirmed = await api.call("POST", f"/payments/setups/{setup.document['id']}/confirm/knet")
    assert confirmed.status == 202
    payment = (await api.call("GET", f"/payments/{confirmed.document['id']}")).document
    assert payment["customer"]["id"] == confirmed.document["customer"]["id"]
    return payment


def stored(store: WatchedStore) -> list[Customer]:
    """Every customer record that was written, in order."""
    records = [record for batch in store.committed for record in (*batch.inserts, *batch.updates)]
    return [record for record in records if isinstance(record, Customer)]


async def test_a_payment_without_a_customer_gets_one(api: ApiClient) -> None:
    payment = await pay(api)
    assert list(payment["customer"]) == ["id"]
    assert (await read(api, payment["customer"]["id"])).document == {
        "id": payment["customer"]["id"],
        "instruments": [],
    }


async def test_what_the_setup_tells_is_what_the_payment_says(api: ApiClient) -> None:
    told = {"email": {"address": "Nour@Example.com"}, "name": "Nour", "phone": NOUR["phone"]}
    payment = await pay(api, told)
    expected = {"id": payment["customer"]["id"], "email": "nour@example.com", **told}
    expected["email"] = "nour@example.com"
    assert payment["customer"] == expected


async def test_the_customer_is_in_the_confirms_own_batch(api: ApiClient, store: WatchedStore) -> None:
    payment = await pay(api, {"name": "Nour"})
    [batch] = [batch for batch in store.committed if any(isinstance(r, Customer) for r in batch.inserts)]
    assert payment["id"] in [record.id for record in batch.inserts if hasattr(record, "id")]


async def test_one_address_is_one_customer(api: ApiClient) -> None:
    customer_id = await keep(api)
    for address in ("nour@example.com", "NOUR@example.com"):
        payment = await pay(api, {"email": {"address": address}})
        assert payment["customer"]["id"] == customer_id
        assert payment["customer"]["name"] == "Nour"


async def test_a_customer_is_named_by_its_id(api: ApiClient) -> None:
    customer_id = await keep(api)
    payment = await pay(api, {"id": customer_id})
    assert payment["customer"] == {
        "id": customer_id,
        "email": "nour@example.com",
        "name": "Nour",
        "phone": NOUR["phone"],
    }


async def test_what_is_told_at_a_payment_is_known_from_then_on(api: ApiClient) -> None:
    customer_id = await keep(api)
    await pay(api, {"id": customer_id, "name": "Noor", "email": {"address": "noor@example.com"}})
    document = (await read(api, customer_id)).document
    assert (document["name"], document["email"]) == ("Noor", "noor@example.com")
    assert document["metadata"] == NOUR["metadata"]


async def test_a_payment_does_not_take_anothers_address(api: ApiClient) -> None:
    await keep(api)
    other = await keep(api, email="other@example.com")
    payment = await pay(api, {"id": other, "name": "Omar", "email": {"address": "nour@example.com"}})
    assert payment["customer"]["email"] == "other@example.com"
    assert (await read(api, other)).document["name"] == "Omar"


async def test_a_customer_that_tells_nothing_new_is_not_written(api: ApiClient, store: WatchedStore) -> None:
    customer_id = await keep(api)
    store.committed.clear()
    await pay(api, {"id": customer_id, "name": "Nour"})
    assert stored(store) == []


@pytest.mark.parametrize("whose", ["nobody", "another account's", "deleted"])
async def test_an_id_that_names_nobody_is_refused(api: ApiClient, whose: str) -> None:
    customer_id = NOBODY
    if whose == "another account's":
        answer = await api.call("POST", "/customers", NOUR, key=OTHER_SECRET_KEY)
        customer_id = answer.document["id"]
    elif whose == "deleted":
        customer_id = await keep(api)
        await api.call("DELETE", f"/customers/{customer_id}")
    answer = await api.create(documented_request(customer={"id": customer_id}, amount=None))
    assert answer.error_codes == ["amount_required", "customer_not_found"]
    setup_id = (await api.create()).document["id"]
    updated = await api.call("PUT", f"/payments/setups/{setup_id}", {"customer": {"id": customer_id}})
    assert updated.error_codes == ["customer_not_found"]


async def test_a_customer_that_was_deleted_before_the_confirm_is_refused(api: ApiClient) -> None:
    customer_id = await keep(api)
    setup_id = (await api.create(documented_request(customer={"id": customer_id}))).document["id"]
    await api.call("DELETE", f"/customers/{customer_id}")
    answer = await api.call("POST", f"/payments/setups/{setup_id}/confirm/knet")
    assert (answer.status, answer.error_codes) == (422, ["customer_not_found"])


async def test_a_payment_keeps_what_it_told_of_a_deleted_customer(api: ApiClient) -> None:
    payment = await pay(api, {"email": {"address": "nour@example.com"}, "name": "Nour"})
    await api.call("DELETE", f"/customers/{payment['customer']['id']}")
    again = (await api.call("GET", f"/payments/{payment['id']}")).document
    assert again["customer"] == payment["customer"]


async def test_a_customer_of_another_account_with_the_same_address_is_another(api: ApiClient) -> None:
    ours = await pay(api, {"email": {"address": "nour@example.com"}})
    setup = await api.call(
        "POST",
        "/payments/setups",
        documented_request(
            processing_channel_id=OTHER_CHANNEL.id, customer={"email": {"address": "nour@example.com"}}
        ),
        key=OTHER_SECRET_KEY,
    )
    path = f"/payments/setups/{setup.document['id']}/confirm/knet"
    theirs = await api.call("POST", path, key=OTHER_SECRET_KEY)
    assert theirs.document["customer"]["id"] != ours["customer"]["id"]


@pytest.mark.parametrize(("node_count", "payment_count"), [(1, 60), (4, 4)])
@pytest.mark.parametrize("confirms_itself", [False, True])
async def test_payments_at_once_share_the_customer(
    node_count: int, payment_count: int, confirms_itself: bool
) -> None:
    store = BusyStore()
    ports = make_ports(store=store)
    await seed(ports)
    nodes = [ApiClient(replace(ports, locks=ProcessLocks())) for _ in range(node_count)]
    methods = {"knet": {"language": "en"}} | ({"auto_confirm": "knet"} if confirms_itself else {})

    async def pay_once(number: int) -> str:
        api = nodes[number % node_count]
        told = {"email": {"address": "nour@example.com"}, "name": f"Nour {number}"}
        request = documented_request(customer=told, payment_methods=methods)
        setup = (await api.create(request)).document
        if confirms_itself:
            payment = setup["latest_payment"]
        else:
            payment = (await api.call("POST", f"/payments/setups/{setup['id']}/confirm/knet")).document
        customer_id: str = payment["customer"]["id"]
        return customer_id

    found = await asyncio.gather(*(pay_once(number) for number in range(payment_count)))
    assert len(set(found)) == 1
    assert len(await ports.store.latest_payments(ACCOUNT.id, limit=1000)) == payment_count
