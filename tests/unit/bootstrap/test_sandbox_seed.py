"""What a sandbox stores at its start, also beside another node that starts at the same time."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from fils.application.accounts import AccountTerms, create_account
from fils.application.authentication import KEY_PURPOSE
from fils.application.keys import create_key
from fils.application.ports import Ports
from fils.bootstrap.sandbox_seed import seed
from fils.bootstrap.sandbox_setup import SANDBOX_ACCOUNT, SANDBOX_TERMINAL_IDS, SANDBOX_TERMINALS
from fils.config import SANDBOX_KEY
from fils.domain.errors import ConfigurationError, StorageUnavailable
from fils.identifiers_source import new_secret_key
from tests.support.application_ports import WatchedStore, make_ports
from tests.support.stores import BusyStore, InterruptedStore

DATABASE = "fils.sqlite3"


async def opens(ports: Ports, key: str) -> bool:
    """Whether a request with *key* is let in."""
    found = await ports.store.secret_key(ports.vault.hash(KEY_PURPOSE, key))
    return found is not None and found.is_good(now=ports.clock.now())


async def test_a_second_start_finds_everything_there() -> None:
    store = WatchedStore()
    ports = make_ports(store=store)
    await seed(ports, SANDBOX_KEY, database=DATABASE)
    channels = await store.processing_channels(SANDBOX_ACCOUNT.id)
    assert {channel.id for channel in channels} == {terminal.channel_id for terminal in SANDBOX_TERMINALS}
    written = len(store.committed)
    await seed(ports, SANDBOX_KEY, database=DATABASE)
    assert len(store.committed) == written
    assert await opens(ports, SANDBOX_KEY)


async def test_the_key_of_the_latest_start_is_the_only_one_that_opens() -> None:
    ports = make_ports()
    first, second = new_secret_key(sandbox=True), new_secret_key(sandbox=True)
    for key in (first, second, first):
        await seed(ports, key, database=DATABASE)
        assert [await opens(ports, each) for each in (first, second)] == [key == first, key == second]


async def test_a_key_that_is_shown_opens_although_another_node_starts_meanwhile() -> None:
    store = InterruptedStore()
    ports = make_ports(store=store)
    await seed(ports, SANDBOX_KEY, database=DATABASE)
    ours, theirs = new_secret_key(sandbox=True), new_secret_key(sandbox=True)
    store.meanwhile = lambda: seed(ports, theirs, database=DATABASE)
    await seed(ports, ours, database=DATABASE)
    assert await opens(ports, ours)
    assert not await opens(ports, theirs)


async def test_nodes_that_start_at_once_make_one_account_and_one_key() -> None:
    store = BusyStore()
    ports = make_ports(store=store)
    await asyncio.gather(*(seed(ports, SANDBOX_KEY, database=DATABASE) for _ in range(4)))
    assert store.conflict_count
    assert [account.id for account in await store.accounts()] == [SANDBOX_ACCOUNT.id]
    assert len(await store.secret_keys(SANDBOX_ACCOUNT.id)) == 1


async def test_the_key_of_another_account_is_refused() -> None:
    ports = replace(make_ports(), sandbox_terminals=SANDBOX_TERMINAL_IDS)
    key = new_secret_key(sandbox=True)
    await create_account(ports, AccountTerms(name="Bakery"), by="noura")
    await create_key(ports, "Shop", key, account="Bakery", channel=None, by="noura")
    with pytest.raises(ConfigurationError, match="FILS_SANDBOX_KEY is a key of another account"):
        await seed(ports, key, database=DATABASE)


async def test_a_database_that_takes_nothing_is_told_by_its_name() -> None:
    store = WatchedStore()
    store.trouble = StorageUnavailable("no room")
    with pytest.raises(ConfigurationError, match=r"the database fils\.sqlite3 cannot be written: no room"):
        await seed(make_ports(store=store), SANDBOX_KEY, database=DATABASE)
