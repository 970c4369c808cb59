"""What all addresses of the API have in common: headers, methods, unknown paths, health."""

from __future__ import annotations

import asyncio
import tomllib
from pathlib import Path
from uuid import UUID

import pytest

import fils
from fils.application.health import PartFailing
from fils.domain.errors import StorageUnavailable
from tests.support.api_client import ApiAnswer, ApiClient
from tests.support.application_ports import WatchedStore

SETUP = "/payments/setups/set_rcmepwrchqab2wsergcafvijfy"
PAYMENT = "/payments/pay_4gubyq2w335upc54dx7a4257lq"
CUSTOMER = "/customers/cus_r3cajfpbj3ju7jyq7afcg3qc4a"
ADDRESSES = [
    ("/payments/setups", "POST"),
    (SETUP, "GET, PUT"),
    (f"{SETUP}/confirm/knet", "POST"),
    (PAYMENT, "GET"),
    ("/payments", "GET"),
    (f"{PAYMENT}/actions", "GET"),
    ("/customers", "POST"),
    (CUSTOMER, "GET, PATCH, DELETE"),
    ("/health", "GET"),
    ("/ready", "GET"),
]


def assert_common_headers(answer: ApiAnswer) -> None:
    assert UUID(answer.headers["cko-request-id"]).version == 4
    assert answer.headers["cko-version"] == fils.__version__
    assert ("content-type" in answer.headers) == (answer.body != b"")
    assert int(answer.headers["content-length"]) == len(answer.body)


@pytest.mark.parametrize(("path", "allowed"), ADDRESSES)
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
async def test_a_method_an_address_does_not_take_is_405(
    api: ApiClient, store: WatchedStore, path: str, allowed: str, method: str
) -> None:
    answer = await api.call(method, path, key=None)
    assert_common_headers(answer)
    if method not in allowed.split(", "):
        assert (answer.status, answer.is_empty, answer.headers["allow"]) == (405, True, allowed)
    assert store.committed == []


@pytest.mark.parametrize(
    "path",
    [
        "/payments/",
        "/payments/setups/",
        f"{SETUP}/",
        f"{SETUP}/confirm",
        f"{SETUP}/confirm/",
        f"{SETUP}/confirm/knet/",
        f"{PAYMENT}/actions/",
        "/customers/",
        "/payments/a/b/c/d",
        "/payments//",
        "/payments/../health",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
async def test_an_address_that_does_not_exist_is_404(api: ApiClient, path: str, method: str) -> None:
    answer = await api.call(method, path)
    assert_common_headers(answer)
    assert (answer.status, answer.is_empty) == (404, True)


@pytest.mark.parametrize(
    "name",
    [
        "set_",
        "set_short",
        "set_rcmepwrchqab2wsergcafvijfyy",
        "SET_rcmepwrchqab2wsergcafvijfy",
        "pay_4gubyq2w335upc54dx7a4257lq",
        "rcmepwrchqab2wsergcafvijfy",
        "set_rcmepwrchqab2wsergcafvijf\0",
        "set_rcmepwrchqab2wsergcafvijf'",
        "set_rcmepwrchqab2wsergcafvijfé",
        "set_" + "a" * 5000,
        "set_rcmepwrchqab2wsergcafvijfy",
    ],
)
async def test_a_setup_that_cannot_exist_or_does_not_is_404(api: ApiClient, name: str) -> None:
    for method, path in (
        ("GET", f"/payments/setups/{name}"),
        ("POST", f"/payments/setups/{name}/confirm/knet"),
    ):
        answer = await api.call(method, path)
        assert (answer.status, answer.is_empty) == (404, True)


@pytest.mark.parametrize(
    "name",
    [
        "pay_",
        "sid_",
        "pay_short",
        "set_rcmepwrchqab2wsergcafvijfy",
        "pay_4gubyq2w335upc54dx7a4257l\0",
        "pay_4gubyq2w335upc54dx7a4257lq",
        "sid_4gubyq2w335upc54dx7a4257lq",
    ],
)
async def test_a_payment_that_cannot_exist_or_does_not_is_404(api: ApiClient, name: str) -> None:
    answer = await api.call("GET", f"/payments/{name}")
    assert (answer.status, answer.is_empty) == (404, True)


async def test_each_request_has_an_id_of_its_own_which_its_refusal_names(api: ApiClient) -> None:
    first, second = await api.create({}), await api.create({})
    assert first.headers["cko-request-id"] == first.document["request_id"]
    assert first.document["request_id"] != second.document["request_id"]
    assert_common_headers(first)


async def works() -> None:
    """A part without trouble."""


async def test_health_follows_the_store(api: ApiClient, store: WatchedStore) -> None:
    api.ports.health.add("database", store.check)
    well = {"status": "ok", "version": fils.__version__, "parts": {"database": "ok"}}
    healthy = await api.call("GET", "/health")
    assert (healthy.status, healthy.document) == (200, well)
    assert (await api.call("GET", "/ready")).document == {"status": "ready"}


async def test_a_store_that_is_gone_is_told_by_health_and_readiness(
    api: ApiClient, store: WatchedStore
) -> None:
    store.trouble = StorageUnavailable("no password hunter2")
    api.ports.health.add("database", store.check)
    api.ports.health.add("bank", works)
    ill = await api.call("GET", "/health")
    parts = {"database": "failing", "bank": "ok"}
    assert (ill.status, ill.document) == (
        503,
        {"status": "failing", "version": fils.__version__, "parts": parts},
    )
    unready = await api.call("GET", "/ready")
    assert (unready.status, unready.document) == (503, {"status": "not_ready"})


async def test_another_part_that_fails_takes_no_requests_away(api: ApiClient) -> None:
    async def is_behind() -> None:
        raise PartFailing("behind")

    api.ports.health.add("due_payments", is_behind)
    assert (await api.call("GET", "/health")).status == 503
    assert (await api.call("GET", "/ready")).status == 200


async def test_another_part_that_hangs_keeps_no_load_balancer_waiting(
    api: ApiClient, store: WatchedStore
) -> None:
    gate = asyncio.Event()
    api.ports.health.add("database", store.check)
    api.ports.health.add("due_payments", lambda: hold(gate))
    health = asyncio.create_task(api.call("GET", "/health"))
    for _ in range(2):
        async with asyncio.timeout(1):
            assert (await api.call("GET", "/ready")).status == 200
    gate.set()
    assert (await health).status == 200


async def hold(gate: asyncio.Event) -> None:
    await gate.wait()


async def test_who_is_told_to_stop_is_not_ready_at_once(api: ApiClient) -> None:
    api.ports.health.stop()
    answer = await api.call("GET", "/ready")
    assert (answer.status, answer.document) == (503, {"status": "stopping"})


def test_the_version_is_that_of_the_package() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))
    assert fils.__version__ == project["project"]["version"]
