"""Terminals with their secrets: what the connector and the bank's inbound edge need, and nobody else sees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

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


class TerminalBook:
    """Every version of every terminal's credentials, as the use cases' ``Terminals`` and for the connector."""

    def __init__(self, credentials: Iterable[TerminalCredentials]) -> None:
        self._by_terminal: dict[TerminalId, Mapping[int, TerminalCredentials]] = {}
        for item in credentials:
            versions = self._by_terminal.get(item.terminal_id, {})
            self._by_terminal[item.terminal_id] = {**versions, item.version: item}

    def current_version(self, terminal_id: TerminalId) -> int | None:
        """The newest version, which new attempts start with; None if the terminal is not set up here."""
        return max(self._by_terminal.get(terminal_id, {}), default=None)

    def notification_mode(self, terminal_id: TerminalId) -> payment_attempt.NotificationMode:
        """What the newest version is set to: all messages come as the bank has the terminal set now."""
        newest = next(iter(self.versions(terminal_id)), None)
        return _MODES[newest.mode] if newest else payment_attempt.NotificationMode.SERVER

    def credentials(self, terminal_id: TerminalId, version: int) -> TerminalCredentials | None:
        """That version of the terminal's credentials, or None."""
        return self._by_terminal.get(terminal_id, {}).get(version)

    def versions(self, terminal_id: TerminalId) -> tuple[TerminalCredentials, ...]:
        """Every version of the terminal's credentials, newest first."""
        versions = self._by_terminal.get(terminal_id, {})
        return tuple(versions[number] for number in sorted(versions, reverse=True))
