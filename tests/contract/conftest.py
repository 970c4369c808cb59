"""Every kind of store, for the one suite that all of them pass."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fils.application.ports import Store
from fils.storage import MemoryStore, open_store


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """What to open for one run of a test; ``memory`` stands for the store without a database."""
    match request.param:
        case "sqlite":
            return f"sqlite:///{tmp_path}/fils.db"
        case "postgresql":
            return str(request.getfixturevalue("postgresql_url"))
        case _:
            return "memory"


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    """An empty store of each kind."""
    if store_url == "memory":
        yield MemoryStore()
        return
    opened = await open_store(store_url, mode="sandbox")
    yield opened
    await opened.close()
