"""How a database gets its data key, and what opens it from then on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fils.application.notifications import RETURN_PURPOSE
from fils.application.ports import Batch, Store
from fils.domain.errors import ConfigurationError
from fils.storage import MemoryStore
from fils.vault import DataKeyVault, MasterKey, open_vault
from fils.vault.opening import FIRST_DATA_KEY, open_data_key, sealed_data_key
from tests.support import records
from tests.support.stores import BusyStore

MASTER = bytes(range(32))
DATA = bytes(range(32, 64))


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return written(tmp_path / "master.key", MASTER)


def written(path: Path, octets: bytes) -> Path:
    path.write_text(octets.hex())
    path.chmod(0o600)
    return path


async def opened(
    store: Store, path: Path, *, new_key: Callable[[], bytes] = lambda: DATA, makes_master_key: bool = False
) -> DataKeyVault:
    return await open_vault(store, path, now=records.NOW, new_key=new_key, makes_master_key=makes_master_key)


def hashed(vault: DataKeyVault) -> str:
    return vault.hash("a", "b")


async def test_a_new_database_gets_a_random_key_sealed_under_the_master_key(key_file: Path) -> None:
    store = MemoryStore()
    vault = await opened(store, key_file)
    assert hashed(vault) == hashed(DataKeyVault(DATA))
    [key] = await store.data_keys()
    assert (key.id, key.sealed_under, key.created_at) == (
        FIRST_DATA_KEY,
        MasterKey(MASTER).fingerprint,
        records.NOW,
    )
    assert DATA.hex() not in key.sealed
    again = await opened(store, key_file, new_key=lambda: bytes(32))
    assert hashed(again) == hashed(vault)


async def test_a_database_is_given_no_key_by_whoever_may_not_create_one(key_file: Path) -> None:
    store = MemoryStore()
    with pytest.raises(
        ConfigurationError, match=r"holds no data key yet: begin the installation with `fils acc"
    ):
        await open_vault(
            store,
            key_file,
            now=records.NOW,
            new_key=lambda: DATA,
            makes_master_key=False,
            may_create=False,
        )
    assert await store.data_keys() == ()


async def test_nodes_that_start_at_once_agree(key_file: Path) -> None:
    store = BusyStore()
    fresh = iter(range(1, 9))
    vaults = await asyncio.gather(
        *(opened(store, key_file, new_key=lambda: bytes([next(fresh)]) * 32) for _ in range(8))
    )
    assert len({hashed(vault) for vault in vaults}) == 1
    assert len(await store.data_keys()) == 1
    assert store.conflict_count > 0


async def test_another_master_key_stops_the_start_and_both_are_named(key_file: Path, tmp_path: Path) -> None:
    store = MemoryStore()
    await opened(store, key_file)
    wrong = written(tmp_path / "wrong.key", bytes(32))
    with pytest.raises(ConfigurationError) as caught:
        await opened(store, wrong)
    assert str(caught.value) == (
        f"the master key is {MasterKey(bytes(32)).fingerprint} and does not open this database, which needs "
        f"{MasterKey(MASTER).fingerprint}: name that file in FILS_MASTER_KEY_FILE"
    )


@pytest.mark.parametrize("makes_master_key", [True, False])
async def test_beside_a_database_with_a_data_key_no_master_key_is_made(
    key_file: Path, *, makes_master_key: bool
) -> None:
    store = MemoryStore()
    await opened(store, key_file)
    key_file.unlink()
    with pytest.raises(ConfigurationError, match=f"this database needs {MasterKey(MASTER).fingerprint}"):
        await opened(store, key_file, makes_master_key=makes_master_key)
    assert not key_file.exists()


async def test_a_new_database_has_its_master_key_made_only_where_that_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    with pytest.raises(ConfigurationError, match="make one: fils master-key create"):
        await opened(MemoryStore(), path)
    assert not path.exists()
    await opened(MemoryStore(), path, makes_master_key=True)
    assert path.read_text() == DATA.hex() + "\n"


async def older_database(master_key: bytes) -> MemoryStore:
    """One that was sealed under the master key itself."""
    store = MemoryStore()
    vault = DataKeyVault(master_key)
    payment, account = records.payment(), records.account()
    payment = replace(payment, account_id=account.id)
    attempt = records.attempt(payment_id=payment.id)
    sealed = vault.seal(RETURN_PURPOSE, "secret")
    await store.commit(Batch(inserts=(account, payment, replace(attempt, return_secret_sealed=sealed))))
    return store


async def test_an_older_database_keeps_the_key_that_everything_in_it_was_made_with(key_file: Path) -> None:
    store = await older_database(MASTER)
    assert hashed(await opened(store, key_file)) == hashed(DataKeyVault(MASTER))
    assert hashed(await opened(store, key_file)) == hashed(DataKeyVault(MASTER))
    assert len(await store.data_keys()) == 1


async def test_an_older_database_takes_no_other_master_key_for_its_own(key_file: Path) -> None:
    store = await older_database(bytes(32))
    with pytest.raises(ConfigurationError, match="does not open what this database holds"):
        await opened(store, key_file)
    key_file.unlink()
    with pytest.raises(ConfigurationError, match="this database was sealed under one"):
        await opened(store, key_file, makes_master_key=True)
    assert not key_file.exists()
    assert await store.data_keys() == ()


async def test_an_older_database_without_an_attempt_has_nothing_to_check_by(key_file: Path) -> None:
    store = MemoryStore()
    await store.commit(Batch(inserts=(records.account(),)))
    assert hashed(await opened(store, key_file)) == hashed(DataKeyVault(MASTER))


async def test_a_node_with_another_master_key_that_is_a_moment_late_is_refused(key_file: Path) -> None:
    store = LateStore()
    store.first = sealed_data_key(FIRST_DATA_KEY, DATA, MasterKey(bytes(32)), created_at=records.NOW)
    with pytest.raises(ConfigurationError, match="does not open this database"):
        await opened(store, key_file)


class LateStore(MemoryStore):
    """Another node brings its data key between the look and the commit."""

    first = sealed_data_key(FIRST_DATA_KEY, DATA, MasterKey(MASTER), created_at=records.NOW)

    async def commit(self, batch: Batch) -> None:
        await super().commit(Batch(inserts=(self.first,)))
        await super().commit(batch)


def test_a_database_of_a_later_fils_is_refused() -> None:
    keys = [sealed_data_key(name, DATA, MasterKey(MASTER), created_at=records.NOW) for name in ("a", "b")]
    with pytest.raises(ConfigurationError, match="has 2 data keys"):
        open_data_key(keys, MasterKey(MASTER))


def test_a_seal_is_of_one_data_key_and_one_master_key() -> None:
    master_key = MasterKey(MASTER)
    sealed = master_key.seal("a", DATA)
    assert master_key.open("a", sealed) == DATA
    assert master_key.open("b", sealed) is None
    assert MasterKey(bytes(32)).open("a", sealed) is None
    assert master_key.open("a", "not base64 \u00e4") is None
    with pytest.raises(ValueError, match="32 bytes"):
        MasterKey(bytes(31))
