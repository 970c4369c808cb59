"""The API in memory for each test: the real use cases on the real store, a clock and a bank to steer."""

from __future__ import annotations

import pytest

from tests.support.api_client import ApiClient
from tests.support.application_ports import ScriptedBank, SettableClock, WatchedStore, make_ports, seed


@pytest.fixture
async def store() -> WatchedStore:
    return WatchedStore()


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def bank() -> ScriptedBank:
    return ScriptedBank()


@pytest.fixture
async def api(store: WatchedStore, clock: SettableClock, bank: ScriptedBank) -> ApiClient:
    ports = make_ports(store=store, clock=clock, bank=bank)
    await seed(ports)
    store.committed.clear()
    return ApiClient(ports)
