"""A request with an idempotency key: sent again it is answered again, and acts once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from fils.application.idempotency import KEPT_FOR, WAITING_MAX, forget_old_answers
from fils.application.ports import Batch
from fils.domain.errors import ConcurrentUpdate, StorageUnavailable
from fils.domain.identifiers import PaymentId
from fils.domain.kept_answer import KeptAnswer
from fils.locks import ProcessLocks
from tests.support.api_client import ApiAnswer, ApiClient, documented_request
from tests.support.application_ports import (
    ACCOUNT,
    OTHER_CHANNEL,
    OTHER_SECRET_KEY,
    SettableClock,
    WatchedStore,
    make_ports,
    seed,
)
from tests.support.stores import BusyStore

SETUPS = "/payments/setups"


class Shop:
    """Sends requests with a key."""

    def __init__(self, api: ApiClient, key: str | None = None) -> None:
        self.api = api
        self.key = str(uuid4()) if key is None else key

    async def create(self, **changes: object) -> ApiAnswer:
        return await self._post(SETUPS, documented_request(**changes))

    async def confirm(self, setup_id: str, body: object = b"") -> ApiAnswer:
        return await self._post(f"{SETUPS}/{setup_id}/confirm/knet", body)

    async def _post(self, path: str, body: object) -> ApiAnswer:
        return await self.api.call("POST", path, body, headers=[idempotency_header(self.key)])


@pytest.fixture
def shop(api: ApiClient) -> Shop:
    return Shop(api)


def idempotency_header(value: str | bytes) -> tuple[bytes, bytes]:
    return b"cko-idempotency-key", value.encode() if isinstance(value, str) else value


async def setup_of(api: ApiClient) -> str:
    setup_id: str = (await api.create()).document["id"]
    return setup_id


def seen(answer: ApiAnswer) -> tuple[int, bytes]:
    return answer.status, answer.body


async def payment_count(api: ApiClient) -> int:
    return len(await api.ports.store.latest_payments(ACCOUNT.id, limit=1000))


def kept(store: WatchedStore) -> list[KeptAnswer]:
    return [record for batch in store.committed for record in batch.inserts if isinstance(record, KeptAnswer)]


async def test_a_create_sent_again_is_answered_with_the_same_bytes(shop: Shop, store: WatchedStore) -> None:
    first, second = await shop.create(), await shop.create()
    assert first.status == 200
    assert seen(first) == seen(second)
    assert first.headers["cko-request-id"] != second.headers["cko-request-id"]
    assert second.headers["content-type"] == "application/json"
    assert len(store.committed) == 1


async def test_a_confirm_sent_again_is_answered_with_the_same_bytes(shop: Shop, api: ApiClient) -> None:
    setup_id = await setup_of(api)
    first, second = await shop.confirm(setup_id), await shop.confirm(setup_id)
    assert first.status == 202
    assert seen(first) == seen(second)
    payment_id = PaymentId(first.document["id"])
    assert len(await api.ports.store.events(payment_id)) == 1
    assert await payment_count(api) == 1


async def test_the_answer_is_in_the_acts_own_batch(shop: Shop, api: ApiClient, store: WatchedStore) -> None:
    await shop.create()
    await shop.confirm(await setup_of(api))
    batches = [batch for batch in store.committed if kept_in(batch)]
    assert [len(kept_in(batch)) for batch in batches] == [1, 1]
    assert all(len(batch.inserts) > 1 for batch in batches)


def kept_in(batch: Batch) -> list[KeptAnswer]:
    return [record for record in batch.inserts if isinstance(record, KeptAnswer)]


async def test_a_request_without_a_key_keeps_nothing(api: ApiClient, store: WatchedStore) -> None:
    await api.create()
    assert kept(store) == []


async def test_what_is_kept_tells_a_thief_nothing(shop: Shop, api: ApiClient, store: WatchedStore) -> None:
    answer = await shop.confirm(await setup_of(api))
    [record] = kept(store)
    link = answer.document["_links"]["redirect"]["href"]
    assert link.rpartition("/")[0].rpartition("/")[2] not in repr(record)
    assert answer.document["id"] not in record.sealed_body


async def test_an_answer_is_found_after_a_restart(shop: Shop, api: ApiClient) -> None:
    first = await shop.create()
    again = ApiClient(replace(api.ports, locks=ProcessLocks()))
    assert seen(await Shop(again, shop.key).create()) == seen(first)


async def test_another_body_under_the_same_key_is_refused_and_does_nothing(
    shop: Shop, store: WatchedStore
) -> None:
    first = await shop.create()
    other = await shop.create(amount=2000)
    assert (other.status, other.error_codes) == (422, ["idempotency_key_reused"])
    assert seen(await shop.create()) == seen(first)
    assert len(store.committed) == 1


async def test_a_key_belongs_to_one_account_and_one_address(shop: Shop, api: ApiClient) -> None:
    first = await shop.create()
    theirs = await api.call(
        "POST",
        SETUPS,
        documented_request(processing_channel_id=OTHER_CHANNEL.id),
        key=OTHER_SECRET_KEY,
        headers=[idempotency_header(shop.key)],
    )
    assert theirs.status == 200
    assert theirs.document["id"] != first.document["id"]
    one, another = await setup_of(api), await setup_of(api)
    payments = {(await shop.confirm(setup_id)).document["id"] for setup_id in (one, another)}
    assert len(payments) == 2


async def test_an_error_is_not_kept(shop: Shop, api: ApiClient, store: WatchedStore) -> None:
    assert (await shop.create(amount=None)).status == 422
    assert (await shop.create()).status == 200
    store.trouble = StorageUnavailable("the disk is full")
    confirming, setup_id = Shop(api), "set_rcmepwrchqab2wsergcafvijfy"
    assert (await confirming.confirm(setup_id)).status == 404
    assert (await Shop(api, confirming.key).create()).status == 503
    store.trouble = None
    assert (await Shop(api, confirming.key).create()).status == 200
    assert len(kept(store)) == 2


async def test_an_answer_outlives_an_update_of_the_setup(shop: Shop, api: ApiClient) -> None:
    first = await shop.create()
    path = f"{SETUPS}/{first.document['id']}"
    assert (await api.call("PUT", path, {"amount": 2500})).document["amount"] == 2500
    assert seen(await shop.create()) == seen(first)


async def test_an_answer_outlives_what_happened_to_the_setup_since(shop: Shop, api: ApiClient) -> None:
    setup_id = await setup_of(api)
    first = await shop.confirm(setup_id)
    assert (await api.call("POST", f"{SETUPS}/{setup_id}/confirm/knet")).status == 422
    assert seen(await shop.confirm(setup_id)) == seen(first)


@pytest.mark.parametrize("value", [b"", b"x" * 256, b"caf\xe9", b"a\tb", b"a\x7f", "ä".encode()])
async def test_what_cannot_be_a_key_is_refused(api: ApiClient, store: WatchedStore, value: bytes) -> None:
    answer = await api.call("POST", SETUPS, documented_request(), headers=[idempotency_header(value)])
    assert (answer.status, answer.error_codes) == (422, ["idempotency_key_invalid"])
    assert store.committed == []


async def test_two_keys_are_refused(api: ApiClient, store: WatchedStore) -> None:
    headers = [idempotency_header("a"), idempotency_header("a")]
    answer = await api.call("POST", SETUPS, documented_request(), headers=headers)
    assert answer.error_codes == ["idempotency_key_invalid"]
    assert store.committed == []


@pytest.mark.parametrize("value", ["a", "x" * 255, " ~!'\"; DROP TABLE kept_answers"])
async def test_any_printable_key_is_taken(api: ApiClient, value: str) -> None:
    shop = Shop(api, value)
    assert seen(await shop.create()) == seen(await shop.create())


async def test_blanks_around_a_key_are_none_of_it(api: ApiClient) -> None:
    """A proxy takes them away, so a retry over another way has them or not (RFC 9110, section 5.5)."""
    first = await Shop(api, "k-1").create()
    assert seen(await Shop(api, " k-1 \t").create()) == seen(first)
    assert (await Shop(api, " \t ").create()).error_codes == ["idempotency_key_invalid"]


async def test_a_key_counts_only_with_a_known_account(api: ApiClient, store: WatchedStore) -> None:
    header = idempotency_header("x" * 300)
    answer = await api.call("POST", SETUPS, documented_request(), key=None, headers=[header])
    assert (answer.status, answer.is_empty) == (401, True)
    assert store.committed == []


async def test_after_a_day_the_key_is_as_good_as_new(
    shop: Shop, api: ApiClient, clock: SettableClock, store: WatchedStore
) -> None:
    first = await shop.create()
    clock.move(KEPT_FOR)
    assert seen(await shop.create()) == seen(first)
    clock.move(timedelta(microseconds=1))
    later = await shop.create()
    assert later.status == 200
    assert later.document["id"] != first.document["id"]
    assert seen(await shop.create()) == seen(later)
    assert len(kept(store)) == 2


async def test_old_answers_are_forgotten_and_newer_ones_are_not(api: ApiClient, clock: SettableClock) -> None:
    for _ in range(3):
        await Shop(api).create()
    clock.move(timedelta(hours=1))
    newer = Shop(api)
    first = await newer.create()
    clock.move(KEPT_FOR - timedelta(minutes=1))
    assert await forget_old_answers(api.ports) == 3
    assert await forget_old_answers(api.ports) == 0
    assert seen(await newer.create()) == seen(first)


class Crowd:
    """Nodes that share one store whose every read and commit lets others go first."""

    def __init__(self, apis: list[ApiClient], store: BusyStore) -> None:
        self.apis = apis
        self.store = store


async def crowd(node_count: int) -> Crowd:
    store = BusyStore()
    ports = make_ports(store=store)
    await seed(ports)
    return Crowd([ApiClient(replace(ports, locks=ProcessLocks())) for _ in range(node_count)], store)


def answers_of(found: list[ApiAnswer]) -> Mapping[int, int]:
    return Counter(answer.status for answer in found)


@pytest.mark.parametrize("node_count", [1, 3])
async def test_200_confirms_with_one_key_are_one(node_count: int) -> None:
    nodes = await crowd(node_count)
    setup_id = await setup_of(nodes.apis[0])
    shops = [Shop(nodes.apis[number % node_count], "one") for number in range(200)]
    found = await asyncio.gather(*(shop.confirm(setup_id) for shop in shops))
    assert set(answers_of(found)) == {202, 429}
    assert answers_of(found)[202] == node_count * (WAITING_MAX + 1)
    assert len({answer.body for answer in found if answer.status == 202}) == 1
    assert await payment_count(nodes.apis[0]) == 1
    refused = next(answer for answer in found if answer.status == 429)
    assert refused.error_codes == ["duplicate_request"]
    assert refused.document["error_type"] == "request_invalid"
    assert refused.headers["retry-after"] == "1"
    assert seen(await shops[0].confirm(setup_id))[0] == 202


@pytest.mark.parametrize("node_count", [1, 3])
async def test_200_creates_with_one_key_are_one(node_count: int) -> None:
    nodes = await crowd(node_count)
    shops = [Shop(nodes.apis[number % node_count], "one") for number in range(200)]
    found = await asyncio.gather(*(shop.create() for shop in shops))
    assert set(answers_of(found)) == {200, 429}
    assert len({answer.body for answer in found if answer.status == 200}) == 1
    # Nodes that lost tried to write a setup of their own, and nothing of that is there.
    assert nodes.store.conflict_count == node_count - 1


@pytest.mark.parametrize("node_count", [1, 3])
async def test_creates_that_confirm_themselves_are_one_payment(node_count: int) -> None:
    nodes = await crowd(node_count)
    methods = {"knet": {"language": "en"}, "auto_confirm": "knet"}
    shops = [Shop(nodes.apis[number % node_count], "one") for number in range(6)]
    found = await asyncio.gather(*(shop.create(payment_methods=methods) for shop in shops))
    assert answers_of(found) == {200: 6}
    assert len({answer.body for answer in found}) == 1
    assert "latest_payment" in found[0].document
    assert await payment_count(nodes.apis[0]) == 1


async def test_those_who_wait_keep_nobody_else_waiting() -> None:
    nodes = await crowd(1)
    [api] = nodes.apis
    waiting = [asyncio.create_task(Shop(api, "one").create()) for _ in range(200)]
    await asyncio.sleep(0)
    assert (await Shop(api, "another").create()).status == 200
    await asyncio.gather(*waiting)


class LostAnswers(WatchedStore):
    """Writes what it is told to, and says that it does not know."""

    loses = False

    async def commit(self, batch: Batch) -> None:
        await super().commit(batch)
        if self.loses:
            raise StorageUnavailable("the connection broke after the batch was sent")


async def test_a_commit_whose_end_is_unknown_is_503_and_found_by_its_key() -> None:
    store = LostAnswers()
    ports = make_ports(store=store)
    await seed(ports)
    shop = Shop(ApiClient(ports))
    setup_id = await setup_of(shop.api)
    store.loses = True
    lost = await shop.confirm(setup_id)
    assert (lost.status, lost.is_empty) == (503, True)
    store.loses = False
    found = await shop.confirm(setup_id)
    assert found.status == 202
    assert await payment_count(shop.api) == 1


async def test_an_error_that_no_kept_answer_explains_stays_an_error(shop: Shop, store: WatchedStore) -> None:
    store.trouble = ConcurrentUpdate("an id exists already")
    assert (await shop.create()).status == 503
