"""The book of terminals from the store: what is opened, when it is used, and how it keeps up."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fils.application.health import PartFailing
from fils.application.ports import Batch
from fils.application.terminals import key_purpose, password_purpose
from fils.domain.errors import ConfigurationError, InvariantViolated, StorageUnavailable
from fils.domain.identifiers import AccountId, TerminalId
from fils.domain.payment_attempt import NotificationMode
from fils.domain.terminal import USABLE_AFTER, SealedCredentials, Terminal
from fils.knet.stored_terminals import CATCH_UP_PAUSE_S, REFRESH_S, TerminalRefresher, load_terminals
from fils.knet.terminals import TerminalBook
from fils.storage.memory import MemoryStore
from fils.vault import DataKeyVault
from tests.support.application_ports import SettableClock

TERMINAL_ID = TerminalId("trm_4gubyq2w335upc54dx7a4257lq")
NOW = datetime(2026, 5, 1, tzinfo=UTC)


class CountingVault(DataKeyVault):
    """Counts what it opens."""

    opened = 0

    def open(self, purpose: str, sealed: str) -> str:
        self.opened += 1
        return super().open(purpose, sealed)


class CountingStore(MemoryStore):
    """Counts how often its terminals are read, and fails on demand."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0
        self.is_down = False

    async def terminals(self) -> tuple[Terminal, ...]:
        self.reads += 1
        if self.is_down:
            raise StorageUnavailable("the store is down")
        return await super().terminals()


def sealed(vault: DataKeyVault, version: int, *, usable_from: datetime = NOW) -> SealedCredentials:
    return SealedCredentials(
        version=version,
        tranportal_id="888801",
        sealed_password=vault.seal(password_purpose(TERMINAL_ID, version), f"password-{version}"),
        sealed_key=vault.seal(key_purpose(TERMINAL_ID, version), "SIMKEY0123456789"),
        usable_from=usable_from,
    )


def terminal(*credentials: SealedCredentials) -> Terminal:
    return Terminal(
        id=TERMINAL_ID,
        account_id=AccountId("cli_4gubyq2w335upc54dx7a4257lq"),
        name="Main",
        mode=NotificationMode.BROWSER,
        browser_url="https://bank.example/kpg",
        server_url="https://bank.example/kpg",
        credentials=credentials,
        created_at=NOW,
    )


@pytest.fixture
def vault() -> CountingVault:
    return CountingVault(bytes(range(32)))


@pytest.fixture
def store() -> CountingStore:
    return CountingStore()


async def until(condition: object, *, seconds: float = 5) -> None:
    """Wait until *condition*, which is called, holds."""
    assert callable(condition)
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.001)


async def test_a_stored_terminal_is_in_the_book(store: CountingStore, vault: CountingVault) -> None:
    await store.commit(Batch(inserts=(terminal(sealed(vault, 1)),)))
    book = TerminalBook((), clock=SettableClock(NOW))
    await load_terminals(store, vault, book)
    found = book.credentials(TERMINAL_ID, 1)
    assert found is not None
    assert (found.tranportal_id, found.password) == ("888801", "password-1")
    assert (found.browser_url, found.server_url) == ("https://bank.example/kpg",) * 2
    assert book.notification_mode(TERMINAL_ID) is NotificationMode.BROWSER


async def test_what_was_opened_is_not_opened_again(store: CountingStore, vault: CountingVault) -> None:
    first = terminal(sealed(vault, 1))
    await store.commit(Batch(inserts=(first,)))
    book = TerminalBook(())
    await load_terminals(store, vault, book)
    await store.commit(Batch(updates=(first.with_credentials(sealed(vault, 2)),)))
    await load_terminals(store, vault, book)
    await load_terminals(store, vault, book)
    assert vault.opened == 4
    assert [item.version for item in book.versions(TERMINAL_ID)] == [2, 1]


async def test_new_credentials_are_used_from_their_time_and_read_before_it(
    store: CountingStore, vault: CountingVault
) -> None:
    later = sealed(vault, 2, usable_from=NOW + USABLE_AFTER)
    await store.commit(Batch(inserts=(terminal(sealed(vault, 1), later),)))
    clock = SettableClock(NOW)
    book = TerminalBook((), clock=clock)
    await load_terminals(store, vault, book)
    assert book.current_version(TERMINAL_ID) == 1
    assert book.versions(TERMINAL_ID)[0].version == 2
    clock.move(USABLE_AFTER - timedelta(microseconds=1))
    assert book.current_version(TERMINAL_ID) == 1
    clock.move(timedelta(microseconds=1))
    assert book.current_version(TERMINAL_ID) == book.newest_version(TERMINAL_ID) == 2


async def test_a_terminal_that_is_off_starts_nothing_and_is_heard(
    store: CountingStore, vault: CountingVault
) -> None:
    await store.commit(Batch(inserts=(replace(terminal(sealed(vault, 1)), disabled_at=NOW),)))
    book = TerminalBook((), clock=SettableClock(NOW))
    await load_terminals(store, vault, book)
    assert book.current_version(TERMINAL_ID) is None
    assert book.newest_version(TERMINAL_ID) == 1
    assert len(book.versions(TERMINAL_ID)) == 1


async def test_another_master_key_is_named_as_the_trouble_and_changes_nothing(
    store: CountingStore, vault: CountingVault
) -> None:
    await store.commit(Batch(inserts=(terminal(sealed(vault, 1)),)))
    book = TerminalBook(())
    await load_terminals(store, vault, book)
    with pytest.raises(ConfigurationError, match=f"credentials of terminal {TERMINAL_ID} do not open"):
        await load_terminals(store, DataKeyVault(bytes(32)), TerminalBook(()))
    assert book.current_version(TERMINAL_ID) == 1


@pytest.mark.parametrize("part", ["password", "key"])
async def test_a_secret_that_was_put_under_another_version_does_not_open(
    store: CountingStore, vault: CountingVault, part: str
) -> None:
    first, second = sealed(vault, 1), sealed(vault, 2)
    mixed = replace(second, sealed_password=first.sealed_password)
    if part == "key":
        mixed = replace(second, sealed_key=first.sealed_key)
    await store.commit(Batch(inserts=(terminal(first, mixed),)))
    with pytest.raises(ConfigurationError, match="do not open"):
        await load_terminals(store, vault, TerminalBook(()))


async def test_the_book_is_kept_up_and_trouble_does_not_end_that(
    store: CountingStore, vault: CountingVault
) -> None:
    book = TerminalBook(())
    refresher = TerminalRefresher(store, vault, book, refresh_s=0.001)
    refresher.start()
    try:
        store.is_down = True
        failed = store.reads
        await until(lambda: store.reads > failed + 1)
        store.is_down = False
        await store.commit(Batch(inserts=(terminal(sealed(vault, 1)),)))
        await until(lambda: book.current_version(TERMINAL_ID) == 1)
        await store.commit(Batch(updates=(terminal(sealed(DataKeyVault(bytes(32)), 2)),)))
        unreadable = store.reads
        await until(lambda: store.reads > unreadable + 1)
        assert book.current_version(TERMINAL_ID) == 1
    finally:
        await refresher.stop()
    await refresher.stop()


async def test_a_terminal_that_does_not_open_holds_up_no_other_and_is_told(
    store: CountingStore, vault: CountingVault, caplog: pytest.LogCaptureFixture
) -> None:
    good = terminal(sealed(vault, 1))
    foreign = sealed(DataKeyVault(bytes(32)), 2)
    other_id = TerminalId("trm_7ohljbvvzqhebhz3ylpyjlh5zi")
    await store.commit(Batch(inserts=(good,)))
    book = TerminalBook(())
    refresher = TerminalRefresher(store, vault, book, refresh_s=0.001)
    refresher.start()
    try:
        await until(lambda: book.current_version(TERMINAL_ID) == 1)
        await store.commit(Batch(updates=(good.with_credentials(foreign),)))
        first = SealedCredentials(
            version=1,
            tranportal_id="888802",
            sealed_password=vault.seal(password_purpose(other_id, 1), "password-1"),
            sealed_key=vault.seal(key_purpose(other_id, 1), "SIMKEY0123456789"),
            usable_from=NOW,
        )
        await store.commit(Batch(inserts=(replace(good, id=other_id, name="Other", credentials=(first,)),)))
        await until(lambda: book.current_version(other_id) == 1)
        assert book.current_version(TERMINAL_ID) == 1
        with pytest.raises(PartFailing, match="unusable"):
            await refresher.check()
        read = store.reads
        await until(lambda: store.reads > read + 2)
        assert caplog.text.count(f"the credentials of terminal {TERMINAL_ID} do not open") == 1
        switched_off = replace(good.with_credentials(foreign), version=1, disabled_at=NOW)
        await store.commit(Batch(updates=(switched_off,)))
        await until(lambda: book.current_version(TERMINAL_ID) is None)
        await store.commit(Batch(updates=(replace(good, version=2),)))
        await until(lambda: book.current_version(TERMINAL_ID) == 1)
        await refresher.check()
    finally:
        await refresher.stop()


async def test_a_store_that_is_not_read_for_long_is_told(store: CountingStore, vault: CountingVault) -> None:
    refresher = TerminalRefresher(store, vault, TerminalBook(()), refresh_s=0.001, stale_after_s=0.05)
    refresher.start()
    try:
        store.is_down = True
        await refresher.check()
        await asyncio.sleep(0.06)
        with pytest.raises(PartFailing, match="stale"):
            await refresher.check()
    finally:
        await refresher.stop()


class UnreadableStore(MemoryStore):
    """Has a document that this Fils cannot read, until somebody mends it."""

    is_mended = False

    async def terminals(self) -> tuple[Terminal, ...]:
        if not self.is_mended:
            raise InvariantViolated("a stored document cannot be read")
        return await super().terminals()


async def test_what_cannot_be_read_does_not_end_the_keeping_up(
    vault: CountingVault, caplog: pytest.LogCaptureFixture
) -> None:
    store = UnreadableStore()
    await store.commit(Batch(inserts=(terminal(sealed(vault, 1)),)))
    book = TerminalBook(())
    refresher = TerminalRefresher(store, vault, book, refresh_s=0.001, pause_s=0.01)
    refresher.start()
    try:
        await until(lambda: "a stored document cannot be read" in caplog.text)
        failures = await asyncio.gather(
            *(book.look_up(TERMINAL_ID) for _ in range(3)), return_exceptions=True
        )
        assert not any(failure is None for failure in failures)
        store.is_mended = True
        await until(lambda: book.current_version(TERMINAL_ID) == 1)
        await refresher.check()
    finally:
        await refresher.stop()


async def test_a_book_that_is_not_kept_up_is_told(store: CountingStore, vault: CountingVault) -> None:
    refresher = TerminalRefresher(store, vault, TerminalBook(()))
    refresher.start()
    await refresher.check()
    await refresher.stop()
    with pytest.raises(PartFailing, match="stopped"):
        await refresher.check()


async def test_what_nobody_knows_is_looked_up_at_once_and_once_for_all_who_ask(
    store: CountingStore, vault: CountingVault
) -> None:
    book = TerminalBook(())
    refresher = TerminalRefresher(store, vault, book, refresh_s=3600, pause_s=0.05)
    refresher.start()
    try:
        await store.commit(Batch(inserts=(terminal(sealed(vault, 1)),)))
        await asyncio.gather(*(book.look_up(TERMINAL_ID) for _ in range(20)))
        assert book.current_version(TERMINAL_ID) == 1
        assert store.reads == 1
        await book.look_up(TERMINAL_ID, 1)
        assert store.reads == 1
    finally:
        await refresher.stop()


async def test_names_that_nobody_knows_do_not_make_the_store_read_without_a_pause(
    store: CountingStore, vault: CountingVault
) -> None:
    book = TerminalBook(())
    refresher = TerminalRefresher(store, vault, book, refresh_s=3600, pause_s=0.05)
    refresher.start()
    loop = asyncio.get_running_loop()
    began_at = loop.time()
    try:
        for number in range(4):
            await book.look_up(TerminalId(f"trm_unknown{number}"))
    finally:
        await refresher.stop()
    assert store.reads == 4
    assert loop.time() - began_at >= 3 * 0.05


async def test_a_store_that_cannot_be_asked_is_no_unknown_terminal(
    store: CountingStore, vault: CountingVault
) -> None:
    book = TerminalBook(())
    refresher = TerminalRefresher(store, vault, book, refresh_s=3600)
    refresher.start()
    store.is_down = True
    try:
        with pytest.raises(StorageUnavailable):
            await book.look_up(TERMINAL_ID)
    finally:
        await refresher.stop()


async def test_all_who_wait_for_a_reading_that_fails_are_told(
    store: CountingStore, vault: CountingVault
) -> None:
    book = TerminalBook(())
    refresher = TerminalRefresher(store, vault, book, refresh_s=3600, pause_s=0.05)
    refresher.start()
    store.is_down = True
    try:
        waiters = (book.look_up(TERMINAL_ID) for _ in range(20))
        failures = await asyncio.gather(*waiters, return_exceptions=True)
        assert {type(failure) for failure in failures} == {StorageUnavailable}
        assert store.reads == 1
        store.is_down = False
        await store.commit(Batch(inserts=(terminal(sealed(vault, 1)),)))
        await book.look_up(TERMINAL_ID)
        assert book.current_version(TERMINAL_ID) == 1
    finally:
        await refresher.stop()


async def test_a_constant_book_is_never_behind() -> None:
    await TerminalBook(()).look_up(TERMINAL_ID)


def test_every_node_has_read_new_credentials_before_they_are_used() -> None:
    assert timedelta(seconds=4 * REFRESH_S + CATCH_UP_PAUSE_S) < USABLE_AFTER
