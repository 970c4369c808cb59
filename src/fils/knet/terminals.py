"""Terminals with their secrets: what the connector and the bank's inbound edge need, and nobody else sees."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from fils.application.ports import Clock
from fils.domain import payment_attempt
from fils.domain.identifiers import TerminalId
from fils.knet.wire import NotificationMode, TerminalKey

_MODES: Final = {
    NotificationMode.SERVER_TO_SERVER: payment_attempt.NotificationMode.SERVER,
    NotificationMode.BROWSER: payment_attempt.NotificationMode.BROWSER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalCredentials:
    """One version of a terminal's credentials, and where its bank is reached."""

    terminal_id: TerminalId
    version: int
    tranportal_id: str
    password: str = field(repr=False)
    key: TerminalKey = field(repr=False)
    browser_url: str
    """Before KNET's paths, for browsers: ``https://kpaytest.com.kw/kpg``."""
    server_url: str
    """The same for our own server; differs where the bank is the simulator behind a port mapping."""
    mode: NotificationMode = NotificationMode.SERVER_TO_SERVER
    """How KNET tells us how an attempt of this terminal ended."""
    usable_from: datetime | None = None
    """When new attempts begin to use it, by the database's clock; None if always."""
    disabled: bool = False
    """Whether the terminal starts nothing new."""


class TerminalBook:
    """Every version of every terminal's credentials, as the use cases' ``Terminals`` and for the connector."""

    def __init__(self, credentials: Iterable[TerminalCredentials], *, clock: Clock | None = None) -> None:
        """
        Args:
            credentials: What the book holds until ``refill``.
            clock: Tells which credentials are usable yet. Without one all are: nothing is ever added.
        """
        self._clock = clock
        self._by_terminal: Mapping[TerminalId, Mapping[int, TerminalCredentials]] = {}
        self._catch_up: Callable[[], Awaitable[None]] | None = None
        self.refill(credentials)

    def refill(self, credentials: Iterable[TerminalCredentials]) -> None:
        """Hold these and nothing else."""
        by_terminal: dict[TerminalId, dict[int, TerminalCredentials]] = {}
        # Newest first, once: every create asks for the newest.
        for item in sorted(credentials, key=lambda item: item.version, reverse=True):
            by_terminal.setdefault(item.terminal_id, {})[item.version] = item
        self._by_terminal = by_terminal

    def when_unknown(self, catch_up: Callable[[], Awaitable[None]]) -> None:
        """Have *catch_up* called before something is said to be unknown; it may refill the book."""
        self._catch_up = catch_up

    def current_version(self, terminal_id: TerminalId) -> int | None:
        """The version new attempts start with; None if the terminal is not set up here, or switched off."""
        newest = self.newest(terminal_id)
        return None if newest is None or newest.disabled else newest.version

    def newest_version(self, terminal_id: TerminalId) -> int | None:
        """The newest version that is usable yet, also of a terminal that is switched off."""
        newest = self.newest(terminal_id)
        return None if newest is None else newest.version

    def newest_version_like(self, terminal_id: TerminalId, version: int) -> int | None:
        """The newest version that is usable yet and has the Tranportal id of *version*; None if there is none."""
        newest = self.newest_like(terminal_id, version)
        return None if newest is None else newest.version

    def newest_like(self, terminal_id: TerminalId, version: int) -> TerminalCredentials | None:
        """
        The newest credentials that are usable yet and have the Tranportal id of *version*.

        Another Tranportal id is another terminal at the bank, which does not find there what this one was paid.
        """
        own = self.credentials(terminal_id, version)
        if own is None:
            return None
        versions = (item for item in self.versions(terminal_id) if item.tranportal_id == own.tranportal_id)
        return next((item for item in versions if self._is_usable(item)), None)

    def newest(self, terminal_id: TerminalId) -> TerminalCredentials | None:
        """The newest credentials that are usable yet."""
        usable = (item for item in self.versions(terminal_id) if self._is_usable(item))
        return next(usable, None)

    def notification_mode(self, terminal_id: TerminalId) -> payment_attempt.NotificationMode:
        """What the newest version is set to: all messages come as the bank has the terminal set now."""
        newest = next(iter(self.versions(terminal_id)), None)
        return _MODES[newest.mode] if newest else payment_attempt.NotificationMode.SERVER

    def credentials(self, terminal_id: TerminalId, version: int) -> TerminalCredentials | None:
        """That version of the terminal's credentials, or None."""
        return self._by_terminal.get(terminal_id, {}).get(version)

    def versions(self, terminal_id: TerminalId) -> tuple[TerminalCredentials, ...]:
        """Every version of the terminal's credentials, newest first, also those that are not usable yet."""
        return tuple(self._by_terminal.get(terminal_id, {}).values())

    async def look_up(self, terminal_id: TerminalId, version: int | None = None) -> None:
        """
        See that the book is not behind about a terminal, or one version of it, that somebody names.

        Raises:
            StorageUnavailable: If it cannot be told.
        """
        known = self._by_terminal.get(terminal_id, {})
        is_known = version in known if version is not None else bool(known)
        if not is_known and self._catch_up is not None:
            await self._catch_up()

    def _is_usable(self, item: TerminalCredentials) -> bool:
        """
        Whether new attempts may begin to use *item*. Its time is by the database's clock, ours by this node's.

        A node whose clock is some seconds ahead begins sooner, while the others, which read the store every few
        seconds, know the credentials already. One whose clock is behind goes on with the old ones for as long as it
        is behind: if the bank takes only the new ones, what starts there meanwhile fails at KNET's page, as between
        the change at the bank and the rotation here. Neither touches what an attempt is told or asked with: it names
        its own version.
        """
        if self._clock is None or item.usable_from is None:
            return True
        return item.usable_from <= self._clock.now()
