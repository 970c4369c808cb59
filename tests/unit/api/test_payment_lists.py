"""Finding payments by the shop's own reference."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.api_client import ApiAnswer, ApiClient, documented_request
from tests.support.application_ports import OTHER_CHANNEL, OTHER_SECRET_KEY, WatchedStore
from tests.support.payment_states import Counter
from tests.support.stores import CrowdedStore


async def confirmed(api: ApiClient, reference: str | None, **changes: object) -> str:
    setup = await api.create(documented_request(reference=reference, **changes))
    answer = await api.call("POST", f"/payments/setups/{setup.document['id']}/confirm/knet")
    payment_id: str = answer.document["id"]
    return payment_id


async def find(api: ApiClient, **parameters: object) -> ApiAnswer:
    return await api.call("GET", f"/payments?{urlencode(parameters)}")


async def found(api: ApiClient, **parameters: object) -> list[str]:
    answer = await find(api, **parameters)
    assert answer.status == 200
    return [payment["id"] for payment in answer.document["data"]]


async def test_payments_of_a_reference_newest_first(api: ApiClient) -> None:
    first, second = await confirmed(api, "one"), await confirmed(api, "one")
    await confirmed(api, "another")
    await confirmed(api, None)
    answer = await find(api, reference="one")
    assert (answer.status, list(answer.document)) == (200, ["limit", "skip", "total_count", "data"])
    assert [answer.document[name] for name in ("limit", "skip", "total_count")] == [10, 0, 2]
    assert [payment["id"] for payment in answer.document["data"]] == [second, first]
    alone: dict[str, Any] = (await api.call("GET", f"/payments/{first}")).document
    assert answer.document["data"][1] == alone


async def test_a_page_is_a_part_of_the_list(api: ApiClient) -> None:
    newest_first = [await confirmed(api, "one") for _ in range(12)][::-1]
    assert await found(api, reference="one") == newest_first[:10]
    assert await found(api, reference="one", skip=10) == newest_first[10:]
    assert await found(api, reference="one", limit=3, skip=4) == newest_first[4:7]
    assert await found(api, reference="one", limit=100) == newest_first
    beyond = await find(api, reference="one", skip=999_999_999)
    assert (beyond.document["total_count"], beyond.document["data"]) == (12, [])


@pytest.mark.parametrize(
    "reference", ["ORD 1 & 2 = 3%", "طلب ٥", "a+b", "'; DROP TABLE payments; --", "x" * 80]
)
async def test_a_reference_is_compared_exactly(api: ApiClient, reference: str) -> None:
    payment_id = await confirmed(api, reference)
    await confirmed(api, "ORD")
    assert await found(api, reference=reference) == [payment_id]
    assert await found(api, reference=reference[:-1] or "-") == []


async def test_upper_and_lower_case_are_different(api: ApiClient) -> None:
    await confirmed(api, "ord-1")
    assert await found(api, reference="ORD-1") == []


async def test_a_list_holds_the_own_accounts_payments_only(api: ApiClient) -> None:
    await confirmed(api, "one")
    theirs = await api.call("GET", "/payments?reference=one", key=OTHER_SECRET_KEY)
    assert (theirs.document["total_count"], theirs.document["data"]) == (0, [])
    assert OTHER_CHANNEL.id not in theirs.body.decode()


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("", ["reference_required"]),
        ("limit=5", ["reference_required"]),
        ("reference=", ["reference_invalid"]),
        ("reference=" + "x" * 81, ["reference_invalid"]),
        ("reference=a%00b", ["reference_invalid"]),
        ("reference=a&reference=a", ["reference_invalid"]),
        ("reference=%ff", ["parameter_invalid"]),
        ("&".join(f"a{number}=1" for number in range(60)), ["parameter_invalid"]),
        *(
            (f"reference=a&limit={limit}", ["paging_limit_invalid"])
            for limit in ("0", "101", "-1", "1.5", "ten", "", "1e1", "%2B5", "%D9%A5", "9" * 400)
        ),
        ("reference=a&limit=1&limit=1", ["paging_limit_invalid"]),
        ("reference=a&skip=-1", ["paging_skip_invalid"]),
        ("reference=a&skip=1000000000", ["paging_skip_invalid"]),
        ("limit=0&skip=x", ["reference_required", "paging_limit_invalid", "paging_skip_invalid"]),
    ],
)
async def test_what_cannot_be_a_page_is_refused(api: ApiClient, query: str, codes: list[str]) -> None:
    answer = await api.call("GET", f"/payments?{query}")
    assert (answer.status, answer.error_codes) == (422, codes)


async def test_other_parameters_are_ignored(api: ApiClient) -> None:
    payment_id = await confirmed(api, "one")
    assert await found(api, reference="one", sort="amount", colour="blue") == [payment_id]


async def test_a_list_asks_the_bank_nothing_and_changes_nothing() -> None:
    store = WatchedStore()
    counter = await Counter.open(store=store)
    payment = await counter.confirm(reference="one")
    await counter.start(payment)
    counter.clock.move(timedelta(minutes=1))
    store.committed.clear()
    assert await found(ApiClient(counter.ports), reference="one") == [payment.id]
    assert (store.committed, counter.bank.inquiries) == ([], [])


async def test_a_page_is_read_with_one_question_at_a_time() -> None:
    """So that a page of a hundred payments takes one of PostgreSQL's few connections from who confirms, not all."""
    store = CrowdedStore()
    counter = await Counter.open(store=store)
    for _ in range(5):
        payment = await counter.confirm(reference="one")
        await counter.start(payment)
    store.most = 0
    assert len(await found(ApiClient(counter.ports), reference="one")) == 5
    assert store.most == 1


async def test_a_list_needs_a_key(api: ApiClient) -> None:
    answer = await api.call("GET", "/payments?limit=0", key=None)
    assert (answer.status, answer.is_empty) == (401, True)
