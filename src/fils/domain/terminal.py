"""A merchant's terminal at KNET, as it is stored: its secrets are sealed, and only ``fils.knet`` ever opens them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fils.domain.identifiers import AccountId, TerminalId
from fils.domain.payment_attempt import NotificationMode


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedCredentials:
    """One version of a terminal's credentials. An old one lives until its last attempt is closed."""

    version: int
    """Counts from 1."""
    tranportal_id: str
    sealed_password: str
    sealed_key: str
    """The terminal resource key; it is also the initialisation vector, so nothing of it is ever shown."""
    usable_from: datetime
    """When new attempts begin to use it: some seconds after it was stored, so that every node knows it by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """A terminal of an account."""

    id: TerminalId
    account_id: AccountId
    name: str
    mode: NotificationMode
    """How the bank has the terminal set to tell how an attempt ended."""
    browser_url: str
    """Before KNET's paths, for browsers: ``https://kpaytest.com.kw/kpg``."""
    server_url: str
    """The same for our own server."""
    credentials: tuple[SealedCredentials, ...]
    """Oldest first; never empty."""
    created_at: datetime
    version: int = 0
