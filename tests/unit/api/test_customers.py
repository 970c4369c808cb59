"""Customers that a shop keeps: made, read, changed and deleted."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from fils.domain.customer import Customer
from fils.domain.errors import ConcurrentUpdate
from fils.domain.identifiers import CUSTOMER, is_identifier
from fils.locks import ProcessLocks
from tests.support.api_client import ApiAnswer, ApiClient
from tests.support.application_ports import (
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
    return await api.call("GET", f"/customers/{quote(name, safe='')}", **options)


def stored(store: WatchedStore) -> list[Customer]:
    """Every customer record that was written, in order."""
    records = [record for batch in store.committed for record in (*batch.inserts, *batch.updates)]
    return [record for record in records if isinstance(record, Customer)]


async def test_a_customer_is_read_by_id_and_by_address(api: ApiClient) -> None:
    created = await api.call("POST", "/customers", NOUR)
    assert (created.status, list(created.document)) == (201, ["id"])
    customer_id = created.document["id"]
    assert is_identifier(CUSTOMER, customer_id)
    expected = {"id": customer_id, **NOUR, "email": "nour@example.com", "instruments": []}
    for name in (customer_id, "nour@example.com", "NOUR@example.COM"):
        answer = await read(api, name)
        assert (answer.status, answer.document) == (200, expected)


async def test_an_address_alone_is_enough(api: ApiClient) -> None:
    answer = await api.call("POST", "/customers", {"email": "a@b", "name": None, "default": "src_x"})
    assert answer.status == 201
    document = (await read(api, "a@b")).document
    assert document == {"id": answer.document["id"], "email": "a@b", "instruments": []}


@pytest.mark.parametrize("address", ["sales/kw@example.com", "/@b", "a@b/", "a@b//c"])
async def test_an_address_with_a_slash_is_read_like_any_other(api: ApiClient, address: str) -> None:
    customer_id = await keep(api, email=address)
    document = (await read(api, address)).document
    assert (document["id"], document["email"]) == (customer_id, address)
    assert (await read(api, address, key=OTHER_SECRET_KEY)).status == 404


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"email": None}, ["email_required"]),
        ({"email": "nobody"}, ["email_invalid"]),
        ({"email": "a@" + "b" * 254}, ["email_invalid"]),
        ({"email": 5, "name": ["x"]}, ["email_invalid", "name_invalid"]),
        ({"name": "x" * 256}, ["name_invalid"]),
        ({"name": "a\u0007b"}, ["name_invalid"]),
        ({"phone": "99887766"}, ["phone_invalid"]),
        ({"phone": {"number": "99887766"}}, ["country_phone_code_required"]),
        ({"phone": {"country_code": "965"}}, ["phone_number_required"]),
        ({"phone": {"country_code": "965", "number": "123"}}, ["phone_number_length_invalid"]),
        ({"metadata": {"a": {"b": 1}}}, ["metadata_key_invalid"]),
        ({"metadata": {str(n): n for n in range(11)}}, ["metadata_key_invalid"]),
        ({"metadata": {"a": "x" * 101}}, ["metadata_key_invalid"]),
        ({"metadata": {"a": 2**64}}, ["metadata_key_invalid"]),
        ({"metadata": {"x" * 101: 1}}, ["metadata_key_invalid"]),
    ],
)
async def test_what_cannot_be_kept_is_refused_with_every_reason(
    api: ApiClient, store: WatchedStore, changes: dict[str, object], codes: list[str]
) -> None:
    answer = await api.call("POST", "/customers", NOUR | changes)
    assert (answer.status, answer.error_codes) == (422, codes)
    assert store.committed == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"x"'])
async def test_a_body_that_is_no_object_is_400(api: ApiClient, body: bytes) -> None:
    assert (await api.call("POST", "/customers", body)).error_codes == ["request_json_invalid"]


async def test_an_address_names_one_customer(api: ApiClient) -> None:
    await keep(api)
    again = await api.call("POST", "/customers", NOUR | {"email": "NOUR@EXAMPLE.COM"})
    assert (again.status, again.error_codes) == (422, ["customer_already_exists"])
    theirs = await api.call("POST", "/customers", NOUR, key=OTHER_SECRET_KEY)
    assert theirs.status == 201


async def test_an_update_changes_what_it_tells(api: ApiClient) -> None:
    customer_id = await keep(api)
    changed = await api.call("PATCH", f"/customers/{customer_id}", {"name": "Noor", "metadata": {"a": 1}})
    assert (changed.status, changed.body, "content-length" in changed.headers) == (204, b"", False)
    document = (await read(api, customer_id)).document
    assert (document["name"], document["metadata"]) == ("Noor", {"a": 1})
    assert document["phone"] == NOUR["phone"]
    await api.call("PATCH", f"/customers/{customer_id}", {"email": "Noor@example.com"})
    assert (await read(api, "noor@example.com")).document["id"] == customer_id
    assert (await read(api, "nour@example.com")).status == 404


NOTHING = {"email": None, "name": None, "phone": None, "metadata": None}


@pytest.mark.parametrize("change", [{}, {"name": "Nour"}, NOTHING], ids=["empty", "the same", "nulls"])
async def test_an_update_that_tells_nothing_writes_nothing(
    api: ApiClient, store: WatchedStore, change: dict[str, object]
) -> None:
    customer_id = await keep(api)
    before = (await read(api, customer_id)).document
    store.committed.clear()
    assert (await api.call("PATCH", f"/customers/{customer_id}", change)).status == 204
    assert store.committed == []
    assert (await read(api, customer_id)).document == before


async def test_an_update_cannot_take_anothers_address(api: ApiClient) -> None:
    await keep(api)
    other = await keep(api, email="other@example.com")
    answer = await api.call("PATCH", f"/customers/{other}", {"email": "NOUR@example.com"})
    assert (answer.status, answer.error_codes) == (422, ["email_in_use"])
    answer = await api.call("PATCH", f"/customers/{other}", {"email": "x"})
    assert answer.error_codes == ["email_invalid"]


async def test_a_deleted_customer_is_gone_and_the_address_is_free(
    api: ApiClient, store: WatchedStore
) -> None:
    customer_id = await keep(api)
    deleted = await api.call("DELETE", f"/customers/{customer_id}")
    assert (deleted.status, deleted.body) == (204, b"")
    for method in ("GET", "PATCH", "DELETE"):
        answer = await api.call(method, f"/customers/{customer_id}", b"{}")
        assert (answer.status, answer.is_empty) == (404, True)
    assert (await read(api, "nour@example.com")).status == 404
    assert "Nour" not in repr(stored(store)[-1])
    assert await keep(api) != customer_id


@pytest.mark.parametrize(
    "name", [NOBODY, "nobody@example.com", "x", "cus_x", "a@b\0", "a@b c", "@", "a/b", f"{NOBODY}/x"]
)
async def test_who_is_not_known_is_404(api: ApiClient, name: str) -> None:
    answer = await read(api, name)
    assert (answer.status, answer.is_empty) == (404, True)


async def test_an_account_sees_its_own_customers(api: ApiClient) -> None:
    customer_id = await keep(api)
    for name in (customer_id, "nour@example.com"):
        assert (await read(api, name, key=OTHER_SECRET_KEY)).status == 404


async def test_a_create_sent_again_with_its_key_is_answered_again(api: ApiClient) -> None:
    headers = [(b"cko-idempotency-key", b"one")]
    first, second = [await api.call("POST", "/customers", NOUR, headers=headers) for _ in range(2)]
    assert (first.status, first.body) == (second.status, second.body) == (201, second.body)


async def test_of_two_nodes_with_one_address_one_keeps_it() -> None:
    store = BusyStore()
    ports = make_ports(store=store)
    await seed(ports)
    nodes = [ApiClient(replace(ports, locks=ProcessLocks())) for _ in range(5)]
    found = await asyncio.gather(*(node.call("POST", "/customers", NOUR) for node in nodes))
    assert sorted(answer.status for answer in found) == [201, 422, 422, 422, 422]
    refused = next(answer for answer in found if answer.status == 422)
    assert refused.error_codes == ["customer_already_exists"]


async def test_another_conflict_is_no_word_about_the_customer(api: ApiClient, store: WatchedStore) -> None:
    store.trouble = ConcurrentUpdate("an id exists already")
    assert (await api.call("POST", "/customers", NOUR)).status == 503
