"""
The book of terminals, filled from the store and kept up with it.

Any node may add a terminal or new credentials. All nodes read the store every few seconds, and at once when somebody
names a terminal that they do not know. New credentials of a terminal that they do know are used by new attempts only
some seconds after they were stored, so every node has them before the first message that they write. A sealed text is
opened once: the credentials of a version never change.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from fils.application.health import PartFailing
from fils.application.ports import Store, Vault
from fils.application.terminals import key_purpose, password_purpose
from fils.domain import payment_attempt
from fils.domain.errors import (
    ConfigurationError,
    FilsError,
    InvariantViolated,
    StorageError,
    StorageUnavailable,
)
from fils.domain.identifiers import TerminalId
from fils.domain.terminal import USABLE_AFTER, SealedCredentials, Terminal
from fils.knet.terminals import TerminalBook, TerminalCredentials
from fils.knet.wire import NotificationMode, TerminalKey

_LOG: Final = logging.getLogger("fils")
_TROUBLE: Final = "the terminals could not be read again and stay as they were"

REFRESH_S: Final = 3.0
"""How often the store is read; several times within the seconds that new credentials wait."""
CATCH_UP_PAUSE_S: Final = 1.0
"""Names that nobody knows make it read sooner, but not more often than this."""
STALE_AFTER_S: Final = USABLE_AFTER.total_seconds()
"""A node that has not read the store for this long may miss credentials that others use already."""

_MODES: Final = {
    payment_attempt.NotificationMode.SERVER: NotificationMode.SERVER_TO_SERVER,
    payment_attempt.NotificationMode.BROWSER: NotificationMode.BROWSER,
}


async def load_terminals(store: Store, vault: Vault, book: TerminalBook) -> None:
    """
    Fill *book* with every terminal in *store*.

    Raises:
        ConfigurationError: If a secret does not open under this master key. The book is left as it was.
        StorageUnavailable: If the store cannot be read.
    """
    terminals = await store.terminals()
    book.refill([item for terminal in terminals for item in _opened(terminal, vault, book)])


async def reload_terminals(
    store: Store, vault: Vault, book: TerminalBook
) -> Mapping[TerminalId, ConfigurationError]:
    """
    Fill *book* anew. A terminal whose secrets do not open keeps what the book had of it, and holds up no other.

    Returns:
        The terminals that do not open, and why.

    Raises:
        StorageUnavailable: If the store cannot be read. The book is left as it was.
    """
    found: list[TerminalCredentials] = []
    unusable: dict[TerminalId, ConfigurationError] = {}
    for terminal in await store.terminals():
        try:
            found.extend(tuple(_opened(terminal, vault, book)))
        except ConfigurationError as error:
            unusable[terminal.id] = error
            is_off = terminal.disabled_at is not None
            found.extend(replace(item, disabled=is_off) for item in book.versions(terminal.id))
    book.refill(found)
    return unusable


def _opened(terminal: Terminal, vault: Vault, book: TerminalBook) -> Iterator[TerminalCredentials]:
    for sealed in terminal.credentials:
        known = book.credentials(terminal.id, sealed.version)
        password, key = (known.password, known.key) if known else _open(terminal, sealed, vault)
        yield TerminalCredentials(
            terminal_id=terminal.id,
            version=sealed.version,
            tranportal_id=sealed.tranportal_id,
            password=password,
            key=key,
            browser_url=terminal.browser_url,
            server_url=terminal.server_url,
            mode=_MODES[terminal.mode],
            usable_from=sealed.usable_from,
            disabled=terminal.disabled_at is not None,
        )


def _open(terminal: Terminal, sealed: SealedCredentials, vault: Vault) -> tuple[str, TerminalKey]:
    try:
        password = vault.open(password_purpose(terminal.id, sealed.version), sealed.sealed_password)
        key = TerminalKey(vault.open(key_purpose(terminal.id, sealed.version), sealed.sealed_key))
    except InvariantViolated as error:
        raise ConfigurationError(
            f"the credentials of terminal {terminal.id} do not open: this is not the master key they were stored under"
        ) from error
    return password, key


class TerminalRefresher:
    """Keeps a book up with the store: every few seconds, and sooner when something unknown is named."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        book: TerminalBook,
        *,
        refresh_s: float = REFRESH_S,
        pause_s: float = CATCH_UP_PAUSE_S,
        stale_after_s: float = STALE_AFTER_S,
    ) -> None:
        """
        Args:
            store: Where the terminals are.
            vault: Opens their secrets.
            book: What is kept up.
            refresh_s: How often the store is read.
            pause_s: How long after a reading a name that nobody knows may cause the next one.
            stale_after_s: How long after the last reading that succeeded the book counts as kept up.
        """
        self._store = store
        self._vault = vault
        self._book = book
        self._refresh_s = refresh_s
        self._pause_s = pause_s
        self._reading = asyncio.Lock()
        self._stale_after_s = stale_after_s
        self._tried_at = float("-inf")
        """When the latest reading began; of those that ended, which succeeded and which failed:"""
        self._read_at = float("-inf")
        self._failed_at = float("-inf")
        self._unusable: Mapping[TerminalId, ConfigurationError] = {}
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the running event loop, with a book that was filled just now."""
        self._read_at = asyncio.get_running_loop().time()
        self._book.when_unknown(self.catch_up)
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End, after what is under way."""
        self._stopping.set()
        if self._task is not None:
            await self._task
            self._task = None

    async def catch_up(self) -> None:
        """
        Wait until the store has been read once more. Many who ask at once wait for one reading, and no two follow
        each other at once.

        Raises:
            StorageUnavailable: If the store cannot be read. All who waited for that reading are told.
        """
        loop = asyncio.get_running_loop()
        asked_at = loop.time()
        async with self._reading:
            if self._read_at >= asked_at:
                return
            if self._failed_at >= asked_at:
                raise StorageUnavailable("the terminals could not be read")
            await asyncio.sleep(max(0.0, self._tried_at + self._pause_s - loop.time()))
            await self._read()

    async def check(self) -> None:
        """Return if the book is kept up, or raise ``PartFailing``."""
        if self._task is None or self._task.done():
            raise PartFailing("stopped")
        if asyncio.get_running_loop().time() - self._read_at > self._stale_after_s:
            raise PartFailing("stale")
        if self._unusable:
            raise PartFailing("unusable")

    async def _run(self) -> None:
        while not await self._stops_within(self._refresh_s):
            try:
                async with self._reading:
                    await self._read()
            except StorageError as error:
                _LOG.warning("%s: %s", _TROUBLE, error)
            except Exception:
                # The outermost edge: whatever one reading fails with, later ones have to be made.
                _LOG.exception(_TROUBLE)

    async def _read(self) -> None:
        self._tried_at = began_at = asyncio.get_running_loop().time()
        try:
            unusable = await reload_terminals(self._store, self._vault, self._book)
        except FilsError:
            self._failed_at = began_at
            raise
        self._read_at = began_at
        # What was opened before goes on; only whoever starts Fils anew is stopped by it.
        for terminal_id in unusable.keys() - self._unusable.keys():
            _LOG.error("a terminal that was stored cannot be used here: %s", unusable[terminal_id])
        self._unusable = unusable

    async def _stops_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return False
        return True
