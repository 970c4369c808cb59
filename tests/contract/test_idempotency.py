"""One effect for one idempotency key, on every kind of store, whichever node is asked."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from fils.application.idempotency import KEPT_FOR, forget_old_answers
from fils.application.ports import Ports, Store
from fils.locks import ProcessLocks
from tests.support.api_client import ApiAnswer, ApiClient, documented_request
from tests.support.application_ports import ACCOUNT, SettableClock, make_ports, seed

SETUPS = "/payments/setups"
NODE_COUNT = 4
EACH_COUNT = 5


async def nodes_on(store: Store, clock: SettableClock | None = None) -> list[ApiClient]:
    """Nodes that share a store and nothing else."""
    ports = make_ports(store=store, clock=clock)
    await seed(ports)
    return [ApiClient(node(ports)) for _ in range(NODE_COUNT)]


def node(ports: Ports) -> Ports:
    return replace(ports, locks=ProcessLocks())


async def post(api: ApiClient, path: str, body: object = b"", *, key: bytes = b"one") -> ApiAnswer:
    return await api.call("POST", path, body, headers=[(b"cko-idempotency-key", key)])


async def test_creates_with_one_key_make_one_setup(store: Store) -> None:
    nodes = await nodes_on(store)
    found = await asyncio.gather(
        *(post(api, SETUPS, documented_request()) for api in nodes for _ in range(EACH_COUNT))
    )
    assert {answer.status for answer in found} == {200}
    assert len({answer.body for answer in found}) == 1


async def test_confirms_with_one_key_make_one_payment(store: Store) -> None:
    nodes = await nodes_on(store)
    setup_id = (await nodes[0].create()).document["id"]
    path = f"{SETUPS}/{setup_id}/confirm/knet"
    found = await asyncio.gather(*(post(api, path) for api in nodes for _ in range(EACH_COUNT)))
    assert {answer.status for answer in found} == {202}
    assert len({answer.body for answer in found}) == 1
    assert len(await store.latest_payments(ACCOUNT.id, limit=100)) == 1


async def test_confirms_with_many_keys_make_one_payment(store: Store) -> None:
    nodes = await nodes_on(store)
    setup_id = (await nodes[0].create()).document["id"]
    path = f"{SETUPS}/{setup_id}/confirm/knet"
    found = await asyncio.gather(
        *(post(api, path, key=b"%d" % number) for number, api in enumerate(nodes * EACH_COUNT))
    )
    assert sorted(answer.status for answer in found) == [202] + [422] * (NODE_COUNT * EACH_COUNT - 1)
    assert len(await store.latest_payments(ACCOUNT.id, limit=100)) == 1


async def test_a_key_whose_day_is_over_acts_again_once(store: Store) -> None:
    clock = SettableClock()
    nodes = await nodes_on(store, clock)
    first = await post(nodes[0], SETUPS, documented_request())
    clock.move(KEPT_FOR + timedelta(seconds=1))
    found = await asyncio.gather(*(post(api, SETUPS, documented_request()) for api in nodes))
    assert len({answer.body for answer in found} | {first.body}) == 2
    clock.move(KEPT_FOR + timedelta(seconds=1))
    assert await forget_old_answers(nodes[0].ports) == 1


async def test_an_address_may_hold_any_character(store: Store) -> None:
    [api, *_] = await nodes_on(store)
    setup_id = (await api.create()).document["id"]
    for method in ("kn%00et", "%F0%9F%92%B0", "%ED%A0%80", "a" * 5000):
        answer = await post(api, f"{SETUPS}/{setup_id}/confirm/{method}")
        assert (answer.status, answer.error_codes) == (422, ["payment_method_invalid"])
